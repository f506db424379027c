#include "gateway/leaving.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/following.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/separation.h"
#include "gateway/jobs.h"
#include "gateway/log.h"
#include "gateway/store/posts.h"
#include "gateway/upstream/upstream.h"

enum { PAGE = 100, PAGES_MAX = 1000000, LEAVING_BUDGET = 1 << 21, WAITS_FOR_CONSENT = 6 };
static const int64_t LEAVE_MAX_MS = (int64_t)7 * 86400 * 1000;

/* ---- the beginning
 * ------------------------------------------------------------------------------------------------- */

bool leaving_start(struct gateway *gateway, const char *aid, const char *trace, bool *moved)
{
    static const enum consent from[] = {CONSENT_ON, CONSENT_PAUSED};
    *moved = false;
    /* The job first: a leave that was begun must be finished, also when this process dies right here. */
    if (!job_queue(gateway, "leave", aid, trace))
        return false;
    for (size_t i = 0; !*moved && i < sizeof from / sizeof from[0]; i++)
        if (account_set_consent(gateway->store, aid, from[i], CONSENT_LEAVING, clock_now_ms(), moved) !=
            LOOKUP_FOUND)
            return false;
    if (*moved)
        log_write(LOG_INFO, "an account is leaving", "trace", trace, "aid", aid, (char *)NULL);
    return true;
}

static struct reply *left_call(struct gateway *gateway, const char *command, const char *platform,
                               const char *native, bool put)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, command);
    arguments_format(arguments, "left:%s", platform);
    arguments_text(arguments, native);
    if (put)
        arguments_number(arguments, clock_now_ms());
    return store_run(gateway->store, arguments);
}

