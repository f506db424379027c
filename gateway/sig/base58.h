/* Base58 with Bitcoin's alphabet, as Multibase 'z' uses it (FEP-521a, FEP-8b32). */
#ifndef DRAWBRIDGE_GATEWAY_SIG_BASE58_H
#define DRAWBRIDGE_GATEWAY_SIG_BASE58_H

#include <stdbool.h>
#include <stddef.h>

enum { BASE58_BYTES_MAX = 1100, MULTIBASE_TEXT_MAX = 1600 };

/* Decodes a Multibase text: 'z' and at least one character. False when it is none, is longer than
 * MULTIBASE_TEXT_MAX or does not fit into `size` (≤ BASE58_BYTES_MAX) bytes. */
bool multibase_decode(const char *text, unsigned char *out, size_t size, size_t *out_length);

/* Writes 'z' and the Base58 of `length` bytes with a NUL; false when it does not fit into `size`. */
bool multibase_encode(const unsigned char *bytes, size_t length, char *out, size_t size);

#endif
