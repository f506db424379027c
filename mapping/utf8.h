/* UTF-8 by the byte: enough to escape, cut and check text that may be hostile. */
#ifndef DRAWBRIDGE_MAPPING_UTF8_H
#define DRAWBRIDGE_MAPPING_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed character (Unicode 15, table 3-7) at `text`, which has `length` bytes left; 0 when
 * there is none: cut off, overlong, a surrogate or above U+10FFFF. */
size_t utf8_character(const char *text, size_t length);

/* True when no character is cut at `offset` of a well-formed text. */
bool utf8_is_border(const char *text, size_t length, size_t offset);

/* The longest start of a well-formed text of at most `maximum` bytes that ends between graphemes (UAX #29: no
 * emoji sequence is torn), and at the end of a word when one ends in its last quarter. */
size_t utf8_cut(const char *text, size_t length, size_t maximum);

#endif
