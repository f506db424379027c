/* Where text may be cut, for the way out. */
#ifndef DRAWBRIDGE_MAPPING_UTF8_H
#define DRAWBRIDGE_MAPPING_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True when no character is cut at `offset` of a well-formed text. */
bool utf8_is_border(const char *text, size_t length, size_t offset);

/* The longest start of a well-formed text of at most `maximum` bytes that ends between graphemes (UAX #29: no
 * emoji sequence is torn), and at the end of a word when one ends in its last quarter. */
size_t utf8_cut(const char *text, size_t length, size_t maximum);

#endif
