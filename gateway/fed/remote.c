#include "gateway/fed/remote.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/domains.h"
#include "gateway/fed/in_vain.h"
#include "gateway/fed/json_guard.h"
#include "gateway/fed/separation.h"
#include "gateway/fed/signer.h"
#include "gateway/log.h"
#include "gateway/refusals.h"

enum {
    DOCUMENT_MAX = 1 << 20,
    HOPS_MAX = 4,
    FETCH_TIMEOUT_MS = 15000,
    ACTOR_KEPT_S = 30 * 86400,
    ACTOR_TEXT_MAX = 65536,
};

#define ACCEPT                                                                                               \
    "application/activity+json, application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\""

/* ---- signed fetches
 * ------------------------------------------------------------------------------------------------- */

static bool is_activity_type(const char *type)
{
    if (strncasecmp(type, "application/activity+json", 25) == 0)
        return type[25] == '\0' || type[25] == ';' || type[25] == ' ';
    return strncasecmp(type, "application/ld+json", 19) == 0 &&
           strstr(type, "https://www.w3.org/ns/activitystreams");
}

static const char *absolute_location(struct arena *arena, const char *url, const char *location)
{
    if (strncasecmp(location, "https://", 8) == 0 || strncasecmp(location, "http://", 7) == 0)
        return arena_string(arena, location);
    const char *origin = url_origin(arena, url);
    return origin && location[0] == '/' && location[1] != '/' ? arena_format(arena, "%s%s", origin, location)
                                                              : NULL;
}

static enum remote_outcome outcome_of(const struct fetch_result *result, const char **why)
{
    if (result->error == FETCH_FORBIDDEN || result->error == FETCH_TOO_LARGE) {
        *why = "the address is not permitted or the answer is too large";
        return REMOTE_REFUSED;
    }
    if (result->error != FETCH_OK) {
        *why = "the server did not answer";
        return REMOTE_LATER;
    }
    if (result->status == 404 || result->status == 410) {
        *why = "it is not there any more";
        return result->status == 410 ? REMOTE_GONE : REMOTE_MISSING;
    }
    if (result->status == 408 || result->status == 429 || result->status >= 500) {
        *why = "the server is busy or broken";
        return REMOTE_LATER;
    }
    if (result->status != 200) {
        *why = "the server does not show it to us";
        return REMOTE_REFUSED;
    }
    if (!is_activity_type(result->content_type)) {
        *why = "the answer is no ActivityPub document";
        return REMOTE_REFUSED;
    }
    return REMOTE_OK;
}

/* The way to one document, over all its requests. */
struct search {
    int64_t deadline; /* monotonic ms */
    bool answered;    /* a server said something */
    json_t *document;
    const char *final_url; /* where it was */
};

static unsigned time_left(const struct search *search)
{
    int64_t left = search->deadline - loop_monotonic_ms();
    return left > 0 ? (unsigned)left : 1;
}

/* Whether the answer may come of how the request was signed, and another way is left: then *way is it. */
static bool another_way(const struct fetch_result *result, const char *url, enum get_way *way)
{
    bool unsure = result->error == FETCH_OK &&
                  (result->status == 400 || result->status == 401 || result->status == 403);
    if (!unsure || *way == GET_RFC9421)
        return false;
    *way = *way == GET_CAVAGE && strchr(url, '?') ? GET_CAVAGE_PATH : GET_RFC9421;
    return true;
}

