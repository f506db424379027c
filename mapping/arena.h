/* An arena: one allocation strategy per request or event, dropped whole.
 *
 * Memory from an arena lives until arena_free. It never returns NULL: a system that is out of memory ends the
 * process (the supervisor restarts it), and an arena that has passed its budget goes on serving but says so,
 * so that a stage asks once at its end (`arena_exhausted`) instead of after every call. */
#ifndef DRAWBRIDGE_MAPPING_ARENA_H
#define DRAWBRIDGE_MAPPING_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* A new arena with a budget in bytes. The caller owns it. */
struct arena *arena_new(size_t budget);
void arena_free(struct arena *arena);
/* Drops what is in it and keeps a block for what comes next: for one event after the other. */
void arena_clear(struct arena *arena);

/* `size` bytes, zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* A NUL-terminated copy of `length` bytes; of a string (NULL gives NULL); of a formatted text. */
char *arena_copy(struct arena *arena, const void *bytes, size_t length);
char *arena_string(struct arena *arena, const char *string);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_format_list(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
/* Strings one after the other, up to a NULL. */
char *arena_join(struct arena *arena, ...) __attribute__((sentinel));

/* True once more than the budget was asked for: the result of this stage must be refused. */
bool arena_exhausted(const struct arena *arena);

#endif
