#include "gateway/work.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/lease.h"
#include "gateway/log.h"

enum { LOOK_EVERY_MS = 250, READ_COUNT = 64, HELD_MAX = 1024, RETRY_FIRST_MS = 500, RETRY_MAX_MS = 60000 };

struct entry {
    struct work *work;
    struct work_entry entry; /* its strings point behind this struct */
    struct entry *next;      /* in its chain */
    UT_hash_handle hh;       /* by id: entries in hand */
};

struct chain {
    char *name;
    struct entry *first, **last;
    bool running;
    UT_hash_handle hh;
};

struct work {
    struct gateway *gateway;
    char *name, *stream;
    size_t parallel, running;
    work_handler handler;
    void *context;
    struct lease lease;
    char *lease_name;
    struct entry *entries;
    struct chain *chains;
    char read_up_to[48]; /* the last id taken in hand; "0" after the lease was won anew */
    struct task *looker; /* parked until there is something to do */
    struct loop_timer *timer;
    bool looked_for, ended;
};

static void start_ready(struct work *work);

static char *duplicate(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

static void wake_looker(struct work *work)
{
    work->looked_for = true;
    struct task *looker = work->looker;
    if (!looker)
        return;
    work->looker = NULL;
    task_resume(looker);
}

bool work_kick(struct work *work)
{
    bool held = lease_held(&work->lease);
    if (held)
        wake_looker(work);
    return held;
}

size_t work_pending(const struct work *work)
{
    return HASH_COUNT(work->entries);
}

/* ---- chains
 * --------------------------------------------------------------------------------------------------- */

static struct entry *entry_new(struct work *work, const char *id, const struct reply *fields)
{
    const char *chain = reply_field(fields, "chain");
    const char *trace = reply_field(fields, "trace");
    const char *time = reply_field(fields, "time");
    const char *data = "";
    size_t data_length = 0;
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
        if (strcmp(reply_text(reply_at(fields, i)), "data") == 0)
            data = reply_bytes(reply_at(fields, i + 1), &data_length);
    chain = chain ? chain : "";
    trace = trace ? trace : "";
    size_t id_size = strlen(id) + 1;
    size_t chain_size = strlen(chain) + 1;
    size_t trace_size = strlen(trace) + 1;
    struct entry *entry = calloc(1, sizeof *entry + id_size + chain_size + trace_size + data_length + 1);
    if (!entry)
        abort();
    char *text = (char *)(entry + 1);
    entry->work = work;
    entry->entry =
        (struct work_entry){.id = memcpy(text, id, id_size),
                            .chain = memcpy(text + id_size, chain, chain_size),
                            .trace = memcpy(text + id_size + chain_size, trace, trace_size),
                            .data = memcpy(text + id_size + chain_size + trace_size, data, data_length),
                            .data_length = data_length,
                            .time = time ? strtoll(time, NULL, 10) : 0};
    return entry;
}

static void chain_append(struct work *work, struct entry *entry)
{
    struct chain *chain;
    HASH_FIND_STR(work->chains, entry->entry.chain, chain);
    if (!chain) {
        chain = calloc(1, sizeof *chain);
        if (!chain)
            abort();
        chain->name = duplicate(entry->entry.chain);
        chain->last = &chain->first;
        HASH_ADD_KEYPTR(hh, work->chains, chain->name, strlen(chain->name), chain);
    }
    *chain->last = entry;
    chain->last = &entry->next;
}

static void chain_drop_first(struct work *work, struct chain *chain)
{
    struct entry *entry = chain->first;
    chain->first = entry->next;
    if (!chain->first)
        chain->last = &chain->first;
    HASH_DEL(work->entries, entry);
    free(entry);
    if (chain->first)
        return;
    HASH_DEL(work->chains, chain);
    free(chain->name);
    free(chain);
}

/* Forgets all that no task has in hand: the lease is another's now. */
static void forget_waiting(struct work *work)
{
    struct chain *chain;
    struct chain *next;
    HASH_ITER(hh, work->chains, chain, next)
    {
        struct entry *entry = chain->running ? chain->first->next : chain->first;
        while (entry) {
            struct entry *after = entry->next;
            HASH_DEL(work->entries, entry); /* NOLINT(clang-analyzer-core.NullDereference): it is in it */
            free(entry);
            entry = after;
        }
        if (chain->running) {
            chain->first->next = NULL;
            chain->last = &chain->first->next;
            continue;
        }
        HASH_DEL(work->chains, chain);
        free(chain->name);
        free(chain);
    }
    memcpy(work->read_up_to, "0", 2);
}

/* ---- running
 * --------------------------------------------------------------------------------------------------- */

static bool remove_entry(struct work *work, const char *id)
{
    struct reply *reply = store_call(work->gateway->store, "XDEL", work->stream, id, (char *)NULL);
    bool removed = !reply_failed(reply);
    reply_free(reply);
    return removed;
}

/* Until the handler is done with it or this worker may not go on. True when it is done. */
static bool run_entry(struct work *work, struct entry *entry)
{
    int64_t pause = RETRY_FIRST_MS;
    while (lease_held(&work->lease) && !work->gateway->stopping) {
        if (work->handler(work->context, &entry->entry) == WORK_DONE) {
            while (!remove_entry(work, entry->entry.id)) {
                if (!lease_held(&work->lease) || work->gateway->stopping)
                    return false;
                task_sleep(RETRY_FIRST_MS);
            }
            return true;
        }
        entry->entry.attempt++;
        for (int64_t slept = 0; slept < pause && !work->gateway->stopping; slept += RETRY_FIRST_MS)
            task_sleep(RETRY_FIRST_MS);
        pause = pause * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : pause * 2;
    }
    return false;
}

static void chain_task(void *context)
{
    struct chain *chain = context;
    struct work *work = chain->first->work;
    bool done = run_entry(work, chain->first);
    work->running--;
    chain->running = false;
    if (done) {
        chain_drop_first(work, chain);
    } else {
        forget_waiting(work);
    }
    start_ready(work);
    if (HASH_COUNT(work->entries) < HELD_MAX / 2)
        wake_looker(work);
}

static void start_ready(struct work *work)
{
    if (work->gateway->stopping || !lease_held(&work->lease))
        return;
    struct chain *chain;
    struct chain *next;
    HASH_ITER(hh, work->chains, chain, next)
    {
        if (work->running >= work->parallel)
            return;
        if (chain->running || !chain->first)
            continue;
        chain->running = true;
        work->running++;
        if (!task_spawn(work->gateway->tasks, chain_task, chain)) {
            chain->running = false;
            work->running--;
            return; /* the next look tries again */
        }
    }
}

static size_t read_more(struct work *work)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "XRANGE");
    arguments_text(arguments, work->stream);
    arguments_format(arguments, "(%s", work->read_up_to);
    arguments_text(arguments, "+");
    arguments_text(arguments, "COUNT");
    arguments_number(arguments, READ_COUNT);
    struct reply *reply = store_run(work->gateway->store, arguments);
    size_t count = reply_failed(reply) ? 0 : reply_count(reply);
    for (size_t i = 0; i < count; i++) {
        const struct reply *one = reply_at(reply, i);
        const char *id = reply_text(reply_at(one, 0));
        struct entry *entry;
        HASH_FIND_STR(work->entries, id, entry);
        if (!entry) {
            entry = entry_new(work, id, reply_at(one, 1));
            HASH_ADD_KEYPTR(hh, work->entries, entry->entry.id, strlen(entry->entry.id), entry);
            chain_append(work, entry);
        }
        if (strlen(id) < sizeof work->read_up_to)
            memcpy(work->read_up_to, id, strlen(id) + 1);
    }
    reply_free(reply);
    return count;
}

