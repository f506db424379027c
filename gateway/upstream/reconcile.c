/* The truth of the platform by REST, compared with what we have: after lost events, at the first start, in
 * sweeps. What differs is queued as events, in the same durable queue and order as the stream's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/store/posts.h"
#include "gateway/upstream/platform.h"

enum { RECONCILE_BUDGET = 64 << 20, PAGES_MAX = 100000, OURS_PAGE = 200, DIFFERENCES_MAX = 200 };

/* ---- accounts
 * ------------------------------------------------------------------------------------------------------- */

static bool apply_page(struct platform *platform, const struct operation_result *result)
{
    for (size_t i = 0; i < result->account_count; i++)
        if (!consent_apply(platform, &result->accounts[i], ""))
            return false;
    return true;
}

/* All accounts whose owners switched federation on. */
static bool apply_listed(struct platform *platform)
{
    char *cursor = NULL;
    bool good = true;
    for (int pages = 0; good && pages < PAGES_MAX; pages++) {
        struct operation *operation = platform_operation(
            platform, &(struct operation_input){.kind = OPERATION_FEDERATED_ACCOUNTS, .cursor = cursor});
        const struct operation_result *result = platform_result(platform, operation);
        good = result->answer == ANSWER_OK && apply_page(platform, result);
        free(cursor);
        cursor = good && result->cursor ? strdup(result->cursor) : NULL;
        platform->class->operation_free(operation);
        if (!cursor)
            break;
    }
    free(cursor);
    return good;
}

/* An account of ours: what does the platform say of it now? */
static bool apply_ours(struct platform *platform, const char *native)
{
    struct operation *operation =
        platform_operation(platform, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = native});
    const struct operation_result *result = platform_result(platform, operation);
    bool good = false;
    if (result->answer == ANSWER_OK && result->account_count == 1)
        good = consent_apply(platform, &result->accounts[0], "");
    else if (result->answer == ANSWER_GONE || result->answer == ANSWER_UNKNOWN)
        good = consent_lost(platform, native, "");
    platform->class->operation_free(operation);
    return good;
}

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

struct listed {
    uint64_t revision, digest;
    int64_t created;
    bool seen; /* we have it too */
    UT_hash_handle hh;
    char id[];
};

static void listed_free(struct listed **table)
{
    struct listed *one;
    struct listed *next;
    HASH_ITER(hh, *table, one, next)
    {
        HASH_DEL(*table, one);
        free(one);
    }
}

static void listed_add(struct listed **table, const struct post_revision *revision)
{
    size_t length = strlen(revision->id);
    struct listed *one = NULL;
    HASH_FIND(hh, *table, revision->id, length, one);
    if (revision->beside) {
        if (one)
            one->digest ^= revision->beside;
        return;
    }
    if (!one) {
        one = calloc(1, sizeof *one + length + 1);
        if (!one)
            abort();
        memcpy(one->id, revision->id, length);
        HASH_ADD(hh, *table, id, length, one);
    }
    one->revision = revision->revision;
    one->digest = revision->digest;
    one->created = revision->created;
}

static bool list_theirs(struct platform *platform, const char *native, struct listed **table)
{
    char *cursor = NULL;
    bool good = true;
    for (int pages = 0; good && pages < PAGES_MAX; pages++) {
        struct operation *operation = platform_operation(
            platform,
            &(struct operation_input){.kind = OPERATION_POST_IDS, .account = native, .cursor = cursor});
        const struct operation_result *result = platform_result(platform, operation);
        good = result->answer == ANSWER_OK;
        for (size_t i = 0; good && i < result->revision_count; i++)
            listed_add(table, &result->revisions[i]);
        free(cursor);
        cursor = good && result->cursor ? strdup(result->cursor) : NULL;
        platform->class->operation_free(operation);
        if (!cursor)
            break;
    }
    free(cursor);
    return good;
}

struct comparison {
    struct platform *platform;
    struct arena *arena;
    const char *native, *stamp; /* stamp: makes the keys of this sweep unique */
    int64_t since;              /* older posts stay home */
    struct event events[DIFFERENCES_MAX];
    size_t count, total;
};

static bool flush_differences(struct comparison *comparison)
{
    bool good =
        !comparison->count || intake_queue(comparison->platform, comparison->events, comparison->count);
    comparison->total += comparison->count;
    comparison->count = 0;
    return good;
}

static bool differs(struct comparison *comparison, enum event_kind kind, const char *post, uint64_t revision)
{
    comparison->events[comparison->count++] = (struct event){
        .kind = kind,
        .key = arena_format(comparison->arena, "sweep:%s:%s:%llu", comparison->stamp, post,
                            (unsigned long long)revision),
        .account = comparison->native,
        .subject = arena_string(comparison->arena, post),
        .revision = revision,
        .time = clock_now_ms(),
    };
    return comparison->count < DIFFERENCES_MAX || flush_differences(comparison);
}