/* One signed GET of each hop, the signature made for that very URL. */
static enum remote_outcome get_document(struct gateway *gateway, struct arena *arena, const char *url,
                                        struct search *search, const char **why)
{
    const struct signer *signer = signer_instance(gateway, &gateway->config->hosts[0]);
    if (!signer) {
        *why = "our own key cannot be had just now";
        return REMOTE_LATER;
    }
    enum get_way way = GET_CAVAGE;
    for (int hop = 0; hop < HOPS_MAX; hop++) {
        struct fetch_header headers[6] = {{"Accept", ACCEPT}};
        size_t count = 1 + signer_sign_get(gateway, signer, url, way, arena, headers + 1, 5);
        struct fetch_request request = {.method = "GET",
                                        .url = url,
                                        .headers = headers,
                                        .header_count = count,
                                        .response_max = DOCUMENT_MAX,
                                        .timeout_ms = time_left(search)};
        struct fetch_result result = {0};
        fetch(gateway->fetch, &request, &result);
        search->answered |= result.error == FETCH_OK || result.error == FETCH_TOO_LARGE;
        if (hop + 1 < HOPS_MAX && another_way(&result, url, &way)) {
            fetch_result_clear(&result);
            continue;
        }
        bool moved = result.error == FETCH_OK && result.status >= 301 && result.status <= 308 &&
                     result.status != 304 && result.location[0];
        if (moved) {
            url = absolute_location(arena, url, result.location);
            fetch_result_clear(&result);
            if (url)
                continue;
            *why = "the redirect leads nowhere";
            return REMOTE_REFUSED;
        }
        enum remote_outcome outcome = outcome_of(&result, why);
        if (outcome == REMOTE_OK) {
            delivery_host_seen(gateway, url);
            search->document = json_load_guarded(result.body ? result.body : "", result.length, why);
            search->final_url = url;
            if (!search->document)
                outcome = REMOTE_REFUSED;
        }
        fetch_result_clear(&result);
        return outcome;
    }
    *why = "too many redirects";
    return REMOTE_REFUSED;
}

static const char *without_fragment(struct arena *arena, const char *url)
{
    return arena_copy(arena, url, strcspn(url, "#"));
}

static bool is_tombstone(const json_t *document)
{
    const char *type = json_string_value(json_object_get(document, "type"));
    return type && strcmp(type, "Tombstone") == 0;
}

/* The document whose id is the address it came from, in at most two tries. */
static enum remote_outcome find_document(struct gateway *gateway, struct arena *arena, const char *url,
                                         struct search *search, const char **why)
{
    for (int tries = 0; tries < 2; tries++) {
        enum remote_outcome outcome = get_document(gateway, arena, url, search, why);
        if (outcome != REMOTE_OK)
            return outcome;
        const json_t *document = search->document;
        const char *id = json_string_value(json_object_get(document, "id"));
        bool gone = is_tombstone(document);
        /* A key document's id carries a fragment that no URL has. */
        if (!gone && id && strcmp(without_fragment(arena, id), search->final_url) == 0)
            return REMOTE_OK;
        url = id && url_same_origin(id, search->final_url) ? without_fragment(arena, id) : NULL;
        json_decref(search->document);
        search->document = NULL;
        if (gone) {
            *why = "it was deleted";
            return REMOTE_GONE;
        }
        if (!url)
            break;
    }
    *why = "the document's id is not the address it came from";
    return REMOTE_REFUSED;
}

static void refuse_document(struct gateway *gateway, const char *url, const char *why)
{
    log_write(LOG_INFO, "what another server shows was refused", "url", url, "reason", why, (char *)NULL);
    refusals_add(gateway, REFUSED_DOCUMENT, why);
}

enum remote_outcome remote_fetch(struct gateway *gateway, struct arena *arena, const char *url, json_t **out,
                                 const char **why)
{
    struct search search = {.deadline = loop_monotonic_ms() + FETCH_TIMEOUT_MS};
    enum remote_outcome outcome;
    *out = NULL;
    url = without_fragment(arena, url);
    if (in_vain_find(gateway, url, &outcome)) {
        *why = "it could not be had a moment ago";
        return outcome;
    }
    outcome = find_document(gateway, arena, url, &search, why);
    if (outcome == REMOTE_REFUSED)
        refuse_document(gateway, url, *why);
    if (outcome == REMOTE_OK)
        *out = search.document;
    else if (search.answered && outcome != REMOTE_LATER)
        in_vain_note(gateway, url, outcome);
    return outcome;
}

/* ---- actors
 * ---------------------------------------------------------------------------------------------------------
 */

static const char *actor_key(struct arena *arena, const char *actor_id)
{
    char hash[23];
    id_hash(actor_id, hash);
    return arena_format(arena, "remote_actor:%s", hash);
}

