/* A platform's websocket: held by one worker at a time (lease), its events made durable before the cursor
 * moves on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/websocket.h"
#include "gateway/clock.h"
#include "gateway/lease.h"
#include "gateway/log.h"
#include "gateway/upstream/platform.h"
#include "mapping/buffer.h"
#include "mapping/source.h"

enum {
    BATCH_EVENTS_MAX = 256,
    PENDING_BYTES_MAX = 16 << 20,
    TICK_MS = 500,
    BACKOFF_FIRST_MS = 250,
    BACKOFF_MAX_MS = 30000
};

/* Events up to a cursor, waiting to be made durable. */
struct batch {
    struct arguments *events;
    size_t event_count;
    char *cursor, *ack;
    size_t cursor_length, ack_length;
    struct batch *next;
};

struct platform_stream {
    struct platform *platform;
    struct lease lease;
    char lease_name[PLATFORM_NAME_MAX + 16];
    struct stream *stream;
    struct websocket *socket;
    struct batch *first, **last, *filling;
    size_t pending_bytes;
    struct task *waiting;
    struct loop_timer *timer;
    bool open, broken, closed;
    int http_status, close_code;
    char reason[128];
    int64_t backoff_ms;
};

/* ---- batches
 * -------------------------------------------------------------------------------------------------------- */

static void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    arguments_free(batch->events);
    free(batch->cursor);
    free(batch->ack);
    free(batch);
}

static struct batch *filling_batch(struct platform_stream *self)
{
    if (self->filling)
        return self->filling;
    self->filling = calloc(1, sizeof *self->filling);
    if (!self->filling)
        abort();
    self->filling->events = arguments_new();
    return self->filling;
}

static void drop_batches(struct platform_stream *self)
{
    batch_free(self->filling);
    self->filling = NULL;
    while (self->first) {
        struct batch *next = self->first->next;
        batch_free(self->first);
        self->first = next;
    }
    self->last = &self->first;
    self->pending_bytes = 0;
}

static void add_event(struct arguments *arguments, const struct event *event, const char *trace)
{
    json_t *source = source_from_event(event);
    char *text = json_dumps(source, JSON_COMPACT);
    json_decref(source);
    if (!text)
        abort();
    arguments_text(arguments, event->key);
    arguments_text(arguments, event->account);
    arguments_text(arguments, text);
    arguments_text(arguments, trace);
    free(text);
}

/* intake_append.lua wants its four leading arguments first; the events' arguments follow them. */
static struct reply *append(struct platform *platform, const char *cursor, size_t cursor_length, size_t count,
                            const struct arguments *events)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, platform->config->name);
    arguments_bytes(arguments, cursor, cursor_length);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, (int64_t)count);
    arguments_append(arguments, events);
    return store_script(platform->gateway->store, "intake_append", arguments);
}

bool intake_queue(struct platform *platform, const struct event *events, size_t count)
{
    for (size_t done = 0; done < count; done += BATCH_EVENTS_MAX) {
        size_t some = count - done < BATCH_EVENTS_MAX ? count - done : BATCH_EVENTS_MAX;
        struct arguments *list = arguments_new();
        for (size_t i = 0; i < some; i++) {
            char trace[TRACE_LENGTH + 1];
            trace_new(trace);
            add_event(list, &events[done + i], trace);
        }
        struct reply *reply = append(platform, "", 0, some, list);
        bool failed = reply_failed(reply);
        reply_free(reply);
        arguments_free(list);
        if (failed)
            return false;
    }
    work_kick(platform->intake);
    return true;
}

/* ---- what the adapter says
 * ------------------------------------------------------------------------------------------ */

static void wake(struct platform_stream *self)
{
    struct task *task = self->waiting;
    self->waiting = NULL;
    if (task)
        task_resume(task);
}

static bool sink_event(void *context, const struct event *event)
{
    struct platform_stream *self = context;
    struct batch *batch = filling_batch(self);
    if (self->pending_bytes > PENDING_BYTES_MAX)
        return false;
    if (event->kind == EVENT_OTHER)
        return true;
    char trace[TRACE_LENGTH + 1];
    trace_new(trace);
    add_event(batch->events, event, trace);
    batch->event_count++;
    self->pending_bytes += 512 + (event->post ? event->post->body.length : 0);
    return true;
}

