/* Keys of others that this process knows, those that could not be had a moment ago, and who is asking for one
 * just now, so that many requests by one stranger cost one fetch. Bounded; the oldest go first. */
#ifndef DRAWBRIDGE_GATEWAY_FED_KEY_CACHE_H
#define DRAWBRIDGE_GATEWAY_FED_KEY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/sig/key.h"
#include "mapping/arena.h"

struct key_cache;

/* At most `maximum` keys and as many failures. */
struct key_cache *key_cache_new(size_t maximum);
void key_cache_delete(struct key_cache *cache);

struct known_key {
    struct public_key *key; /* the holder's reference: known_key_clear */
    const char *actor_id;
    int64_t fetched; /* ms, monotonic: when its server was asked */
};
void known_key_clear(struct known_key *known);

/* A key that was put in less than `age_max` ms ago. The actor id is copied into the arena, the reference is
 * the caller's. */
bool key_cache_find(struct key_cache *cache, struct arena *arena, const char *key_id, int64_t now,
                    int64_t age_max, struct known_key *out);
/* Replaces what was known; takes a reference of its own. */
void key_cache_put(struct key_cache *cache, const char *key_id, const struct known_key *known, int64_t now);

/* Remembers that `url` could not be had, with a number of the caller's, until `until`. */
void key_cache_fail(struct key_cache *cache, const char *url, int outcome, int64_t until);
bool key_cache_failed(struct key_cache *cache, const char *url, int64_t now, int *outcome);

/* False: nobody asks for `url`, and now the caller does, and ends with key_cache_leave. True: somebody did;
 * the call waited until that one was done. */
bool key_cache_join(struct key_cache *cache, const char *url);
void key_cache_leave(struct key_cache *cache, const char *url);

enum { KEY_SEARCHES_MAX = 2048 }; /* requests that wait for a key that is not known here */
/* One request more waits. False: too many do already. */
bool key_cache_begin_search(struct key_cache *cache);
void key_cache_end_search(struct key_cache *cache);

#endif
