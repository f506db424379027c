#include "gateway/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/separation.h"
#include "gateway/lease.h"
#include "gateway/leaving.h"
#include "gateway/ledger/exposure.h"
#include "gateway/log.h"
#include "gateway/retention.h"
#include "gateway/rotation.h"
#include "gateway/upstream/upstream.h"
#include "gateway/work.h"

enum {
    PARALLEL = 16,
    TICK_MS = 250,
    BATCH = 100,
    JOB_BUDGET = 1 << 21,
    WAITS_FOR_CONSENT = 6, /* attempts */
    SLOW_EVERY_TICKS = 8,  /* leaves, rotations, expiries, sweeps, retention */
};
static const int64_t DAY_MS = (int64_t)86400 * 1000;

struct jobs {
    struct gateway *gateway;
    struct work *work;
    struct lease lease;
    unsigned ticks;
    size_t leaves_seen, rotations_seen; /* how far the walks over those sets are */
};

bool job_queue(struct gateway *gateway, const char *kind, const char *aid, const char *trace)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, kind);
    arguments_text(arguments, aid);
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, trace);
    struct reply *reply = store_script(gateway->store, "job_queue", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    if (good && gateway->jobs) {
        work_kick(gateway->jobs->work);
        work_announce(gateway, "jobs");
    }
    return good;
}

/* ---- one job after the other
 * ------------------------------------------------------------------------------------- */

static bool set_due(struct gateway *gateway, const char *key, int64_t time, const char *aid)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, time);
    struct reply *reply = store_call(gateway->store, "ZADD", key, text, aid, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* Some platforms want to be compared more often than once a day. */
static bool plan_sweep(struct gateway *gateway, const char *platform, const char *aid)
{
    struct adapter_limits limits;
    if (!upstream_limits(gateway, platform, &limits) || !limits.sweep_hours)
        return true;
    return set_due(gateway, "sweeps", clock_now_ms() + (int64_t)limits.sweep_hours * 3600 * 1000, aid);
}

static enum work_result sweep(struct gateway *gateway, const char *aid)
{
    struct arena *arena = arena_new(JOB_BUDGET);
    struct account_record record;
    enum lookup found = account_load(gateway->store, arena, aid, &record);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && consent_is_bridged(record.consent))
        good = plan_sweep(gateway, record.platform, aid) &&
               upstream_sweep(gateway, record.platform, record.native, aid);
    arena_free(arena);
    return good ? WORK_DONE : WORK_LATER;
}

static enum work_result depart(struct gateway *gateway, const char *aid, const char *trace)
{
    struct arena *arena = arena_new(JOB_BUDGET);
    struct account_record record;
    enum lookup found = account_load(gateway->store, arena, aid, &record);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && consent_is_bridged(record.consent))
        good = upstream_depart(gateway, record.platform, record.native, aid, trace);
    arena_free(arena);
    return good ? WORK_DONE : WORK_LATER;
}

/* An account goes on after a pause: its profile is told as it is now, and what was edited or deleted
 * meanwhile is found by a comparison. */
static enum work_result resume(struct gateway *gateway, const char *aid, const struct work_entry *entry)
{
    struct arena *arena = arena_new(JOB_BUDGET);
    struct account_record record;
    enum lookup found = account_load(gateway->store, arena, aid, &record);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && record.consent == CONSENT_PAUSED && entry->attempt < WAITS_FOR_CONSENT)
        good = false; /* the job is queued just before the state moves on */
    else if (found == LOOKUP_FOUND && record.consent == CONSENT_ON)
        good = publish_actor(gateway, aid, entry->trace) &&
               upstream_sweep(gateway, record.platform, record.native, aid);
    arena_free(arena);
    return good ? WORK_DONE : WORK_LATER;
}

