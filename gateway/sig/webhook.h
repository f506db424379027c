/* Standard Webhooks 1.0 (standardwebhooks.com), symmetric: `v1,` and the base64 of the HMAC-SHA256 over
 * id.timestamp.body, with a secret that both sides hold. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_WEBHOOK_H
#define DRAWBRIDGE_GATEWAY_SIG_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEBHOOK_SECRET_MIN = 24,
    WEBHOOK_SECRET_MAX = 64,
    WEBHOOK_WINDOW_S = 300, /* how far the sender's clock may be from ours */
    WEBHOOK_ID_MAX = 255,
};

struct webhook_secret {
    unsigned char bytes[WEBHOOK_SECRET_MAX];
    size_t length; /* 0: none */
};

/* "whsec_" and the base64 of 24 to 64 bytes. False: it is none. */
bool webhook_secret_read(const char *text, struct webhook_secret *out);

/* The three headers (NULL where one is missing) and the body, byte for byte as it came. */
struct webhook_message {
    const char *id, *timestamp, *signatures;
    const void *body;
    size_t length;
};

/* NULL when one of the signatures is right and the timestamp is within the window of `now_s`; else what is
 * wrong, as the end of a sentence. */
const char *webhook_verify(const struct webhook_secret *secret, const struct webhook_message *message,
                           int64_t now_s);

#endif
