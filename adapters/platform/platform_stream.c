/* The platform's events (PLATFORMS §7.6), by websocket, long-poll or webhook. The cursor is "epoch:seq",
 * exclusive: what comes has a higher number. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/platform/platform.h"

enum {
    PING_MS = 30000,
    SILENCE_MS = 75000,
    MESSAGE_MAX = 1 << 20,
    ARENA_BUDGET = 8 << 20,
    EPOCH_MAX = 64,
    CURSOR_MAX = EPOCH_MAX + 24,
    SLOW_DOWN_MS = 10000,
    SLOW_DOWN_MAX_S = 3600,
    REPLACED_MS = 5000,
    BAD_FRAME_MS = 5000,
    SERVER_ERROR_MS = 1000,
    POLL_LIMIT = 200,
    POLL_WAIT_S = 25,
    POLL_TIMEOUT_MS = 45000,
    EVENTS_MAX = 1000,
};

struct stream {
    struct stream_plan plan;
    char *url;
    char *api;                 /* to poll: a copy, as another discovery may change the adapter's */
    char epoch[EPOCH_MAX + 1]; /* of the cursor, then of the hello; "" before */
    int64_t seq;               /* the last number that is behind us; -1: none, live only */
    bool greeted;
    const char *lost;    /* why the cursor is of no use any more; NULL: it is good */
    const char *foreign; /* why we and this platform do not understand each other; NULL */
};

/* False when it is no cursor of ours: then the stream is live, and all is compared. */
static bool read_cursor(struct stream *stream, struct adapter_bytes cursor)
{
    char text[CURSOR_MAX + 1];
    if (!cursor.length || cursor.length > CURSOR_MAX)
        return false;
    memcpy(text, cursor.data, cursor.length);
    text[cursor.length] = '\0';
    char *colon = strrchr(text, ':');
    if (!colon || colon == text || colon - text > EPOCH_MAX || strlen(text) != cursor.length)
        return false;
    *colon++ = '\0';
    size_t digits = strspn(colon, "0123456789");
    if (!digits || colon[digits] || digits > 16 || strtoll(colon, NULL, 10) > PLATFORM_NUMBER_MAX)
        return false;
    memcpy(stream->epoch, text, strlen(text) + 1);
    stream->seq = strtoll(colon, NULL, 10);
    return true;
}

static void plan_websocket(struct stream *stream, const char *address)
{
    int length = stream->seq >= 0 ? asprintf(&stream->url, "%s?cursor=%" PRId64, address, stream->seq)
                                  : asprintf(&stream->url, "%s", address);
    if (length < 0)
        abort();
    stream->plan = (struct stream_plan){
        .carrier = CARRIER_WEBSOCKET,
        .url = stream->url,
        .subprotocol = "drawbridge.v1.json",
        .authenticate = true,
        .silence_ms = SILENCE_MS,
        .ping_ms = PING_MS,
        .message_max = MESSAGE_MAX,
    };
}

/* The next question; without a cursor: where the events are now. */
static void plan_poll(struct stream *stream)
{
    free(stream->url);
    int length = stream->seq >= 0 ? asprintf(&stream->url, "%s/events?cursor=%" PRId64 "&limit=%d&wait=%d",
                                             stream->api, stream->seq, POLL_LIMIT, POLL_WAIT_S)
                                  : asprintf(&stream->url, "%s/events", stream->api);
    if (length < 0)
        abort();
    stream->plan = (struct stream_plan){
        .carrier = CARRIER_POLL,
        .url = stream->url,
        .authenticate = true,
        .silence_ms = POLL_TIMEOUT_MS,
        .message_max = MESSAGE_MAX,
    };
}

