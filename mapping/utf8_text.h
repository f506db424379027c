/* Code points, graphemes and clean copies: the text tools that the inward mapping shares. */
#ifndef DRAWBRIDGE_MAPPING_UTF8_TEXT_H
#define DRAWBRIDGE_MAPPING_UTF8_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapping/arena.h"

/* Bytes of the code point at `text` (1–4) and its value; 0 when the bytes are no valid UTF-8 or none are
 * left.
 */
size_t utf8_next(const char *text, size_t length, int32_t *code);

/* C0, DEL and C1. Tab, LF and CR are controls too: who wants them asks first. */
bool utf8_is_control(int32_t code);
/* Embeddings, overrides, isolates and marks of direction: they make a name read as another one. */
bool utf8_is_direction_control(int32_t code);

/* A copy of at most `maximum` bytes, cut on a character border, without controls (tab, LF and CR stay),
 * broken UTF-8 left out. NULL gives NULL. */
char *utf8_clean_copy(struct arena *arena, const char *text, size_t maximum);
/* The same on one line: white space collapsed and trimmed, controls of direction dropped; NULL when nothing
 * is left. */
char *utf8_clean_line(struct arena *arena, const char *text, size_t maximum);

/* The units of enum text_unit in adapters/adapter.h, which mapping may not include. */
enum { TEXT_UNIT_BYTES, TEXT_UNIT_CODE_POINTS, TEXT_UNIT_UTF16, TEXT_UNIT_GRAPHEMES };

/* How many units the text has. */
size_t text_measure(const char *text, size_t length, int unit);
/* Bytes of the longest beginning of whole graphemes with at most `maximum` units and `maximum_bytes` bytes.
 */
size_t text_fit(const char *text, size_t length, int unit, size_t maximum, size_t maximum_bytes);

#endif
