/* The CLI's commands that read or change a running installation. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_COMMANDS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_COMMANDS_H

#include "gateway/admin/session.h"

struct command {
    const char *name;
    session_command run; /* NULL: it needs no installation, and `standalone` runs it */
    const char *help;    /* what `drawbridge NAME --help` prints */
    /* The command's words without the program and its own name. Returns the exit code. */
    int (*standalone)(int count, char **words);
};

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

int command_ledger(struct gateway *gateway, int count, char **words);
int command_host(struct gateway *gateway, int count, char **words);
int command_sweep(struct gateway *gateway, int count, char **words);

/* Parts of `ledger`. */
int command_receipt(struct gateway *gateway, const char *what, bool html);
int command_verify(struct gateway *gateway, const char *path);
int command_contract(int count, char **words);

#endif
