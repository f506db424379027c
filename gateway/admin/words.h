/* The words of a command: what stands alone, and options that are known by name. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_WORDS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 4 };

struct word_option {
    const char *name;   /* "--json" */
    const char **value; /* where its value goes; NULL: it takes none */
    bool *set;          /* whether it was there; may be NULL */
};

struct words {
    const char *alone[WORDS_MAX]; /* in their order; the others are NULL */
    size_t count;
};

/* Takes the words apart; texts are borrowed. `least` to `most` must stand alone. False when they are wrong: a
 * sentence and the command's help are on stderr. */
bool words_read(const char *command, int count, char **words, const struct word_option *options,
                size_t option_count, size_t least, size_t most, struct words *out);

/* Says on stderr what is wrong with the words of a command, and its help. Returns SESSION_USAGE. */
int words_misused(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says on stderr why something could not be done. Returns SESSION_FAILED. */
int command_failed(const char *what, const char *why);

#endif
