/* Growing text with a maximum, and the small work on text, time and hashes that every part needs. */
#ifndef PLAZA_TEXT_H
#define PLAZA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text that grows up to `maximum` bytes; what does not fit any more sets `overflow` and is dropped. Owned by
 * who called text_init; text_clear frees. */
struct text {
    char *bytes; /* always ends with NUL; NULL while empty */
    size_t length, capacity, maximum;
    bool overflow;
};

void text_init(struct text *text, size_t maximum);
void text_clear(struct text *text);
void text_add(struct text *text, const char *bytes, size_t length);
void text_put(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For HTML text and for attribute values in double quotes. NULL adds nothing. */
void text_put_escaped(struct text *text, const char *string);
void text_add_escaped(struct text *text, const char *bytes, size_t length);

/* The text so far, "" while empty; borrowed. */
const char *text_string(const struct text *text);

/* Valid UTF-8 without NUL and without control characters other than tab and line ends. */
bool text_is_clean(const char *string);
/* User-perceived characters (grapheme clusters) of valid UTF-8. */
size_t text_graphemes(const char *string);
/* Only http and https links are ever shown: anything else could run. */
bool text_is_web_url(const char *string);
/* An id of the contract: 1 to 255 bytes of letters, digits and any of . _ : ~ - */
bool text_is_id(const char *string);
/* The number in an id such as "p_17" for the prefix "p_"; 0 when it is none. */
int64_t text_numbered_id(const char *string, const char *prefix);

enum { TIME_TEXT_SIZE = 32, HASH_TEXT_SIZE = 65, TOKEN_TEXT_SIZE = 65 };

/* Milliseconds since the epoch (UTC), and since some fixed moment (for deadlines). */
int64_t time_now_ms(void);
int64_t time_monotonic_ms(void);
/* RFC 3339 in UTC with milliseconds: "2026-08-22T09:59:00.000Z". */
void time_text(int64_t time_ms, char out[TIME_TEXT_SIZE]);
/* RFC 3339 with any offset and fraction; -1 when it is no time. */
int64_t time_parse(const char *string);

/* SHA-256 in lower-case hex. */
void hash_text(const void *bytes, size_t length, char out[HASH_TEXT_SIZE]);
/* 256 random bits in lower-case hex. */
void token_new(char out[TOKEN_TEXT_SIZE]);
/* Compares in a time that does not depend on where they differ. */
bool equal_secret(const char *one, const char *other);

#endif
