/* Who signed a request: finds the key, proves that it belongs to its actor both ways, checks the signature
 * (PROTOCOL §2). */
#ifndef DRAWBRIDGE_GATEWAY_FED_VERIFY_H
#define DRAWBRIDGE_GATEWAY_FED_VERIFY_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "gateway/http/server.h"
#include "gateway/sig/signature.h"
#include "mapping/arena.h"

enum verification {
    VERIFIED,
    VERIFICATION_UNSIGNED,    /* no signature at all: 401 */
    VERIFICATION_REFUSED,     /* definitive: 401 */
    VERIFICATION_BLOCKED,     /* the key's domain is blocked here: 403 */
    VERIFICATION_KEY_GONE,    /* the key's server answers 404 or 410 */
    VERIFICATION_UNAVAILABLE, /* the key cannot be had just now: 503 */
};

/* Waits. On VERIFIED *actor_id (in the arena) is the actor whose key signed; else *why says what is wrong. On
 * VERIFICATION_KEY_GONE *actor_id is the address that is gone: the actor itself, or its key's own document.
 */
enum verification verify_request(struct gateway *gateway, struct arena *arena,
                                 const struct http_request *request, const char **actor_id, const char **why);

/* The same in two steps, so that the request can be answered in between. The first reads the signature and
 * all that it covers into the arena; it waits only for the digest of a large body. */
enum verification verify_read(struct gateway *gateway, struct arena *arena,
                              const struct http_request *request, struct signature *out, const char **why);
/* Waits. Finds the key of a signature that was read and checks it. */
enum verification verify_signature(struct gateway *gateway, struct arena *arena,
                                   const struct signature *signature, const char **actor_id,
                                   const char **why);

/* The inbox remembers what came for a day longer than a proof counts (inbox_accept.lua). */
enum { PROOF_AGE_MAX_S = 6 * 86400 };

/* Waits. VERIFIED when the document carries a proof (FEP-8b32) that this very actor made within
 * PROOF_AGE_MAX_S; else *why says what is wrong. Whoever brought it does not matter. */
enum verification verify_proof(struct gateway *gateway, struct arena *arena, const json_t *document,
                               const char *actor_id, const char **why);

void key_cache_free(struct gateway *gateway);

#endif