struct stream *platform_stream_new(struct adapter *adapter, struct adapter_bytes cursor)
{
    if (!(adapter->capabilities & ADAPTER_STREAM))
        return NULL;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    stream->seq = -1;
    (void)read_cursor(stream, cursor);
    if (adapter->carrier == CARRIER_WEBSOCKET)
        plan_websocket(stream, adapter->stream);
    else if (adapter->carrier == CARRIER_POLL) {
        stream->api = strdup(adapter->api);
        if (!stream->api)
            abort();
        plan_poll(stream);
    } else
        stream->plan = (struct stream_plan){.carrier = CARRIER_WEBHOOK, .message_max = MESSAGE_MAX};
    return stream;
}

void platform_stream_free(struct stream *stream)
{
    if (!stream)
        return;
    free(stream->url);
    free(stream->api);
    free(stream);
}

const struct stream_plan *platform_stream_plan(const struct stream *stream)
{
    return &stream->plan;
}

/* ---- feeding
 * -------------------------------------------------------------------------------------------------------- */

static bool lose(struct stream *stream, const char *why)
{
    stream->lost = why;
    return false;
}

/* Everything up to stream->seq is behind us. */
static void commit(struct stream *stream, const struct stream_sink *sink, bool acknowledge)
{
    char cursor[CURSOR_MAX + 1];
    char ack[64] = "";
    int length = snprintf(cursor, sizeof cursor, "%s:%" PRId64, stream->epoch, stream->seq);
    int ack_length =
        acknowledge ? snprintf(ack, sizeof ack, "{\"op\":\"ack\",\"seq\":%" PRId64 "}", stream->seq) : 0;
    sink->cursor(sink->context, (struct adapter_bytes){cursor, (size_t)length},
                 (struct adapter_bytes){ack, (size_t)ack_length});
}

/* Tells the gateway to compare everything; `from` makes the key the same for the same loss. */
static bool tell_gap(struct stream *stream, int64_t from, const struct stream_sink *sink)
{
    char key[CURSOR_MAX + 8];
    (void)snprintf(key, sizeof key, "gap:%s:%" PRId64, stream->epoch, from);
    return sink->event(sink->context, &(struct event){.kind = EVENT_GAP, .key = key});
}

static bool begin_live(struct stream *stream, const char *epoch, int64_t latest,
                       const struct stream_sink *sink)
{
    (void)snprintf(stream->epoch, sizeof stream->epoch, "%s", epoch);
    stream->seq = latest;
    /* What happened between the last comparison and this moment came by no stream. */
    if (!tell_gap(stream, latest, sink))
        return false;
    commit(stream, sink, false);
    return true;
}

static bool feed_hello(struct stream *stream, const json_t *object, struct arena *arena,
                       const struct stream_sink *sink)
{
    static const char watch[] = "{\"op\":\"watch\",\"accounts\":\"*\"}";
    const char *contract = json_string_value(json_object_get(object, "contract"));
    const char *epoch = platform_id(json_object_get(object, "epoch"), arena);
    int64_t earliest = 0;
    int64_t latest = 0;
    if (contract && strcmp(contract, "1") != 0) {
        stream->foreign = "the platform's stream does not speak version 1 of the contract";
        return false;
    }
    if (stream->greeted || !contract || !epoch || strlen(epoch) > EPOCH_MAX ||
        !platform_number(json_object_get(object, "earliest"), &earliest) ||
        !platform_number(json_object_get(object, "latest"), &latest))
        return false;
    stream->greeted = true;
    sink->send(sink->context, (struct adapter_bytes){watch, sizeof watch - 1});
    if (stream->seq < 0)
        return begin_live(stream, epoch, latest, sink);
    if (strcmp(epoch, stream->epoch) != 0)
        return lose(stream, "the platform counts its events anew");
    if (latest < stream->seq)
        return lose(stream, "the platform has forgotten events that it sent");
    if (earliest > stream->seq + 1)
        return tell_gap(stream, earliest, sink);
    return true;
}

