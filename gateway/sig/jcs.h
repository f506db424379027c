/* The JSON Canonicalization Scheme (RFC 8785). */
#ifndef DRAWBRIDGE_GATEWAY_SIG_JCS_H
#define DRAWBRIDGE_GATEWAY_SIG_JCS_H

#include <jansson.h>

#include "mapping/buffer.h"

enum { JCS_DEPTH_MAX = 64, JCS_TEXT_MAX = 32 << 20 };

/* Appends the canonical text. False when the value is nested too deep or the buffer failed. */
bool jcs_write(const json_t *value, struct buffer *out);

/* A number as ECMAScript writes it: the shortest text that reads back the same. `number` is finite. */
enum { JCS_NUMBER_SIZE = 48 };
void jcs_number(double number, char out[JCS_NUMBER_SIZE]);

#endif
