#include "gateway/fed/key_search.h"

#include <stdio.h>
#include <string.h>

#include "gateway/fed/key_proof.h"
#include "gateway/fed/remote.h"
#include "gateway/loop.h"

enum {
    KEYS_KEPT = 4096,
    TURNS_MAX = 8,
};

static const int64_t KEY_AGE_MS = 6 * 3600 * 1000, ACTOR_AGE_MS = 86400 * 1000, JUST_NOW_MS = 10 * 1000,
                     REFETCH_MS = 300 * 1000, GONE_MS = 600 * 1000, REFUSED_MS = 60 * 1000,
                     LATER_MS = 30 * 1000;

static struct key_cache *cache_of(struct gateway *gateway)
{
    if (!gateway->keys)
        gateway->keys = key_cache_new(KEYS_KEPT);
    return gateway->keys;
}

void key_cache_free(struct gateway *gateway)
{
    key_cache_delete(gateway->keys);
    gateway->keys = NULL;
}

static enum verification of_outcome(enum remote_outcome outcome)
{
    switch (outcome) {
    case REMOTE_OK:
        return VERIFIED;
    case REMOTE_GONE:
    case REMOTE_MISSING:
        return VERIFICATION_KEY_GONE;
    case REMOTE_LATER:
        return VERIFICATION_UNAVAILABLE;
    case REMOTE_REFUSED:
        break;
    }
    return VERIFICATION_REFUSED;
}

static enum verification store_away(struct key_search *search)
{
    *search->why = "the store is away";
    search->store_away = true;
    return VERIFICATION_UNAVAILABLE;
}

/* ---- asking for a key
 * ----------------------------------------------------------------------------------------------- */

/* Keeps every key that an actor proves to be its own, so that a request with a made-up keyId cannot
 * keep the true ones out while that document counts as failed. */
static void keep_all(struct key_search *search, const struct inbound_actor *actor, int64_t fetched)
{
    for (size_t i = 0; i < actor->key_count; i++) {
        const char *id = actor->keys[i].id, *why;
        struct known_key known = {.actor_id = actor->id, .fetched = fetched};
        known.key = id ? key_of_actor(search->arena, actor, id, &why) : NULL;
        if (known.key)
            key_cache_put(cache_of(search->gateway), id, &known, loop_monotonic_ms());
        known_key_clear(&known);
    }
}

static enum verification from_actor(struct key_search *search, const struct inbound_actor *actor,
                                    int64_t fetched, struct known_key *out)
{
    struct public_key *key = key_of_actor(search->arena, actor, search->key_id, search->why);
    if (!key) {
        keep_all(search, actor, fetched);
        return VERIFICATION_REFUSED;
    }
    *out = (struct known_key){.key = key, .actor_id = actor->id, .fetched = fetched};
    return VERIFIED;
}

/* The key of a known actor. `max_age_ms` 0: from its server. */
static enum verification ask_actor(struct key_search *search, const char *actor_id, int64_t max_age_ms,
                                   struct known_key *out)
{
    struct inbound_actor actor;
    enum remote_outcome outcome =
        remote_actor(search->gateway, search->arena, actor_id, max_age_ms, &actor, search->why);
    if (outcome == REMOTE_GONE || outcome == REMOTE_MISSING)
        search->gone = actor_id;
    if (outcome != REMOTE_OK)
        return of_outcome(outcome);
    return from_actor(search, &actor, max_age_ms == 0 ? loop_monotonic_ms() : 0, out);
}

/* Once per actor in five minutes, over all workers. */
static enum lookup may_refetch(struct key_search *search, const char *actor_id)
{
    char hash[23], milliseconds[24];
    id_hash(actor_id, hash);
    (void)snprintf(milliseconds, sizeof milliseconds, "%lld", (long long)REFETCH_MS);
    struct reply *reply =
        store_call(search->gateway->store, "SET", arena_format(search->arena, "key_refetch:%s", hash), "1",
                   "NX", "PX", milliseconds, (char *)NULL);
    enum lookup result = reply_failed(reply)              ? LOOKUP_DOWN
                         : reply_kind(reply) == REPLY_NIL ? LOOKUP_ABSENT
                                                          : LOOKUP_FOUND;
    reply_free(reply);
    return result;
}

/* The owner of a key document must list that key too. `claim` was checked. */
static enum verification ask_owner(struct key_search *search, const struct inbound_key *claim,
                                   int64_t max_age_ms, struct known_key *out)
{
    struct inbound_actor owner;
    enum remote_outcome outcome =
        remote_actor(search->gateway, search->arena, claim->owner, max_age_ms, &owner, search->why);
    if (outcome == REMOTE_GONE || outcome == REMOTE_MISSING)
        search->gone = claim->owner;
    if (outcome != REMOTE_OK)
        return of_outcome(outcome);
    struct public_key *key = key_of_owner(search->arena, claim, &owner, search->key_id, search->why);
    if (!key)
        return VERIFICATION_REFUSED;
    *out = (struct known_key){.key = key, .actor_id = owner.id, .fetched = loop_monotonic_ms()};
    return VERIFIED;
}

static enum verification from_key_document(struct key_search *search, const json_t *document,
                                           struct known_key *out)
{
    struct inbound_key claim;
    *search->why = inbound_key_read(document, search->arena, &claim);
    if (!*search->why)
        *search->why = key_document_check(search->arena, &claim, search->key_id);
    if (*search->why)
        return VERIFICATION_REFUSED;
    enum verification result = ask_owner(search, &claim, ACTOR_AGE_MS, out);
    /* What we know of the owner may be older than the key. */
    if (result == VERIFICATION_REFUSED && may_refetch(search, claim.owner) == LOOKUP_FOUND)
        result = ask_owner(search, &claim, 0, out);
    return result;
}