/* One event that is behind the cursor; what comes once more is passed over. */
static bool take_event(struct stream *stream, const json_t *object, struct arena *arena,
                       const struct stream_sink *sink)
{
    char key[CURSOR_MAX + 1];
    int64_t seq = 0;
    struct event event;
    if (!platform_number(json_object_get(object, "seq"), &seq))
        return false;
    if (seq <= stream->seq)
        return true;
    (void)snprintf(key, sizeof key, "%s:%" PRId64, stream->epoch, seq);
    platform_read_event(object, key, arena, &event);
    if (!sink->event(sink->context, &event))
        return false;
    stream->seq = seq;
    return true;
}

static bool feed_event(struct stream *stream, const json_t *object, struct arena *arena,
                       const struct stream_sink *sink)
{
    int64_t before = stream->seq;
    int64_t seq = 0;
    if (platform_number(json_object_get(object, "seq"), &seq) && seq < before)
        return lose(stream, "the platform's numbers go back");
    if (!take_event(stream, object, arena, sink))
        return false;
    if (stream->seq != before)
        commit(stream, sink, true);
    return true;
}

static bool take_events(struct stream *stream, const json_t *events, struct arena *arena,
                        const struct stream_sink *sink)
{
    if (json_array_size(events) > EVENTS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(events); i++)
        if (!take_event(stream, json_array_get(events, i), arena, sink))
            return false;
    return true;
}

/* {"epoch": …, "events": […], "cursor": …}: the cursor may be ahead of the last event. */
static bool feed_page(struct stream *stream, const json_t *object, struct arena *arena,
                      const struct stream_sink *sink)
{
    const char *epoch = platform_id(json_object_get(object, "epoch"), arena);
    const json_t *events = json_object_get(object, "events");
    int64_t cursor = 0;
    if (!epoch || strlen(epoch) > EPOCH_MAX || !json_is_array(events) ||
        !platform_number(json_object_get(object, "cursor"), &cursor))
        return false;
    if (stream->seq < 0) {
        if (!begin_live(stream, epoch, cursor, sink))
            return false;
        plan_poll(stream);
        return true;
    }
    if (strcmp(epoch, stream->epoch) != 0)
        return lose(stream, "the platform counts its events anew");
    if (cursor < stream->seq)
        return lose(stream, "the platform's numbers go back");
    if (!take_events(stream, events, arena, sink))
        return false;
    int64_t before = stream->seq;
    if (cursor > stream->seq)
        stream->seq = cursor;
    if (json_array_size(events) || stream->seq != before)
        commit(stream, sink, false);
    plan_poll(stream);
    return true;
}

/* {"epoch": …, "events": […]}. Nobody can be asked to begin again, so a new epoch begins here. */
static bool feed_batch(struct stream *stream, const json_t *object, struct arena *arena,
                       const struct stream_sink *sink)
{
    const char *epoch = platform_id(json_object_get(object, "epoch"), arena);
    const json_t *events = json_object_get(object, "events");
    int64_t first = 0;
    if (!epoch || strlen(epoch) > EPOCH_MAX ||
        !platform_number(json_object_get(json_array_get(events, 0), "seq"), &first))
        return false;
    if (stream->seq < 0 || strcmp(epoch, stream->epoch) != 0) {
        (void)snprintf(stream->epoch, sizeof stream->epoch, "%s", epoch);
        stream->seq = first ? first - 1 : 0;
        if (!tell_gap(stream, stream->seq, sink))
            return false;
    }
    if (!take_events(stream, events, arena, sink))
        return false;
    commit(stream, sink, false);
    return true;
}

static bool feed_mark(struct stream *stream, const json_t *object, const struct stream_sink *sink)
{
    int64_t seq = 0;
    if (!platform_number(json_object_get(object, "seq"), &seq))
        return false;
    if (seq < stream->seq)
        return lose(stream, "the platform's numbers go back");
    if (seq == stream->seq)
        return true;
    stream->seq = seq;
    commit(stream, sink, true);
    return true;
}

