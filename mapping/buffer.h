/* A growing buffer with a mandatory maximum. Once an append would pass it, the buffer is marked failed, holds
 * what it had, and ignores what follows: callers check once, at the end. */
#ifndef DRAWBRIDGE_MAPPING_BUFFER_H
#define DRAWBRIDGE_MAPPING_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *bytes;   /* NUL-terminated after the first append; NULL before */
    size_t length; /* without the NUL */
    size_t size;
    size_t maximum;
    bool failed;
};

/* An empty buffer; nothing is allocated until the first append. */
void buffer_init(struct buffer *buffer, size_t maximum);
void buffer_clear(struct buffer *buffer);

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_string(struct buffer *buffer, const char *string);
void buffer_add_char(struct buffer *buffer, char character);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text so far, never NULL. Valid until the next append or clear. */
const char *buffer_text(const struct buffer *buffer);

#endif
