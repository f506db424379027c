/* Short secrets at rest (DESIGN §4): AES-256-GCM, bound to what they are. A sealed text is: version 1, nonce
 * (12), the text encrypted, tag (16). */
#ifndef DRAWBRIDGE_GATEWAY_SIG_SEALED_TEXT_H
#define DRAWBRIDGE_GATEWAY_SIG_SEALED_TEXT_H

#include <stddef.h>

enum { SEALED_TEXT_MAX = 16384 };

/* malloc'd. `what` names the secret: one kind cannot be passed off as another. */
unsigned char *sealed_text_make(const unsigned char secret[32], const char *what, const char *text,
                                size_t *sealed_length);
/* malloc'd; NULL when the secret or `what` is another one or a bit was changed. */
char *sealed_text_open(const unsigned char secret[32], const char *what, const void *sealed,
                       size_t sealed_length);

#endif