static bool feed_object(struct stream *stream, const json_t *object, struct arena *arena,
                        const struct stream_sink *sink)
{
    const char *op = json_string_value(json_object_get(object, "op"));
    if (!op)
        return false;
    if (strcmp(op, "hello") == 0)
        return feed_hello(stream, object, arena, sink);
    if (!stream->greeted)
        return false;
    if (strcmp(op, "event") == 0)
        return feed_event(stream, json_object_get(object, "event"), arena, sink);
    if (strcmp(op, "mark") == 0)
        return feed_mark(stream, object, sink);
    return true; /* an operation of a later version */
}

bool platform_stream_feed(struct stream *stream, struct adapter_bytes message, bool binary,
                          const struct stream_sink *sink)
{
    json_t *object = binary ? NULL : platform_body(message);
    struct arena *arena = arena_new(ARENA_BUDGET);
    bool (*feed)(struct stream *, const json_t *, struct arena *, const struct stream_sink *) =
        stream->plan.carrier == CARRIER_WEBSOCKET ? feed_object
        : stream->plan.carrier == CARRIER_POLL    ? feed_page
                                                  : feed_batch;
    bool good = json_is_object(object) && feed(stream, object, arena, sink);
    arena_free(arena);
    json_decref(object);
    return good;
}

/* ---- closing
 * -------------------------------------------------------------------------------------------------------- */

/* {"retry_after_s": 7}, in ms. */
static unsigned slow_down_ms(struct adapter_bytes reason)
{
    json_t *object = platform_body(reason);
    int64_t seconds = 0;
    bool told = platform_number(json_object_get(object, "retry_after_s"), &seconds);
    json_decref(object);
    if (!told)
        return SLOW_DOWN_MS;
    return (unsigned)(seconds > SLOW_DOWN_MAX_S ? SLOW_DOWN_MAX_S : seconds) * 1000;
}

static struct stream_close closed_by_code(int code, struct adapter_bytes reason)
{
    switch (code) {
    case 4400:
        return (struct stream_close){STREAM_RESUME, BAD_FRAME_MS, "the platform could not read a frame"};
    case 4401:
        return (struct stream_close){STREAM_STOP, 0, "the platform does not accept the token"};
    case 4403:
        return (struct stream_close){STREAM_STOP, 0, "the platform revoked the token"};
    case 4409:
        return (struct stream_close){STREAM_RESUME, REPLACED_MS, "another session took the stream over"};
    case 4410:
        return (struct stream_close){STREAM_RECONCILE, 0, "the cursor is older than what the platform keeps"};
    case 4429:
        return (struct stream_close){STREAM_RESUME, slow_down_ms(reason), "the platform asks to slow down"};
    case 1001:
        return (struct stream_close){STREAM_RESUME, 0, "the platform restarts"};
    default:
        return (struct stream_close){STREAM_RESUME, 0, "the connection ended"};
    }
}

static struct stream_close closed_by_status(int status, struct adapter_bytes reason)
{
    switch (status) {
    case 401:
    case 403:
        return (struct stream_close){STREAM_STOP, 0, "the platform does not accept the token"};
    case 410:
        return (struct stream_close){STREAM_RECONCILE, 0, "the cursor is older than what the platform keeps"};
    case 429:
        return (struct stream_close){STREAM_RESUME, slow_down_ms(reason), "the platform asks to slow down"};
    default:
        return (struct stream_close){STREAM_RESUME, SERVER_ERROR_MS, "the platform refused to tell events"};
    }
}

/* The reasons are constants: the gateway may show them after it freed the stream. */
struct stream_close platform_stream_closed(struct stream *stream, int http_status, int close_code,
                                           struct adapter_bytes reason)
{
    if (stream->foreign)
        return (struct stream_close){STREAM_STOP, 0, stream->foreign};
    if (stream->lost)
        return (struct stream_close){STREAM_RECONCILE, 0, stream->lost};
    return http_status ? closed_by_status(http_status, reason) : closed_by_code(close_code, reason);
}
