/* The way from a keyId to a proven key: cache, remote documents, one fetch for many who ask. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_KEY_SEARCH_H
#define DRAWBRIDGE_GATEWAY_FED_KEY_SEARCH_H

#include "gateway/fed/key_cache.h"
#include "gateway/fed/verify.h"

/* One look for the key of one signature. */
struct key_search {
    struct gateway *gateway;
    struct arena *arena;
    const char *key_id;
    const char *document; /* the keyId without its fragment */
    const char *gone;     /* what answered 404 or 410 */
    const char **why;
    bool store_away;
};

/* From the cache, or asked for: by one request while the others wait for its answer. VERIFIED: *out is the
 * key (known_key_clear), proven to be the actor's. */
enum verification key_search_find(struct key_search *search, struct known_key *out);

/* The key as its server shows it now, after a signature did not fit `tried`: VERIFIED with a key that
 * differs, or why there is none. Asks a server once per actor in five minutes. */
enum verification key_search_newer(struct key_search *search, const struct known_key *tried,
                                   struct known_key *out);

#endif