static char *copy_bytes(struct adapter_bytes bytes)
{
    char *copy = malloc(bytes.length + 1);
    if (!copy)
        abort();
    if (bytes.length)
        memcpy(copy, bytes.data, bytes.length);
    copy[bytes.length] = '\0';
    return copy;
}

static void sink_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    struct platform_stream *self = context;
    struct batch *batch = filling_batch(self);
    batch->cursor = copy_bytes(cursor);
    batch->cursor_length = cursor.length;
    batch->ack = copy_bytes(ack);
    batch->ack_length = ack.length;
    self->filling = NULL;
    *self->last = batch;
    self->last = &batch->next;
    wake(self);
}

static void sink_send(void *context, struct adapter_bytes text)
{
    struct platform_stream *self = context;
    if (self->socket && !websocket_send(self->socket, text.data, text.length))
        self->broken = true;
}

/* ---- what the socket says
 * ------------------------------------------------------------------------------------------- */

static void socket_opened(void *context)
{
    struct platform_stream *self = context;
    self->open = true;
    log_write(LOG_INFO, "the platform's stream is open", "platform", self->platform->config->name,
              (char *)NULL);
}

static void socket_message(void *context, const void *bytes, size_t length, bool binary)
{
    struct platform_stream *self = context;
    const struct stream_sink sink = {
        .context = self, .event = sink_event, .cursor = sink_cursor, .send = sink_send};
    if (self->broken)
        return;
    if (self->platform->class->stream_feed(self->stream, (struct adapter_bytes){bytes, length}, binary,
                                           &sink)) {
        self->backoff_ms = BACKOFF_FIRST_MS;
        return;
    }
    self->broken = true;
    log_write(LOG_WARNING, "the platform's stream sent what cannot be understood; reconnecting", "platform",
              self->platform->config->name, (char *)NULL);
    wake(self);
}

static void socket_closed(void *context, int http_status, int close_code, const char *reason,
                          size_t reason_length)
{
    struct platform_stream *self = context;
    self->socket = NULL;
    self->closed = true;
    self->http_status = http_status;
    self->close_code = close_code;
    if (reason_length >= sizeof self->reason)
        reason_length = sizeof self->reason - 1;
    if (reason_length)
        memcpy(self->reason, reason, reason_length);
    self->reason[reason_length] = '\0';
    wake(self);
}

/* ---- the task that holds it
 * ----------------------------------------------------------------------------------------- */

static void tick(void *context)
{
    wake(context);
}

static void wait_for_something(struct platform_stream *self, int64_t milliseconds)
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
        wait_for_something(self, TICK_MS);
    }
}

/* Makes durable what came, oldest first. False: the store is away; what is not durable comes again with the
 * old cursor. */
static bool flush(struct platform_stream *self)
{
    while (self->first) {
        struct batch *batch = self->first;
        struct reply *reply =
            append(self->platform, batch->cursor, batch->cursor_length, batch->event_count, batch->events);
        bool failed = reply_failed(reply);
        reply_free(reply);
        if (failed)
            return false;
        self->first = batch->next;
        if (!self->first) {
            self->last = &self->first;
            self->pending_bytes = 0;
        }
        if (batch->event_count)
            work_kick(self->platform->intake);
        if (batch->ack_length && self->socket && !websocket_send(self->socket, batch->ack, batch->ack_length))
            self->broken = true;
        batch_free(batch);
    }
    return true;
}

static bool queue_gap(struct platform_stream *self)
{
    char trace[TRACE_LENGTH + 1];
    trace_new(trace);
    char key[TRACE_LENGTH + 8] = "gap:";
    memcpy(key + 4, trace, sizeof trace);
    const struct event gap = {.kind = EVENT_GAP, .key = key, .time = clock_now_ms()};
    return intake_queue(self->platform, &gap, 1);
}

static struct reply *read_cursor(struct platform_stream *self)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "GET");
    arguments_format(arguments, "cursor:%s", self->platform->config->name);
    return store_run(self->platform->gateway->store, arguments);
}