enum lookup remote_actor_known(struct gateway *gateway, struct arena *arena, const char *actor_id)
{
    struct reply *reply = store_call(gateway->store, "EXISTS", actor_key(arena, actor_id), (char *)NULL);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

void remote_actor_forget(struct gateway *gateway, struct arena *arena, const char *actor_id)
{
    reply_free(store_call(gateway->store, "DEL", actor_key(arena, actor_id), (char *)NULL));
}

static void keep_actor(struct gateway *gateway, struct arena *arena, const char *actor_id,
                       const json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);
    if (!text || strlen(text) > ACTOR_TEXT_MAX) {
        free(text);
        return;
    }
    const char *key = actor_key(arena, actor_id);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_text(arguments, key);
    arguments_text(arguments, "id");
    arguments_text(arguments, actor_id);
    arguments_text(arguments, "document");
    arguments_text(arguments, text);
    arguments_text(arguments, "fetched");
    arguments_number(arguments, clock_now_ms());
    reply_free(store_run(gateway->store, arguments));
    free(text);
    reply_free(
        store_call(gateway->store, "EXPIRE", key, arena_format(arena, "%d", ACTOR_KEPT_S), (char *)NULL));
}

/* From the cache; false when it is not there or too old. */
static bool cached_actor(struct gateway *gateway, struct arena *arena, const char *key, int64_t max_age_ms,
                         struct inbound_actor *out)
{
    struct reply *reply = store_call(gateway->store, "HMGET", key, "document", "fetched", (char *)NULL);
    bool good = false;
    if (!reply_failed(reply) && clock_now_ms() - reply_number(reply_at(reply, 1)) < max_age_ms) {
        json_t *document = json_loads(reply_text(reply_at(reply, 0)), 0, NULL);
        /* The reader borrows from the document: keep it as long as the arena by reading from a copy of its
         * text. */
        good = document && !inbound_actor_read(document, arena, out);
        json_decref(document);
    }
    reply_free(reply);
    return good;
}

/* What a person's profile says of bridges holds from now on. */
static bool heed_profile(struct gateway *gateway, const struct inbound_actor *actor)
{
    const struct separation separation = {.aid = "", .subject = actor->id, .by = SEPARATED_BY_PROFILE};
    return actor->refuses_bridges ? separate(gateway, &separation, NULL)
                                  : separation_end(gateway, &separation, NULL);
}

enum remote_outcome remote_actor_accept(struct gateway *gateway, struct arena *arena, const char *actor_id,
                                        const json_t *document, struct inbound_actor *out, const char **why)
{
    *why = inbound_actor_read(document, arena, out);
    if (*why)
        return REMOTE_REFUSED;
    if (strcmp(out->id, actor_id) != 0 || !out->inbox || !url_same_origin(out->inbox, out->id)) {
        *why = "the document is not the actor that was asked for";
        return REMOTE_REFUSED;
    }
    keep_actor(gateway, arena, actor_id, document);
    return heed_profile(gateway, out) ? REMOTE_OK : REMOTE_LATER;
}

bool remote_actor_cached(struct gateway *gateway, struct arena *arena, const char *actor_id,
                         struct inbound_actor *out)
{
    return cached_actor(gateway, arena, actor_key(arena, actor_id), INT64_MAX, out);
}

enum remote_outcome remote_actor(struct gateway *gateway, struct arena *arena, const char *actor_id,
                                 int64_t max_age_ms, struct inbound_actor *out, const char **why)
{
    if (max_age_ms > 0 && cached_actor(gateway, arena, actor_key(arena, actor_id), max_age_ms, out))
        return REMOTE_OK;
    json_t *document = NULL;
    enum remote_outcome outcome = remote_fetch(gateway, arena, actor_id, &document, why);
    if (outcome == REMOTE_OK)
        outcome = remote_actor_accept(gateway, arena, actor_id, document, out, why);
    json_decref(document);
    return outcome;
}

struct remote_author *remote_author_of(struct gateway *gateway, struct arena *arena,
                                       const struct inbound_actor *actor)
{
    struct remote_author *author = remote_author_make(arena, actor, NULL, NULL);
    author->limited = domains_limit(gateway, actor->id);
    /* The gateway's own revision counter (DESIGN §3): it rises when what the platform shows has changed. */
    const char *shown =
        arena_format(arena, "%s%s\n%s\n%s\n%s\n%s", author->limited ? "limited\n" : "", author->handle,
                     author->name ? author->name : "", author->url ? author->url : "",
                     author->avatar_url ? author->avatar_url : "", author->bio.text);
    char digest[23];
    id_hash(shown, digest);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, author->key);
    arguments_text(arguments, digest);
    arguments_text(arguments, actor->id);
    struct reply *reply = store_script(gateway->store, "puppet_revision", arguments);
    author->revision = reply_failed(reply) ? 1 : (uint64_t)reply_number(reply);
    reply_free(reply);
    return author;
}

