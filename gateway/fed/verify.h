/* Who signed a request: finds the key, proves that it belongs to its actor both ways, checks the signature
 * (PROTOCOL §2). */
#ifndef DRAWBRIDGE_GATEWAY_FED_VERIFY_H
#define DRAWBRIDGE_GATEWAY_FED_VERIFY_H

#include "gateway/gateway.h"
#include "gateway/http/server.h"
#include "mapping/arena.h"

enum verification {
    VERIFIED,
    VERIFICATION_UNSIGNED,    /* no signature at all: 401 */
    VERIFICATION_REFUSED,     /* definitive: 401 */
    VERIFICATION_KEY_GONE,    /* the key's server answers 404 or 410 */
    VERIFICATION_UNAVAILABLE, /* the key cannot be had just now: 503 */
};

/* Waits. On VERIFIED *actor_id (in the arena) is the actor whose key signed; else *why says what is wrong. */
enum verification verify_request(struct gateway *gateway, struct arena *arena,
                                 const struct http_request *request, const char **actor_id, const char **why);

void key_cache_free(struct gateway *gateway);

#endif
