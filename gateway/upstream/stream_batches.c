/* What a platform told and that waits to be made durable: events, and the cursors behind them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/upstream/stream.h"
#include "mapping/source.h"

enum { BATCH_EVENTS_MAX = 256, PENDING_BYTES_MAX = 16 << 20 };

/* Events up to a cursor. */
struct stream_batch {
    struct arguments *events;
    size_t event_count;
    char *lone;                   /* the text of its only event, where that may be told at once */
    char trace[TRACE_LENGTH + 1]; /* of that */
    char *cursor, *ack;
    size_t cursor_length, ack_length;
    struct stream_batch *next;
};

/* ---- batches
 * -------------------------------------------------------------------------------------------------------- */

static void batch_free(struct stream_batch *batch)
{
    if (!batch)
        return;
    arguments_free(batch->events);
    free(batch->lone);
    free(batch->cursor);
    free(batch->ack);
    free(batch);
}

static struct stream_batch *filling_batch(struct platform_stream *self)
{
    if (self->filling)
        return self->filling;
    self->filling = calloc(1, sizeof *self->filling);
    if (!self->filling)
        abort();
    self->filling->events = arguments_new();
    return self->filling;
}

void stream_drop_batches(struct platform_stream *self)
{
    batch_free(self->filling);
    self->filling = NULL;
    while (self->first) {
        struct stream_batch *next = self->first->next;
        batch_free(self->first);
        self->first = next;
    }
    self->last = &self->first;
    self->pending_bytes = 0;
}

/* Returns the event's text, malloc'd. */
static char *add_event(struct arguments *arguments, const struct event *event, const char *trace)
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
    return text;
}

/* intake_append.lua wants its four leading arguments first; the events' arguments follow them. */
static struct arguments *append_arguments(struct platform *platform, const char *cursor, size_t cursor_length,
                                          size_t count, const struct arguments *events)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, platform->config->name);
    arguments_bytes(arguments, cursor, cursor_length);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, (int64_t)count);
    arguments_append(arguments, events);
    return arguments;
}

bool intake_queue(struct platform *platform, const struct event *events, size_t count)
{
    for (size_t done = 0; done < count; done += BATCH_EVENTS_MAX) {
        size_t some = count - done < BATCH_EVENTS_MAX ? count - done : BATCH_EVENTS_MAX;
        struct arguments *list = arguments_new();
        for (size_t i = 0; i < some; i++) {
            char trace[TRACE_LENGTH + 1];
            trace_new(trace);
            free(add_event(list, &events[done + i], trace));
        }
        struct reply *reply = store_script(platform->gateway->store, "intake_append",
                                           append_arguments(platform, "", 0, some, list));
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

static bool sink_event(void *context, const struct event *event)
{
    struct platform_stream *self = context;
    struct stream_batch *batch = filling_batch(self);
    if (self->pending_bytes > PENDING_BYTES_MAX)
        return false;
    if (event->kind == EVENT_OTHER)
        return true;
    self->event_time = event->time;
    self->event_came = clock_now_ms();
    char trace[TRACE_LENGTH + 1];
    trace_new(trace);
    struct event told = *event;
    char gap[TRACE_LENGTH + 8] = "gap:";
    /* The same place can be lost again: no comparison stands for another one. */
    if (event->kind == EVENT_GAP && !event->account) {
        memcpy(gap + 4, trace, sizeof trace);
        told.key = gap;
    }
    char *text = add_event(batch->events, &told, trace);
    bool lone = batch->event_count++ == 0 && intake_may_tell(self->platform, &told);
    free(batch->lone);
    batch->lone = lone ? text : NULL;
    memcpy(batch->trace, trace, sizeof trace);
    if (!lone)
        free(text);
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
    struct stream_batch *batch = filling_batch(self);
    batch->cursor = copy_bytes(cursor);
    batch->cursor_length = cursor.length;
    batch->ack = copy_bytes(ack);
    batch->ack_length = ack.length;
    self->filling = NULL;
    *self->last = batch;
    self->last = &batch->next;
    stream_wake(self);
}

static void sink_send(void *context, struct adapter_bytes text)
{
    struct platform_stream *self = context;
    if (self->socket && !websocket_send(self->socket, text.data, text.length))
        self->broken = true;
}

static bool sink_wants(void *context, const char *account)
{
    return stream_watch_has(context, account);
}

struct stream_sink stream_sink_of(struct platform_stream *self)
{
    return (struct stream_sink){
        .context = self, .event = sink_event, .cursor = sink_cursor, .send = sink_send, .wants = sink_wants};
}

/* What was told before is worked off: what is new has nobody in front of it. */
static bool is_free(const struct platform_stream *self, const struct stream_batch *batch)
{
    return batch->lone && !batch->next && !work_pending(self->platform->intake);
}

bool stream_flush(struct platform_stream *self)
{
    while (self->first) {
        struct stream_batch *batch = self->first;
        struct store_answer appended;
        /* Who works off the queue asks for what is new right behind this: one way there and back for both. */
        bool asked = batch->event_count && work_kick(self->platform->intake);
        store_script_begin(self->platform->gateway->store, "intake_append",
                           append_arguments(self->platform, batch->cursor, batch->cursor_length,
                                            batch->event_count, batch->events),
                           &appended);
        if (asked && is_free(self, batch))
            intake_at_once(self->platform, batch->lone, batch->trace);
        struct reply *reply = store_script_end(&appended);
        bool failed = reply_failed(reply);
        reply_free(reply);
        if (failed)
            return false;
        self->first = batch->next;
        if (!self->first) {
            self->last = &self->first;
            self->pending_bytes = 0;
        }
        if (batch->event_count && !asked)
            work_kick(self->platform->intake);
        if (batch->ack_length && self->socket && !websocket_send(self->socket, batch->ack, batch->ack_length))
            self->broken = true;
        batch_free(batch);
    }
    return true;
}

bool stream_queue_gap(struct platform_stream *self)
{
    char trace[TRACE_LENGTH + 1];
    trace_new(trace);
    char key[TRACE_LENGTH + 8] = "gap:";
    memcpy(key + 4, trace, sizeof trace);
    const struct event gap = {.kind = EVENT_GAP, .key = key, .time = clock_now_ms()};
    return intake_queue(self->platform, &gap, 1);
}

struct reply *stream_read_cursor(struct platform *platform)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "GET");
    arguments_format(arguments, "cursor:%s", platform->config->name);
    return store_run(platform->gateway->store, arguments);
}

bool stream_forget_cursor(struct platform_stream *self)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "DEL");
    arguments_format(arguments, "cursor:%s", self->platform->config->name);
    struct reply *reply = store_run(self->platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}
