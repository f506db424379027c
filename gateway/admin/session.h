/* One command of the CLI against the store of an installation that serves (or rests): opens the store, runs
 * the command in a task, closes. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_SESSION_H
#define DRAWBRIDGE_GATEWAY_ADMIN_SESSION_H

#include "gateway/gateway.h"

enum { SESSION_GOOD = 0, SESSION_FAILED = 1, SESSION_USAGE = 2 };

/* The command's words without the program, the options that main.c knows, and the command's own name. Runs in
 * a task. Returns the exit code. */
typedef int (*session_command)(struct gateway *gateway, int count, char **words);

/* Returns the command's exit code; SESSION_FAILED with a sentence on stderr when the store does not answer.
 */
int session_run(const struct config *config, session_command command, int count, char **words);
/* The same for a command that also asks platforms and other servers: gateway->fetch and ->upstream are open.
 */
int session_run_asking(const struct config *config, session_command command, int count, char **words);

#endif
