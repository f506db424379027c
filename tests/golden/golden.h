/* What the golden runners share: a case is a folder of JSON files, its check reads some and expects others.
 */
#ifndef DRAWBRIDGE_TESTS_GOLDEN_GOLDEN_H
#define DRAWBRIDGE_TESTS_GOLDEN_GOLDEN_H

#include <jansson.h>
#include <stdbool.h>

#include "mapping/arena.h"

struct golden_case {
    const char *name, *folder;
    struct arena *arena;
};

/* A file of the case; the caller owns the reference. NULL when there is no such file, or (with a message)
 * when it is no JSON. */
json_t *golden_read(const struct golden_case *this_case, const char *file);

/* True when `value` is what the file holds, member order included; else prints the lines that differ ('-' was
 * expected, '+' came out). A file that is missing expects NULL. With GOLDEN_REWRITE=1 the file is written (or
 * removed) and the answer is true. Takes the reference. */
bool golden_expect(const struct golden_case *this_case, const char *file, json_t *value);

/* Prints "CASE: message" and returns false. */
bool golden_fail(const struct golden_case *this_case, const char *message);

/* Runs `check` for each case folder in GOLDEN_CASES, or only for those named in argv. The exit status. */
int golden_run(bool (*check)(const struct golden_case *this_case), int argc, char **argv);

#endif
