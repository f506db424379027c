#include "gateway/fed/serve_cache.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/http/negotiate.h"

enum {
    ENTRIES_MAX = 16384,
    KEY_MAX = 512,
    SLOTS = 1024,
};

struct entry {
    char *key; /* AUTHORITY/path */
    struct served document;
    char oid[OID_LENGTH + 1]; /* "" for the actor */
    int64_t until;
    struct owner *owner;
    struct entry *previous, *next; /* of the same owner */
    UT_hash_handle hh;
};

/* What is kept of one account. */
struct owner {
    char aid[AID_LENGTH + 1];
    struct entry *entries;
    UT_hash_handle hh;
};

struct serve_cache {
    struct entry *entries; /* the oldest first */
    struct owner *owners;
    size_t bytes, bytes_max;
    uint64_t changes;
    uint64_t changed[SLOTS]; /* by a hash of the AID: the number of its last change */
};

static unsigned slot_of(const char *aid)
{
    unsigned value = 5381;
    for (size_t i = 0; i < AID_LENGTH && aid[i]; i++)
        value = value * 33 + (unsigned char)aid[i];
    return value % SLOTS;
}

static void drop(struct serve_cache *cache, struct entry *entry)
{
    struct owner *owner = entry->owner;
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        owner->entries = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    if (!owner->entries) {
        HASH_DEL(cache->owners, owner);
        free(owner);
    }
    HASH_DEL(cache->entries, entry);
    cache->bytes -= entry->document.length;
    free(entry->key);
    free((char *)entry->document.body);
    free(entry);
}

static void drop_all(struct serve_cache *cache)
{
    while (cache->entries)
        drop(cache, cache->entries);
}

/* ---- changes ---- */

static void drop_of(struct serve_cache *cache, const char *aid, const char *oid)
{
    struct owner *owner;
    cache->changed[slot_of(aid)] = ++cache->changes;
    HASH_FIND_STR(cache->owners, aid, owner);
    struct entry *next;
    for (struct entry *entry = owner ? owner->entries : NULL; entry; entry = next) {
        next = entry->next;
        if (!oid || strcmp(entry->oid, oid) == 0)
            drop(cache, entry);
    }
}

/* "account:AID", "post:AID:OID"; NULL: anything may have changed. */
static void changed(void *context, const char *key)
{
    struct serve_cache *cache = context;
    char aid[AID_LENGTH + 1];
    const char *at = key ? strchr(key, ':') : NULL;
    if (!at || strlen(at + 1) < AID_LENGTH) {
        cache->changes++;
        for (unsigned i = 0; i < SLOTS; i++)
            cache->changed[i] = cache->changes;
        drop_all(cache);
        return;
    }
    memcpy(aid, at + 1, AID_LENGTH);
    aid[AID_LENGTH] = '\0';
    const char *rest = at + 1 + AID_LENGTH;
    drop_of(cache, aid, *rest == ':' ? rest + 1 : NULL);
}

/* ---- answers ---- */

static bool is_signed(const struct http_request *request)
{
    return http_request_header(request, "signature") || http_request_header(request, "signature-input") ||
           http_request_header(request, "authorization");
}

static bool may_be_kept(const struct http_request *request)
{
    return !*http_request_query(request) && !is_signed(request);
}

static bool make_key(const struct http_request *request, char out[KEY_MAX])
{
    int length = snprintf(out, KEY_MAX, "%s%s", http_request_authority(request), http_request_path(request));
    return length > 0 && length < KEY_MAX;
}

bool serve_cache_answer(struct gateway *gateway, struct http_request *request)
{
    struct serve_cache *cache = gateway->cache;
    char key[KEY_MAX];
    const char *method = http_request_method(request);
    if (!cache->entries || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) ||
        !may_be_kept(request) || !make_key(request, key))
        return false;
    struct entry *entry;
    HASH_FIND_STR(cache->entries, key, entry);
    if (!entry || negotiate(http_request_header(request, "accept"), WANTED_ACTIVITY) != WANTED_ACTIVITY)
        return false;
    if (entry->until < loop_monotonic_ms()) {
        drop(cache, entry);
        return false;
    }
    serve_document(request, 200, &entry->document);
    return true;
}

static void make_room(struct serve_cache *cache, size_t length)
{
    while (cache->entries &&
           (HASH_COUNT(cache->entries) >= ENTRIES_MAX || cache->bytes + length > cache->bytes_max))
        drop(cache, cache->entries);
}

static struct owner *owner_of(struct serve_cache *cache, const char *aid)
{
    struct owner *owner;
    HASH_FIND_STR(cache->owners, aid, owner);
    if (owner)
        return owner;
    owner = calloc(1, sizeof *owner);
    if (!owner)
        abort();
    memcpy(owner->aid, aid, AID_LENGTH);
    HASH_ADD_STR(cache->owners, aid, owner);
    return owner;
}

uint64_t serve_cache_now(const struct gateway *gateway)
{
    return gateway->cache->changes;
}

static void keep(struct serve_cache *cache, const char *key, const struct local_id *id, int64_t milliseconds,
                 const struct served *document)
{
    make_room(cache, document->length);
    struct entry *entry = calloc(1, sizeof *entry);
    char *body = malloc(document->length + 1);
    if (!entry || !body)
        abort();
    memcpy(body, document->body, document->length);
    entry->key = strdup(key);
    if (!entry->key)
        abort();
    entry->document = *document;
    entry->document.body = body;
    memcpy(entry->oid, id->oid, sizeof entry->oid);
    entry->until = loop_monotonic_ms() + milliseconds;
    entry->owner = owner_of(cache, id->aid);
    entry->next = entry->owner->entries;
    if (entry->next)
        entry->next->previous = entry;
    entry->owner->entries = entry;
    cache->bytes += document->length;
    HASH_ADD_KEYPTR(hh, cache->entries, entry->key, strlen(entry->key), entry);
}

void serve_cache_keep(struct serving *serving, const struct local_id *id, int64_t milliseconds,
                      const struct served *document)
{
    struct serve_cache *cache = serving->gateway->cache;
    char key[KEY_MAX];
    struct entry *known;
    if (!store_is_watching(serving->gateway->store) ||
        cache->changed[slot_of(id->aid)] > serving->read_from || !may_be_kept(serving->request) ||
        document->length > cache->bytes_max / 16 || !make_key(serving->request, key))
        return;
    HASH_FIND_STR(cache->entries, key, known);
    if (known)
        drop(cache, known);
    keep(cache, key, id, milliseconds, document);
}

/* ---- life ---- */

void serve_cache_start(struct gateway *gateway)
{
    static const char *const prefixes[] = {"account:", "post:", NULL};
    gateway->cache = calloc(1, sizeof *gateway->cache);
    if (!gateway->cache)
        abort();
    gateway->cache->bytes_max = (size_t)gateway->config->limits.answers_mib << 20;
    store_watch(gateway->store, prefixes, changed, gateway->cache);
}

void serve_cache_free(struct gateway *gateway)
{
    if (!gateway->cache)
        return;
    drop_all(gateway->cache);
    free(gateway->cache);
    gateway->cache = NULL;
}