static bool compare_one(struct comparison *comparison, struct listed *table, const struct post_record *post)
{
    struct listed *theirs = NULL;
    HASH_FIND(hh, table, post->native, strlen(post->native), theirs);
    /* Not in their list: deleted, or made after the list was read. The intake asks for the post itself before
     * it believes. */
    if (!theirs)
        return differs(comparison, EVENT_POST_UPDATED, post->native, 0);
    theirs->seen = true;
    if (theirs->digest ? theirs->digest != post->post.digest : theirs->revision > post->revision)
        return differs(comparison, EVENT_POST_UPDATED, post->native, theirs->revision);
    return true;
}

/* Our live posts against their list. */
static bool compare_ours(struct comparison *comparison, const char *aid, struct listed *table)
{
    struct store *store = comparison->platform->gateway->store;
    struct post_place before = {0};
    char last[OID_LENGTH + 1] = "";
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        struct arena *arena = arena_new(RECONCILE_BUDGET);
        struct post_page page;
        bool good = post_list(store, arena, aid, pages ? &before : NULL, OURS_PAGE, &page) == LOOKUP_FOUND;
        for (size_t i = 0; good && i < page.count; i++) {
            struct post_record post;
            enum lookup found = post_load(store, arena, aid, page.oids[i], &post);
            good = found != LOOKUP_DOWN;
            if (found == LOOKUP_FOUND && post.state == POST_LIVE)
                good = compare_one(comparison, table, &post);
        }
        size_t count = good ? page.count : 0;
        if (count) {
            (void)snprintf(last, sizeof last, "%s", page.oids[count - 1]);
            before = (struct post_place){page.published[count - 1], last};
        }
        arena_free(arena);
        if (!good)
            return false;
        if (count < OURS_PAGE)
            break;
    }
    return true;
}

/* The oldest first, as they were written. */
static int by_time(const struct listed *one, const struct listed *other)
{
    return one->created < other->created ? -1 : one->created > other->created;
}

/* Held posts are ours too, though no list shows them: the intake finds them stale and lets them be. */
static bool compare_theirs(struct comparison *comparison, struct listed **table)
{
    struct listed *one;
    struct listed *next;
    HASH_SORT(*table, by_time);
    HASH_ITER(hh, *table, one, next)
    if (!one->seen && (!one->created || one->created >= comparison->since) &&
        !differs(comparison, EVENT_POST_CREATED, one->id, one->revision))
        return false;
    return true;
}

bool reconcile_account(struct platform *platform, const char *aid)
{
    unsigned capabilities;
    if (!platform_capabilities(platform, &capabilities))
        return false;
    if (!(capabilities & ADAPTER_POST_IDS))
        return true;
    struct arena *arena = arena_new(RECONCILE_BUDGET);
    struct account_record record;
    enum lookup found = account_load(platform->gateway->store, arena, aid, &record);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && consent_is_bridged(record.consent) &&
        record.account.status == ACCOUNT_ACTIVE) {
        char stamp[TRACE_LENGTH + 1];
        trace_new(stamp);
        struct comparison *comparison = arena_alloc(arena, sizeof *comparison);
        *comparison =
            (struct comparison){.platform = platform,
                                .arena = arena,
                                .native = record.native,
                                .stamp = stamp,
                                .since = record.account.backfill ? 0 : record.account.federated_since};
        struct listed *table = NULL;
        good = list_theirs(platform, record.native, &table) && compare_ours(comparison, aid, table) &&
               compare_theirs(comparison, &table) && flush_differences(comparison);
        listed_free(&table);
        if (comparison->total)
            log_number(LOG_INFO, "a comparison with the platform found differences", "count",
                       (int64_t)comparison->total, "aid", aid, "platform", platform->config->name,
                       (char *)NULL);
    }
    arena_free(arena);
    return good;
}

bool reconcile_native(struct platform *platform, const char *native, const char *aid)
{
    return apply_ours(platform, native) && reconcile_account(platform, aid);
}

bool reconcile_platform(struct platform *platform)
{
    unsigned capabilities;
    if (!platform_capabilities(platform, &capabilities) ||
        ((capabilities & ADAPTER_ACCOUNTS_FEDERATED) && !apply_listed(platform)))
        return false;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SMEMBERS");
    arguments_format(arguments, "accounts:%s", platform->config->name);
    struct reply *reply = store_run(platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    for (size_t i = 0; good && i < reply_count(reply); i++) {
        const char *aid = reply_text(reply_at(reply, i));
        struct arena *arena = arena_new(RECONCILE_BUDGET);
        struct account_record record;
        enum lookup found = account_load(platform->gateway->store, arena, aid, &record);
        if (found == LOOKUP_FOUND && consent_is_bridged(record.consent))
            good = reconcile_native(platform, record.native, aid);
        else
            good = found != LOOKUP_DOWN;
        arena_free(arena);
    }
    reply_free(reply);
    return good;
}