/* Whether a job of this kind and account counts as waiting: then job_queue queues no other. */
static bool mark_waiting(struct gateway *gateway, const struct work_entry *entry, bool waiting)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s %s", entry->data, entry->chain);
    struct reply *reply =
        store_call(gateway->store, waiting ? "SADD" : "SREM", "jobs_waiting", name, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* A job that was queued by job_queue may be queued again from now on. */
static enum work_result end_job(struct gateway *gateway, const struct work_entry *entry,
                                enum work_result result)
{
    return result != WORK_DONE || mark_waiting(gateway, entry, false) ? result : WORK_LATER;
}

/* What looks at everything once: asked for again while it looks, it looks again afterwards, since what the
 * asker means may be where it has looked already. */
static enum work_result look(struct gateway *gateway, const struct work_entry *entry)
{
    enum work_result result = WORK_LATER;
    if (!mark_waiting(gateway, entry, false))
        return result;
    if (strcmp(entry->data, "sweep") == 0)
        result = sweep(gateway, entry->chain);
    else if (separation_forget_blocked(gateway, entry->trace))
        result = WORK_DONE;
    if (result == WORK_LATER)
        (void)mark_waiting(gateway, entry, true); /* failing for hours, it must not pile up */
    return result;
}

static enum work_result handle(void *context, const struct work_entry *entry)
{
    struct gateway *gateway = context;
    const char *aid = entry->chain;
    const char *data = entry->data;
    if (strncmp(data, "publish ", 8) == 0)
        return publish_post(gateway, aid, data + 8, entry->trace) ? WORK_DONE : WORK_LATER;
    if (strncmp(data, "delete ", 7) == 0)
        return publish_post_delete(gateway, aid, data + 7, entry->trace) ? WORK_DONE : WORK_LATER;
    if (strcmp(data, "leave") == 0)
        return end_job(gateway, entry, leaving_begin(gateway, aid, entry));
    if (strcmp(data, "farewell") == 0)
        return leaving_tell(gateway, aid, entry->trace) ? WORK_DONE : WORK_LATER;
    if (strcmp(data, "sweep") == 0 || strcmp(data, "domains-blocked") == 0)
        return look(gateway, entry);
    if (strcmp(data, "retention") == 0)
        return end_job(gateway, entry, retention_apply(gateway, aid));
    if (strcmp(data, "resume") == 0)
        return end_job(gateway, entry, resume(gateway, aid, entry));
    if (strcmp(data, "depart") == 0)
        return end_job(gateway, entry, depart(gateway, aid, entry->trace));
    if (strcmp(data, "rotate-key") == 0)
        return end_job(gateway, entry, rotation_begin(gateway, aid, entry->trace));
    log_write(LOG_ERROR, "a job of an unknown kind is dropped", "kind", data, "aid", aid, (char *)NULL);
    return WORK_DONE;
}

/* ---- what falls due with time: one worker looks, by lease
 * -------------------------------------------------------------- */

static struct reply *due(struct gateway *gateway, const char *key)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZRANGEBYSCORE");
    arguments_text(arguments, key);
    arguments_text(arguments, "-inf");
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, "LIMIT");
    arguments_text(arguments, "0");
    arguments_number(arguments, BATCH);
    return store_run(gateway->store, arguments);
}

/* "ONE:TWO" taken apart in place; NULL when there is no colon. */
static char *second_part(char *text)
{
    char *colon = strchr(text, ':');
    if (!colon)
        return NULL;
    *colon = '\0';
    return colon + 1;
}

/* Calls `each` with both parts of every member. Returns how many there were. */
static size_t each_pair(struct gateway *gateway, struct reply *list,
                        void (*each)(struct gateway *gateway, const char *one, const char *two))
{
    size_t count = reply_failed(list) ? 0 : reply_count(list);
    for (size_t i = 0; i < count; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "%s", reply_text(reply_at(list, i)));
        const char *two = second_part(text);
        if (two)
            each(gateway, text, two);
    }
    reply_free(list);
    return count;
}

static void release(struct gateway *gateway, const char *aid, const char *oid)
{
    enum post_outcome outcome;
    (void)post_release(gateway->store, aid, oid, clock_now_ms(), &outcome);
}

static void publish_due(struct gateway *gateway, const char *aid, const char *oid)
{
    (void)post_due(gateway->store, aid, oid, clock_now_ms());
}

