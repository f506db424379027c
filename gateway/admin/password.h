/* Passwords that people give to a command: never among its words, which others can read. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_PASSWORD_H
#define DRAWBRIDGE_GATEWAY_ADMIN_PASSWORD_H

#include <stdbool.h>

enum { PASSWORD_MAX = 512 };

/* The first line of the file `path`; "-": of the standard input, where a person at a terminal is asked
 * `prompt` and what is typed does not show. False with a sentence in *why. Wipe `out` with explicit_bzero. */
bool password_read(const char *path, const char *prompt, char out[PASSWORD_MAX], const char **why);

#endif
