#include <stdlib.h>
#include <string.h>

#include "gateway/work_private.h"

enum { LOOK_EVERY_MS = 250, READ_COUNT = 64, HELD_MAX = 1024, HELD_BYTES_MAX = 4 << 20 };

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

static bool has_room(const struct work *work)
{
    return HASH_COUNT(work->entries) < HELD_MAX && work->bytes < HELD_BYTES_MAX;
}

void work_look_soon(struct work *work)
{
    if (work->more && HASH_COUNT(work->entries) < HELD_MAX / 2 && work->bytes < HELD_BYTES_MAX / 2)
        wake_looker(work);
}

/* ---- ids of the stream, "MILLISECONDS-NUMBER", and how far this worker has taken what they name
 * ---------------------------------- */

static bool is_later(const char *id, const char *than)
{
    char *rest;
    char *than_rest;
    unsigned long long time = strtoull(id, &rest, 10);
    unsigned long long than_time = strtoull(than, &than_rest, 10);
    if (time != than_time)
        return time > than_time;
    return strtoull(rest + (*rest == '-'), NULL, 10) > strtoull(than_rest + (*than_rest == '-'), NULL, 10);
}

static void taken_up_to(struct work *work, const char *id)
{
    size_t size = strlen(id) + 1;
    if (size <= sizeof work->read_up_to && is_later(id, work->read_up_to))
        memcpy(work->read_up_to, id, size);
}

/* ---- handing over
 * ------------------------------------------------------------------------------------------------------ */

/* True when `parsed` has a new owner. */
static bool take_over(struct work *work, const struct work_handover *handover)
{
    const struct work_entry *told = &handover->entry;
    if (!is_later(told->id, work->read_up_to) || chains_hold(work, told->id))
        return false; /* it was read meanwhile */
    if (!has_room(work)) {
        work->more = true;
        return false;
    }
    if (strcmp(handover->previous, work->read_up_to) != 0) {
        wake_looker(work);
        return false;
    }
    taken_up_to(work, told->id);
    struct entry *entry = entry_new(told, handover->size, handover->release);
    chains_start_one(work, chains_add(work, entry));
    return true;
}

bool work_hand(struct work *work, const struct work_handover *handover)
{
    bool held = lease_held(&work->lease) && !work->gateway->stopping;
    bool taken = held && take_over(work, handover);
    if (!taken && handover->release)
        handover->release(handover->entry.parsed);
    return held;
}

/* ---- reading
 * -----------------------------------------------------------------------------------------------------------
 */

static void take_read(struct work *work, const struct reply *one)
{
    const char *id = reply_text(reply_at(one, 0));
    const struct reply *fields = reply_at(one, 1);
    const char *chain = reply_field(fields, "chain");
    const char *trace = reply_field(fields, "trace");
    const char *time = reply_field(fields, "time");
    struct work_entry told = {.id = id,
                              .chain = chain ? chain : "",
                              .trace = trace ? trace : "",
                              .time = time ? strtoll(time, NULL, 10) : 0};
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
        if (strcmp(reply_text(reply_at(fields, i)), "data") == 0)
            told.data = reply_bytes(reply_at(fields, i + 1), &told.data_length);
    if (!chains_hold(work, id))
        (void)chains_add(work, entry_new(&told, told.data_length, NULL));
    taken_up_to(work, id);
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
    for (size_t i = 0; i < count; i++)
        take_read(work, reply_at(reply, i));
    reply_free(reply);
    return count;
}

static void read_all(struct work *work)
{
    bool more = true;
    work->more = false; /* what ends meanwhile need not ask for another look */
    while (more && has_room(work)) {
        more = read_more(work) == READ_COUNT;
        chains_start(work);
    }
    chains_start(work);
    work->more |= more;
}

/* Whoever queues without naming what was queued before (another version of this program, beside this one)
 * can have been passed by: all is read again when the store holds more than what is in hand. */
static void look_for_missed(struct work *work)
{
    struct reply *reply = store_call(work->gateway->store, "XLEN", work->stream, (char *)NULL);
    if (reply_number(reply) > (int64_t)HASH_COUNT(work->entries) && !work->more) {
        memcpy(work->read_up_to, "0", 2);
        wake_looker(work);
    }
    reply_free(reply);
}

static void look(struct work *work)
{
    bool held = lease_held(&work->lease);
    bool renewed = lease_is_due(&work->lease);
    if (renewed) {
        bool taken = lease_take(work->gateway, &work->lease);
        if (!taken || !held)
            chains_forget_waiting(work);
        if (!taken)
            return;
    }
    read_all(work);
    if (renewed && held)
        look_for_missed(work);
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
    work->done_last = &work->done;
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
    chains_forget_waiting(work);
    loop_timer_free(work->timer);
    free(work->name);
    free(work->stream);
    free(work->lease_name);
    free(work);
}
