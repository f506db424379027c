/* Base64 of RFC 4648 §4, strict: padded, canonical, no line breaks. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_BASE64_H
#define DRAWBRIDGE_GATEWAY_SIG_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the text of `length` bytes, with its NUL. */
#define BASE64_SIZE(length) (((length) + 2) / 3 * 4 + 1)

/* `out` holds BASE64_SIZE(length). */
void base64_encode(const void *bytes, size_t length, char *out);

/* Decodes `length` characters into `out` (room for `size` bytes); *out_length is what came out. False when
 * the text is not canonical Base64 or does not fit. */
bool base64_decode(const char *text, size_t length, unsigned char *out, size_t size, size_t *out_length);

#endif