static void compact(struct gateway *gateway, const char *account, const char *post)
{
    (void)exposure_compact(gateway, account,
                           post); /* what could not be packed now is packed at a later tick */
}

static void expire(struct gateway *gateway, const char *account, const char *post)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, account);
    arguments_text(arguments, post);
    reply_free(store_script(gateway->store, "exposure_expire", arguments));
}

static void queue_daily(struct gateway *gateway, const char *key, const char *kind)
{
    struct reply *list = due(gateway, key);
    for (size_t i = 0; !reply_failed(list) && i < reply_count(list); i++) {
        const char *aid = reply_text(reply_at(list, i));
        if (!job_queue(gateway, kind, aid, ""))
            break;
        (void)set_due(gateway, key, clock_now_ms() + DAY_MS, aid);
    }
    reply_free(list);
}

static void queue_departures(struct gateway *gateway)
{
    struct reply *list = due(gateway, "departures");
    for (size_t i = 0; !reply_failed(list) && i < reply_count(list); i++) {
        const char *aid = reply_text(reply_at(list, i));
        if (!job_queue(gateway, "depart", aid, ""))
            break;
        reply_free(store_call(gateway->store, "ZREM", "departures", aid, (char *)NULL));
    }
    reply_free(list);
}

/* Looks at the next BATCH members of a set, from its beginning again after its end: some wait for days, and
 * must not keep the others waiting. */
static void walk_on(struct gateway *gateway, const char *key, size_t *seen,
                    void (*each)(struct gateway *gateway, const char *aid, int64_t time))
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZRANGE");
    arguments_text(arguments, key);
    arguments_number(arguments, (int64_t)*seen);
    arguments_number(arguments, (int64_t)*seen + BATCH - 1);
    arguments_text(arguments, "WITHSCORES");
    struct reply *reply = store_run(gateway->store, arguments);
    size_t count = reply_failed(reply) ? 0 : reply_count(reply) / 2;
    for (size_t i = 0; i < count; i++)
        each(gateway, reply_text(reply_at(reply, 2 * i)),
             (int64_t)strtod(reply_text(reply_at(reply, 2 * i + 1)), NULL));
    reply_free(reply);
    *seen = count == BATCH ? *seen + BATCH : 0;
}

static void tick(struct jobs *jobs)
{
    struct gateway *gateway = jobs->gateway;
    size_t released = each_pair(gateway, due(gateway, "holds"), release);
    if (released + each_pair(gateway, due(gateway, "publish_due"), publish_due))
        work_kick(jobs->work);
    (void)each_pair(gateway, store_call(gateway->store, "SRANDMEMBER", "compactions", "100", (char *)NULL),
                    compact);
    if (jobs->ticks++ % SLOW_EVERY_TICKS != 0)
        return;
    (void)each_pair(gateway, due(gateway, "expiries"), expire);
    delivery_followers_expire(gateway);
    walk_on(gateway, "leaves", &jobs->leaves_seen, leaving_finish);
    walk_on(gateway, "rotations", &jobs->rotations_seen, rotation_finish);
    queue_daily(gateway, "sweeps", "sweep");
    queue_daily(gateway, "retentions", "retention");
    queue_departures(gateway);
}

static void tick_task(void *context)
{
    struct jobs *jobs = context;
    while (!jobs->gateway->stopping) {
        if (lease_keep(jobs->gateway, &jobs->lease))
            tick(jobs);
        task_sleep(TICK_MS);
    }
    lease_give_up(jobs->gateway, &jobs->lease);
}

void jobs_start(struct gateway *gateway)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs)
        abort();
    gateway->jobs = jobs;
    jobs->gateway = gateway;
    jobs->lease.name = "jobs:time";
    jobs->work = work_start(gateway, "jobs", PARALLEL, handle, gateway);
    if (!task_spawn(gateway->tasks, tick_task, jobs))
        abort();
}

void jobs_free(struct gateway *gateway)
{
    if (!gateway->jobs)
        return;
    work_free(gateway->jobs->work);
    free(gateway->jobs);
    gateway->jobs = NULL;
}