static bool forget_cursor(struct platform_stream *self)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "DEL");
    arguments_format(arguments, "cursor:%s", self->platform->config->name);
    struct reply *reply = store_run(self->platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* Opens the stream from the stored cursor; without one everything is compared once by REST. */
static bool connect_stream(struct platform_stream *self)
{
    struct platform *platform = self->platform;
    unsigned capabilities;
    if (!platform_capabilities(platform, &capabilities))
        return false;
    struct reply *reply = read_cursor(self);
    if (reply_failed(reply)) {
        reply_free(reply);
        return false;
    }
    size_t length;
    const char *cursor = reply_bytes(reply, &length);
    self->stream = platform->class->stream_new(platform->adapter, (struct adapter_bytes){cursor, length});
    reply_free(reply);
    const struct stream_plan *plan = self->stream ? platform->class->stream_plan(self->stream) : NULL;
    if (!plan)
        return false;
    struct buffer authorization;
    buffer_init(&authorization, 4096);
    if (plan->authenticate && platform->config->token)
        buffer_format(&authorization, "Bearer %s", platform->config->token);
    const struct websocket_options options = {
        .url = plan->url,
        .subprotocol = plan->subprotocol,
        .authorization = authorization.length ? buffer_text(&authorization) : NULL,
        .message_max = plan->message_max,
        .connect_timeout_ms = 10000,
        .ping_ms = plan->ping_ms,
        .silence_ms = plan->silence_ms,
    };
    const struct websocket_handler handler = {
        .context = self, .opened = socket_opened, .message = socket_message, .closed = socket_closed};
    self->open = self->broken = self->closed = false;
    self->http_status = self->close_code = 0;
    self->reason[0] = '\0';
    const char *why = NULL;
    self->socket = websocket_open(platform->gateway->websockets, &options, &handler, &why);
    buffer_clear(&authorization);
    if (!self->socket)
        log_write(LOG_ERROR, "the platform's stream cannot be opened", "platform", platform->config->name,
                  "reason", why, (char *)NULL);
    return self->socket != NULL;
}

/* Feeds on the open socket until it ends, the lease is lost or the gateway stops. */
static void hold(struct platform_stream *self)
{
    bool leave = false;
    while (!self->closed) {
        if (!leave && (!flush(self) || self->broken || self->platform->gateway->stopping ||
                       !lease_take(self->platform->gateway, &self->lease))) {
            leave = true;
            if (self->socket)
                websocket_close(self->socket, 1000);
        }
        if (!self->closed && (!self->first || leave))
            wait_for_something(self, TICK_MS);
    }
    if (!leave)
        (void)flush(self);
    drop_batches(self);
}

static void run_once(struct platform_stream *self)
{
    struct platform *platform = self->platform;
    if (!connect_stream(self)) {
        if (self->stream)
            platform->class->stream_free(self->stream);
        self->stream = NULL;
        pause_for(self, self->backoff_ms);
        self->backoff_ms = self->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : self->backoff_ms * 2;
        return;
    }
    hold(self);
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
        (void)(queue_gap(self) && forget_cursor(self));
    int64_t delay = next.next == STREAM_STOP ? BACKOFF_MAX_MS : (int64_t)next.delay_ms + self->backoff_ms;
    pause_for(self, delay);
    self->backoff_ms = self->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : self->backoff_ms * 2;
}

/* The first time, there is no cursor and nothing was compared yet. */
static bool compare_first_time(struct platform_stream *self)
{
    struct reply *reply = read_cursor(self);
    bool known = !reply_failed(reply);
    bool first = known && reply_kind(reply) == REPLY_NIL;
    reply_free(reply);
    return known && (!first || queue_gap(self));
}

static void stream_task(void *context)
{
    struct platform_stream *self = context;
    struct gateway *gateway = self->platform->gateway;
    while (!gateway->stopping) {
        bool held_before = lease_held(&self->lease);
        if (!lease_take(gateway, &self->lease) || (!held_before && !compare_first_time(self))) {
            wait_for_something(self, TICK_MS);
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
    self->backoff_ms = BACKOFF_FIRST_MS;
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
    drop_batches(self);
    loop_timer_free(self->timer);
    free(self);
    platform->stream = NULL;
}