static void look(struct work *work)
{
    bool held = lease_held(&work->lease);
    int64_t left = work->lease.valid_until - loop_monotonic_ms();
    if (!held || left < LEASE_MS - LEASE_RENEW_MS) {
        if (!lease_take(work->gateway, &work->lease))
            return;
        if (!held)
            forget_waiting(work);
    }
    while (HASH_COUNT(work->entries) < HELD_MAX && read_more(work) == READ_COUNT)
        start_ready(work);
    start_ready(work);
}

static void look_again(void *context)
{
    wake_looker(context);
}

static void looker_task(void *context)
{
    struct work *work = context;
    while (!work->gateway->stopping) {
        work->looked_for = false;
        look(work);
        if (work->looked_for || work->gateway->stopping)
            continue;
        work->looker = task_current();
        loop_timer_set(work->timer, LOOK_EVERY_MS);
        task_park();
    }
    while (work->running)
        task_sleep(20);
    lease_give_up(work->gateway, &work->lease);
    work->ended = true;
}

static void heard(void *context, const char *message)
{
    struct work *work = context;
    if (!message || strcmp(message, work->name) == 0)
        (void)work_kick(work);
}

struct work *work_start(struct gateway *gateway, const char *name, size_t parallel, work_handler handler,
                        void *context)
{
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        abort();
    work->gateway = gateway;
    work->name = duplicate(name);
    if (asprintf(&work->stream, "work:%s", name) < 0 || asprintf(&work->lease_name, "work:%s", name) < 0)
        abort();
    work->lease.name = work->lease_name;
    work->parallel = parallel;
    work->handler = handler;
    work->context = context;
    memcpy(work->read_up_to, "0", 2);
    work->timer = loop_timer_new(gateway->loop, look_again, work);
    store_listen(gateway->store, "work", heard, work);
    if (!task_spawn(gateway->tasks, looker_task, work))
        abort();
    return work;
}

void work_announce(struct gateway *gateway, const char *name)
{
    store_tell(gateway->store, "work", name);
}

void work_free(struct work *work)
{
    if (!work)
        return;
    forget_waiting(work);
    loop_timer_free(work->timer);
    free(work->name);
    free(work->stream);
    free(work->lease_name);
    free(work);
}
