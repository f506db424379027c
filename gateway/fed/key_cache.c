#include "gateway/fed/key_cache.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/task.h"

struct entry {
    char *key_id, *actor_id;
    struct public_key *key;
    int64_t put, fetched;
    UT_hash_handle hh;
};

struct failure {
    char *url;
    int outcome;
    int64_t until;
    UT_hash_handle hh;
};

struct waiter {
    struct task *task;
    struct waiter *next;
};

struct flight {
    char *url;
    struct waiter *waiters; /* on the stacks of the tasks that wait */
    UT_hash_handle hh;
};

struct key_cache {
    size_t maximum;
    struct entry *entries; /* the table's order is the order of use */
    struct failure *failures;
    struct flight *flights; /* as many as tasks that fetch: the task pool is the bound */
    size_t searches;
};

static char *copy(const char *text)
{
    char *out = strdup(text);
    if (!out)
        abort();
    return out;
}

static void *make(size_t size)
{
    void *out = calloc(1, size);
    if (!out)
        abort();
    return out;
}

struct key_cache *key_cache_new(size_t maximum)
{
    struct key_cache *cache = make(sizeof *cache);
    cache->maximum = maximum;
    return cache;
}

static void drop_entry(struct key_cache *cache, struct entry *entry)
{
    HASH_DEL(cache->entries, entry); /* NOLINT(clang-analyzer-core.NullDereference): it is in the table */
    public_key_unref(entry->key);
    free(entry->key_id);
    free(entry->actor_id);
    free(entry);
}

static void drop_failure(struct key_cache *cache, struct failure *failure)
{
    HASH_DEL(cache->failures, failure);
    free(failure->url);
    free(failure);
}

void key_cache_delete(struct key_cache *cache)
{
    if (!cache)
        return;
    while (cache->entries)
        drop_entry(cache, cache->entries);
    while (cache->failures)
        drop_failure(cache, cache->failures);
    free(cache);
}

void known_key_clear(struct known_key *known)
{
    public_key_unref(known->key);
    *known = (struct known_key){0};
}

bool key_cache_find(struct key_cache *cache, struct arena *arena, const char *key_id, int64_t now,
                    int64_t age_max, struct known_key *out)
{
    struct entry *entry;
    HASH_FIND_STR(cache->entries, key_id, entry);
    if (!entry || now - entry->put >= age_max)
        return false;
    HASH_DEL(cache->entries, entry);
    HASH_ADD_KEYPTR(hh, cache->entries, entry->key_id, strlen(entry->key_id), entry);
    *out = (struct known_key){.key = public_key_ref(entry->key),
                              .actor_id = arena_string(arena, entry->actor_id),
                              .fetched = entry->fetched};
    return true;
}

void key_cache_put(struct key_cache *cache, const char *key_id, const struct known_key *known, int64_t now)
{
    struct entry *entry;
    HASH_FIND_STR(cache->entries, key_id, entry);
    if (entry)
        drop_entry(cache, entry);
    while (HASH_COUNT(cache->entries) >= cache->maximum)
        drop_entry(cache, cache->entries);
    entry = make(sizeof *entry);
    *entry = (struct entry){.key_id = copy(key_id),
                            .actor_id = copy(known->actor_id),
                            .key = public_key_ref(known->key),
                            .put = now,
                            .fetched = known->fetched};
    HASH_ADD_KEYPTR(hh, cache->entries, entry->key_id, strlen(entry->key_id), entry);
}

void key_cache_fail(struct key_cache *cache, const char *url, int outcome, int64_t until)
{
    struct failure *failure;
    HASH_FIND_STR(cache->failures, url, failure);
    if (failure)
        drop_failure(cache, failure);
    while (HASH_COUNT(cache->failures) >= cache->maximum)
        drop_failure(cache, cache->failures);
    failure = make(sizeof *failure);
    *failure = (struct failure){.url = copy(url), .outcome = outcome, .until = until};
    HASH_ADD_KEYPTR(hh, cache->failures, failure->url, strlen(failure->url), failure);
}

bool key_cache_failed(struct key_cache *cache, const char *url, int64_t now, int *outcome)
{
    struct failure *failure;
    HASH_FIND_STR(cache->failures, url, failure);
    if (!failure)
        return false;
    if (failure->until <= now) {
        drop_failure(cache, failure);
        return false;
    }
    *outcome = failure->outcome;
    return true;
}

bool key_cache_join(struct key_cache *cache, const char *url)
{
    struct flight *flight;
    HASH_FIND_STR(cache->flights, url, flight);
    if (flight) {
        struct waiter waiter = {.task = task_current(), .next = flight->waiters};
        flight->waiters = &waiter;
        task_park();
        return true;
    }
    flight = make(sizeof *flight);
    flight->url = copy(url);
    HASH_ADD_KEYPTR(hh, cache->flights, flight->url, strlen(flight->url), flight);
    return false;
}

void key_cache_leave(struct key_cache *cache, const char *url)
{
    struct flight *flight;
    HASH_FIND_STR(cache->flights, url, flight);
    HASH_DEL(cache->flights, flight); /* NOLINT(clang-analyzer-core.NullDereference): it was found */
    for (struct waiter *waiter = flight->waiters; waiter;) {
        struct waiter *next = waiter->next;
        task_resume(waiter->task);
        waiter = next;
    }
    free(flight->url);
    free(flight);
}

bool key_cache_begin_search(struct key_cache *cache)
{
    if (cache->searches >= KEY_SEARCHES_MAX)
        return false;
    cache->searches++;
    return true;
}

void key_cache_end_search(struct key_cache *cache)
{
    cache->searches--;
}