static enum verification from_document(struct key_search *search, const json_t *document,
                                       struct known_key *out)
{
    if (!json_object_get(document, "inbox"))
        return from_key_document(search, document, out);
    struct inbound_actor actor;
    const char *id = json_string_value(json_object_get(document, "id"));
    enum remote_outcome outcome =
        remote_actor_accept(search->gateway, search->arena, id ? id : "", document, &actor, search->why);
    return outcome == REMOTE_OK ? from_actor(search, &actor, loop_monotonic_ms(), out) : of_outcome(outcome);
}

static void remember_failure(struct key_search *search, enum verification failure)
{
    int64_t time = failure == VERIFICATION_KEY_GONE  ? GONE_MS
                   : failure == VERIFICATION_REFUSED ? REFUSED_MS
                                                     : LATER_MS;
    key_cache_fail(cache_of(search->gateway), search->document, failure, loop_monotonic_ms() + time);
}

static enum verification ask_document(struct key_search *search, struct known_key *out)
{
    json_t *document = NULL;
    enum remote_outcome outcome =
        remote_fetch(search->gateway, search->arena, search->document, &document, search->why);
    if (outcome != REMOTE_OK) {
        if (outcome == REMOTE_GONE || outcome == REMOTE_MISSING)
            search->gone = search->document;
        return of_outcome(outcome);
    }
    enum verification result = from_document(search, document, out);
    json_decref(document);
    return result;
}

static enum verification ask_again(struct key_search *search, const char *actor_id, struct known_key *out)
{
    enum lookup allowed = may_refetch(search, actor_id);
    if (allowed == LOOKUP_DOWN)
        return store_away(search);
    /* Not now: but another worker may have brought the newer document. */
    return ask_actor(search, actor_id, allowed == LOOKUP_FOUND ? 0 : ACTOR_AGE_MS, out);
}

/* An actor that was met before: its keys may have changed since. */
static enum verification ask_known(struct key_search *search, struct known_key *out)
{
    enum verification result = ask_actor(search, search->document, ACTOR_AGE_MS, out);
    return result == VERIFICATION_REFUSED ? ask_again(search, search->document, out) : result;
}

static enum verification ask(struct key_search *search, struct known_key *out)
{
    switch (remote_actor_known(search->gateway, search->arena, search->document)) {
    case LOOKUP_FOUND:
        return ask_known(search, out);
    case LOOKUP_ABSENT:
        return ask_document(search, out);
    case LOOKUP_DOWN:
        break;
    }
    return store_away(search);
}

static bool recall_failure(struct key_search *search, enum verification *out)
{
    int outcome;
    if (!key_cache_failed(cache_of(search->gateway), search->document, loop_monotonic_ms(), &outcome))
        return false;
    *out = (enum verification)outcome;
    *search->why = "its key could not be had a moment ago";
    if (*out == VERIFICATION_KEY_GONE)
        search->gone = search->document;
    return true;
}

static enum verification find_in_turn(struct key_search *search, struct known_key *out)
{
    struct key_cache *cache = cache_of(search->gateway);
    enum verification result;
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        if (key_cache_find(cache, search->arena, search->key_id, loop_monotonic_ms(), KEY_AGE_MS, out))
            return VERIFIED;
        if (recall_failure(search, &result))
            return result;
        if (key_cache_join(cache, search->document))
            continue;
        result = ask(search, out);
        if (result == VERIFIED)
            key_cache_put(cache, search->key_id, out, loop_monotonic_ms());
        else if (!search->store_away)
            remember_failure(search, result);
        key_cache_leave(cache, search->document);
        return result;
    }
    *search->why = "too many requests ask for its key";
    return VERIFICATION_UNAVAILABLE;
}

enum verification key_search_find(struct key_search *search, struct known_key *out)
{
    if (key_cache_find(cache_of(search->gateway), search->arena, search->key_id, loop_monotonic_ms(),
                       KEY_AGE_MS, out))
        return VERIFIED;
    /* Whoever is known must not wait behind strangers whose servers never answer. */
    if (!key_cache_begin_search(cache_of(search->gateway))) {
        *search->why = "too many keys are asked for just now";
        return VERIFICATION_UNAVAILABLE;
    }
    enum verification result = find_in_turn(search, out);
    key_cache_end_search(cache_of(search->gateway));
    return result;
}

/* ---- a key that does not fit: perhaps it was changed
 * ---------------------------------------------------------------- */

enum verification key_search_newer(struct key_search *search, const struct known_key *tried,
                                   struct known_key *out)
{
    struct key_cache *cache = cache_of(search->gateway);
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        if (key_cache_find(cache, search->arena, search->key_id, loop_monotonic_ms(), KEY_AGE_MS, out)) {
            if (!public_key_equal(out->key, tried->key))
                return VERIFIED;
            bool just_now = out->fetched > 0 && loop_monotonic_ms() - out->fetched < JUST_NOW_MS;
            known_key_clear(out);
            if (just_now)
                break;
        }
        if (key_cache_join(cache, search->document))
            continue;
        enum verification result = ask_again(search, tried->actor_id, out);
        if (result == VERIFIED)
            key_cache_put(cache, search->key_id, out, loop_monotonic_ms());
        key_cache_leave(cache, search->document);
        if (result != VERIFIED)
            return result;
        if (!public_key_equal(out->key, tried->key))
            return VERIFIED;
        known_key_clear(out);
        break;
    }
    *search->why = "the signature is not by that key";
    return VERIFICATION_REFUSED;
}