/* ---- people and objects that posts point at
 * --------------------------------------------------------------------------- */

static void fill_person(struct arena *arena, const struct inbound_actor *actor, struct remote_person *out)
{
    const struct remote_author *author = remote_author_make(arena, actor, NULL, NULL);
    *out = (struct remote_person){.actor_id = actor->id,
                                  .handle = author->handle,
                                  .url = author->url,
                                  .inbox = actor->inbox,
                                  .shared_inbox = actor->shared_inbox};
}

enum lookup remote_person_id(struct gateway *gateway, struct arena *arena, const char *key,
                             const char **actor_id)
{
    struct reply *reply =
        store_call(gateway->store, "HGET", arena_format(arena, "puppet:%s", key), "id", (char *)NULL);
    enum lookup found = reply_failed(reply)              ? LOOKUP_DOWN
                        : reply_kind(reply) == REPLY_NIL ? LOOKUP_ABSENT
                                                         : LOOKUP_FOUND;
    *actor_id = arena_string(arena, reply_text(reply));
    reply_free(reply);
    return found;
}

enum lookup remote_person_find(struct gateway *gateway, struct arena *arena, const char *target,
                               const char *handle, struct remote_person *out)
{
    enum lookup found = LOOKUP_FOUND;
    if (!target) {
        target = webfinger_resolve(gateway, arena, handle);
        if (!target)
            return LOOKUP_ABSENT;
    } else if (strncmp(target, "ra_", 3) == 0) {
        found = remote_person_id(gateway, arena, target, &target);
        if (found != LOOKUP_FOUND)
            return found;
    }
    struct inbound_actor actor;
    const char *why = NULL;
    /* An actor that cannot be had just now must not hold the post back: it is linked without a mention. */
    if (remote_actor(gateway, arena, target, (int64_t)7 * 86400 * 1000, &actor, &why) != REMOTE_OK)
        return LOOKUP_ABSENT;
    fill_person(arena, &actor, out);
    return LOOKUP_FOUND;
}

enum lookup remote_object_find(struct gateway *gateway, struct arena *arena, const char *key_or_id,
                               struct remote_object *out)
{
    *out = (struct remote_object){0};
    char hash[23];
    if (strncmp(key_or_id, "rp_", 3) != 0)
        id_hash(key_or_id, hash);
    const char *name = strncmp(key_or_id, "rp_", 3) == 0 ? key_or_id + 3 : hash;
    struct reply *reply =
        store_call(gateway->store, "HGETALL", arena_format(arena, "remote_object:%s", name), (char *)NULL);
    /* An entry without an author is none: a field that was written late, after the rest had expired. */
    enum lookup result = reply_failed(reply)            ? LOOKUP_DOWN
                         : !reply_field(reply, "actor") ? LOOKUP_ABSENT
                                                        : LOOKUP_FOUND;
    if (result == LOOKUP_FOUND) {
        const char *state = reply_field(reply, "state");
        const char *revision = reply_field(reply, "revision");
        const char *pushed = reply_field(reply, "pushed");
        const char *updated = reply_field(reply, "updated");
        const char *parent = reply_field(reply, "parent");
        out->id = arena_string(arena, reply_field(reply, "id"));
        out->actor = arena_string(arena, reply_field(reply, "actor"));
        out->platform = arena_string(arena, reply_field(reply, "platform"));
        out->aid = arena_string(arena, reply_field(reply, "aid"));
        out->oid = arena_string(arena, reply_field(reply, "oid"));
        out->parent = arena_string(arena, parent ? parent : "");
        out->source = arena_string(arena, reply_field(reply, "source"));
        const char *refused = reply_field(reply, "refused");
        out->native = arena_string(arena, reply_field(reply, "native"));
        out->refused = refused && *refused ? arena_string(arena, refused) : NULL;
        out->speaker = arena_string(arena, reply_field(reply, "speaker"));
        out->gone = !state || strcmp(state, "live") != 0;
        out->revision = revision ? strtoull(revision, NULL, 10) : 0;
        out->pushed_revision = pushed ? strtoull(pushed, NULL, 10) : 0;
        out->updated = updated ? strtoll(updated, NULL, 10) : 0;
    }
    reply_free(reply);
    return result;
}
