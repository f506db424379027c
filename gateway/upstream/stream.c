/* A platform's events: held by one worker at a time (lease), by whichever carrier the adapter plans, made
 * durable before the cursor moves on. */
#include "gateway/upstream/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/log.h"

enum { COMPARE_EVERY_MS = 5 * 60 * 1000 };

void stream_wake(struct platform_stream *self)
{
    struct task *task = self->waiting;
    self->waiting = NULL;
    if (task)
        task_resume(task);
}

/* ---- the task that holds it
 * ----------------------------------------------------------------------------------------- */

static void tick(void *context)
{
    stream_wake(context);
}

void stream_wait(struct platform_stream *self, int64_t milliseconds)
{
    self->waiting = task_current();
    loop_timer_set(self->timer, milliseconds);
    task_park();
}

static void pause_for(struct platform_stream *self, int64_t milliseconds)
{
    int64_t until = loop_monotonic_ms() + milliseconds;
    while (!self->platform->gateway->stopping && loop_monotonic_ms() < until) {
        if (lease_held(&self->lease))
            (void)lease_take(self->platform->gateway, &self->lease);
        stream_wait(self, STREAM_TICK_MS);
    }
}

const struct stream_plan *stream_begin(struct platform_stream *self)
{
    struct platform *platform = self->platform;
    unsigned capabilities;
    if (!platform_capabilities(platform, &capabilities))
        return NULL;
    struct reply *reply = stream_read_cursor(platform);
    if (reply_failed(reply)) {
        reply_free(reply);
        return NULL;
    }
    size_t length;
    const char *cursor = reply_bytes(reply, &length);
    self->live = length == 0;
    self->stream = platform->class->stream_new(platform->adapter, (struct adapter_bytes){cursor, length});
    reply_free(reply);
    return self->stream ? platform->class->stream_plan(self->stream) : NULL;
}

/* A platform without events: all is compared every so often, by one worker, and asked anew what it can do. */
static void compare_by_and_by(struct platform_stream *self)
{
    struct platform *platform = self->platform;
    if (!self->compare_at)
        self->compare_at = clock_now_ms() + COMPARE_EVERY_MS;
    while (!platform->gateway->stopping && lease_take(platform->gateway, &self->lease) &&
           clock_now_ms() < self->compare_at)
        stream_wait(self, STREAM_TICK_MS);
    int64_t now = clock_now_ms();
    if (now >= self->compare_at && lease_held(&self->lease) && stream_queue_gap(self))
        self->compare_at = now + COMPARE_EVERY_MS;
    platform->discovered = false;
    self->backoff_ms = STREAM_BACKOFF_FIRST_MS;
}

/* Until the stream ends, the lease is lost or the gateway stops. False: it did not even begin. */
static bool hold(struct platform_stream *self)
{
    unsigned capabilities = ADAPTER_STREAM;
    if (platform_capabilities(self->platform, &capabilities) && !(capabilities & ADAPTER_STREAM)) {
        compare_by_and_by(self);
        return false;
    }
    const struct stream_plan *plan = stream_begin(self);
    self->open = self->broken = self->closed = false;
    self->http_status = self->close_code = 0;
    self->reason[0] = '\0';
    if (!plan)
        return false;
    switch (plan->carrier) {
    case CARRIER_WEBSOCKET:
        return stream_by_websocket(self, plan);
    case CARRIER_POLL:
        return stream_by_poll(self);
    case CARRIER_WEBHOOK:
        return stream_by_webhook(self);
    }
    return false;
}

static void back_off(struct platform_stream *self, int64_t milliseconds)
{
    pause_for(self, milliseconds);
    self->backoff_ms =
        self->backoff_ms * 2 > STREAM_BACKOFF_MAX_MS ? STREAM_BACKOFF_MAX_MS : self->backoff_ms * 2;
}

static void run_once(struct platform_stream *self)
{
    struct platform *platform = self->platform;
    if (!hold(self)) {
        if (self->stream)
            platform->class->stream_free(self->stream);
        self->stream = NULL;
        back_off(self, self->backoff_ms);
        return;
    }
    struct stream_close next =
        platform->class->stream_closed(self->stream, self->http_status, self->close_code,
                                       (struct adapter_bytes){self->reason, strlen(self->reason)});
    platform->class->stream_free(self->stream);
    self->stream = NULL;
    if (platform->gateway->stopping)
        return;
    log_number(LOG_INFO, "the platform's stream closed", "code",
               self->http_status ? self->http_status : self->close_code, "platform", platform->config->name,
               "reason", next.reason ? next.reason : self->reason, (char *)NULL);
    if (self->http_status == 404)
        platform->discovered = false;
    if (next.next == STREAM_RECONCILE)
        (void)(stream_queue_gap(self) && stream_forget_cursor(self));
    back_off(self,
             next.next == STREAM_STOP ? STREAM_BACKOFF_MAX_MS : (int64_t)next.delay_ms + self->backoff_ms);
}

/* The first time, there is no cursor and nothing was compared yet. */
static bool compare_first_time(struct platform_stream *self)
{
    struct reply *reply = stream_read_cursor(self->platform);
    bool known = !reply_failed(reply);
    bool first = known && reply_kind(reply) == REPLY_NIL;
    reply_free(reply);
    return known && (!first || stream_queue_gap(self));
}

static void stream_task(void *context)
{
    struct platform_stream *self = context;
    struct gateway *gateway = self->platform->gateway;
    while (!gateway->stopping) {
        bool held_before = lease_held(&self->lease);
        if (!lease_take(gateway, &self->lease) || (!held_before && !compare_first_time(self))) {
            stream_wait(self, STREAM_TICK_MS);
            continue;
        }
        run_once(self);
    }
    lease_give_up(gateway, &self->lease);
}

void stream_start(struct platform *platform)
{
    struct platform_stream *self = calloc(1, sizeof *self);
    if (!self)
        abort();
    self->platform = platform;
    self->last = &self->first;
    self->backoff_ms = STREAM_BACKOFF_FIRST_MS;
    self->watched_count = -1;
    (void)snprintf(self->lease_name, sizeof self->lease_name, "stream:%s", platform->config->name);
    self->lease.name = self->lease_name;
    self->timer = loop_timer_new(platform->gateway->loop, tick, self);
    platform->stream = self;
    if (!task_spawn(platform->gateway->tasks, stream_task, self))
        abort();
}

void stream_free(struct platform *platform)
{
    struct platform_stream *self = platform->stream;
    if (!self)
        return;
    stream_drop_batches(self);
    stream_watch_free(self);
    loop_timer_free(self->timer);
    free(self);
    platform->stream = NULL;
}