bool left_note(struct gateway *gateway, const char *platform, const char *native)
{
    struct reply *reply = left_call(gateway, "HSET", platform, native, true);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool left_forget(struct gateway *gateway, const char *platform, const char *native)
{
    struct reply *reply = left_call(gateway, "HDEL", platform, native, false);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

enum lookup left_find(struct gateway *gateway, const char *platform, const char *native)
{
    struct reply *reply = left_call(gateway, "HEXISTS", platform, native, false);
    enum lookup found = reply_failed(reply)        ? LOOKUP_DOWN
                        : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                   : LOOKUP_ABSENT;
    reply_free(reply);
    return found;
}

/* ---- the posts
 * ----------------------------------------------------------------------------------------------------- */

/* One page of posts: tombstones with their Deletes queued. How many there were; -1 when the store is away. */
static int remove_page(struct gateway *gateway, const char *aid)
{
    struct arena *arena = arena_new(LEAVING_BUDGET);
    struct post_page page;
    bool good = post_list(gateway->store, arena, aid, NULL, PAGE, &page) == LOOKUP_FOUND;
    for (size_t i = 0; good && i < page.count; i++) {
        enum post_outcome outcome;
        good =
            post_remove_and_tell(gateway->store, aid, page.oids[i], clock_now_ms(), &outcome) == LOOKUP_FOUND;
    }
    int count = good ? (int)page.count : -1;
    arena_free(arena);
    return count;
}

static bool queue_farewell(struct gateway *gateway, const char *aid, const char *trace)
{
    char now[24];
    (void)snprintf(now, sizeof now, "%lld", (long long)clock_now_ms());
    /* In the account's chain: behind the Deletes of its posts. */
    struct reply *reply = store_call(gateway->store, "XADD", "work:jobs", "*", "chain", aid, "data",
                                     "farewell", "time", now, "trace", trace, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* What others wrote in the account's threads, where accounts of the operator's wrote it there. A platform of
 * the operator's own keeps or removes it by itself. */
static bool remove_answers(struct gateway *gateway, const char *aid, const char *platform)
{
    bool speaks = false;
    return upstream_speaks(gateway, platform, &speaks) && (!speaks || separation_forget_words(gateway, aid));
}

enum work_result leaving_begin(struct gateway *gateway, const char *aid, const struct work_entry *entry)
{
    struct arena *arena = arena_new(LEAVING_BUDGET);
    struct account_record record;
    enum lookup found = account_load(gateway->store, arena, aid, &record);
    enum consent consent = record.consent;
    bool answered =
        found != LOOKUP_FOUND || consent != CONSENT_LEAVING || remove_answers(gateway, aid, record.platform);
    arena_free(arena);
    if (found == LOOKUP_DOWN || !answered)
        return WORK_LATER;
    if (found == LOOKUP_FOUND && (consent == CONSENT_ON || consent == CONSENT_PAUSED) &&
        entry->attempt < WAITS_FOR_CONSENT)
        return WORK_LATER; /* the job is queued just before the state moves on */
    if (found != LOOKUP_FOUND || consent != CONSENT_LEAVING)
        return WORK_DONE;
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        int count = remove_page(gateway, aid);
        if (count < 0)
            return WORK_LATER;
        if (count == 0)
            break;
    }
    return following_end_below(gateway, aid, "", true, entry->trace) &&
                   queue_farewell(gateway, aid, entry->trace)
               ? WORK_DONE
               : WORK_LATER;
}

/* ---- the actor
 * ----------------------------------------------------------------------------------------------------- */

bool leaving_tell(struct gateway *gateway, const char *aid, const char *trace)
{
    char until[24];
    (void)snprintf(until, sizeof until, "%" PRId64, clock_now_ms() + LEAVE_MAX_MS);
    struct reply *reply = store_call(gateway->store, "ZADD", "leaves", "NX", until, aid, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good && publish_actor_delete(gateway, aid, trace);
}

/* ---- the end
 * ------------------------------------------------------------------------------------------------------- */

static bool host_is_reachable(struct gateway *gateway, const char *host)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "host:%s", host);
    arguments_text(arguments, "state");
    struct reply *reply = store_run(gateway->store, arguments);
    const char *state = reply_text(reply);
    bool reachable = strcmp(state, "open") != 0 && strcmp(state, "dead") != 0;
    reply_free(reply);
    return reachable;
}

/* True unless it is sure that no reachable host waits for the account's Delete. */
static bool is_owed(struct gateway *gateway, const char *account, const char *leave_activity)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "activity:%s", leave_activity);
    arguments_text(arguments, "fanout");
    struct reply *reply = store_run(gateway->store, arguments);
    bool owed = reply_failed(reply) || reply_kind(reply) != REPLY_NIL;
    reply_free(reply);
    char cursor[24] = "0";
    while (!owed) {
        arguments = arguments_new();
        arguments_text(arguments, "HSCAN");
        arguments_format(arguments, "delete_state:%s:0", account);
        arguments_text(arguments, cursor);
        arguments_text(arguments, "COUNT");
        arguments_text(arguments, "500");
        reply = store_run(gateway->store, arguments);
        owed = reply_failed(reply);
        const struct reply *fields = reply_at(reply, 1);
        for (size_t i = 0; !owed && i + 1 < reply_count(fields); i += 2)
            owed = reply_text(reply_at(fields, i + 1))[0] == 'q' &&
                   host_is_reachable(gateway, reply_text(reply_at(fields, i)));
        (void)snprintf(cursor, sizeof cursor, "%s", reply_text(reply_at(reply, 0)));
        reply_free(reply);
        if (strcmp(cursor, "0") == 0)
            break;
    }
    return owed;
}

static void be_gone(struct gateway *gateway, const char *aid)
{
    bool moved = false;
    int64_t now = clock_now_ms();
    if (account_set_consent(gateway->store, aid, CONSENT_LEAVING, CONSENT_GONE, now, &moved) != LOOKUP_FOUND)
        return;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    struct reply *reply = store_script(gateway->store, "account_gone", arguments);
    if (!reply_failed(reply) && moved)
        log_write(LOG_INFO, "an account is gone", "aid", aid, (char *)NULL);
    reply_free(reply);
}

void leaving_finish(struct gateway *gateway, const char *aid, int64_t until)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HMGET");
    arguments_format(arguments, "account:%s", aid);
    arguments_text(arguments, "number");
    arguments_text(arguments, "leave_sent");
    struct reply *reply = store_run(gateway->store, arguments);
    const char *leave = reply_text(reply_at(reply, 1));
    bool told = !reply_failed(reply) && leave[0] != '\0';
    if (told && (clock_now_ms() >= until || !is_owed(gateway, reply_text(reply_at(reply, 0)), leave)))
        be_gone(gateway, aid);
    reply_free(reply);
}
