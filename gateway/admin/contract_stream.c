/* The service's websocket, message by message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/contract.h"
#include "mapping/buffer.h"

enum { MESSAGE_MAX = 1 << 20, CONNECT_MS = 10000, END_MS = 5000, QUEUE_MAX = 20000, CLOSE_REPLACED = 4409 };

struct message {
    struct message *next;
    json_t *json; /* NULL: what came was no JSON */
};

struct contract_stream {
    struct contract *contract;
    struct websocket *socket; /* NULL after its end */
    struct message *first, **last;
    size_t queued;
    struct task *waiting;
    struct loop_timer *timer;
    int http_status, close_code;
    bool opened;
};

static void wake(struct contract_stream *stream)
{
    struct task *task = stream->waiting;
    stream->waiting = NULL;
    loop_timer_cancel(stream->timer);
    if (task)
        task_resume(task);
}

static void wake_late(void *context)
{
    wake(context);
}

static void on_open(void *context)
{
    struct contract_stream *stream = context;
    stream->opened = true;
}

static void on_message(void *context, const void *bytes, size_t length, bool binary)
{
    struct contract_stream *stream = context;
    if (stream->queued == QUEUE_MAX) {
        websocket_close(stream->socket, 1009);
        return;
    }
    struct message *message = calloc(1, sizeof *message);
    if (!message)
        abort();
    message->json = binary ? NULL : json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);
    if (!message->json)
        message->json = json_pack("{s:s}", "op", "unreadable");
    *stream->last = message;
    stream->last = &message->next;
    stream->queued++;
    wake(stream);
}

static void on_closed(void *context, int http_status, int close_code, const char *reason, size_t length)
{
    struct contract_stream *stream = context;
    (void)reason;
    (void)length;
    stream->socket = NULL;
    stream->http_status = http_status;
    stream->close_code = close_code;
    stream->contract->stream_taken |= close_code == CLOSE_REPLACED;
    wake(stream);
}

struct contract_stream *contract_stream_open(struct contract *contract,
                                             const struct contract_stream_options *options)
{
    char url[1100];
    const char *why = NULL;
    struct contract_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    stream->contract = contract;
    stream->last = &stream->first;
    stream->timer = loop_timer_new(contract->loop, wake_late, stream);
    if (options->cursor >= 0)
        (void)snprintf(url, sizeof url, "%s?cursor=%lld", contract->stream, (long long)options->cursor);
    else
        (void)snprintf(url, sizeof url, "%s", contract->stream);
    struct buffer authorization;
    buffer_init(&authorization, 8192);
    buffer_format(&authorization, "Bearer %s", options->token ? options->token : contract->token);
    const struct websocket_options socket = {
        .url = url,
        .subprotocol = "drawbridge.v1.json",
        .authorization = buffer_text(&authorization),
        .message_max = MESSAGE_MAX,
        .connect_timeout_ms = CONNECT_MS,
        .ping_ms = 30000,
        .silence_ms = 75000,
        .via_port = options->via_port,
    };
    const struct websocket_handler handler = {
        .context = stream, .opened = on_open, .message = on_message, .closed = on_closed};
    stream->socket = websocket_open(contract->websockets, &socket, &handler, &why);
    explicit_bzero(authorization.bytes, authorization.length);
    buffer_clear(&authorization);
    if (stream->socket)
        return stream;
    contract_wrong(contract, "the stream's address %s cannot be used: %s", contract->stream, why);
    contract_stream_free(stream);
    return NULL;
}

static void wait_for(struct contract_stream *stream, int64_t timeout_ms)
{
    stream->waiting = task_current();
    loop_timer_set(stream->timer, timeout_ms);
    task_park();
}

json_t *contract_stream_next(struct contract_stream *stream, int64_t timeout_ms)
{
    if (!stream->first && stream->socket && timeout_ms > 0)
        wait_for(stream, timeout_ms);
    struct message *message = stream->first;
    if (!message)
        return NULL;
    json_t *json = message->json;
    stream->first = message->next;
    if (!stream->first)
        stream->last = &stream->first;
    stream->queued--;
    free(message);
    return json;
}

void contract_stream_send(struct contract_stream *stream, const char *text)
{
    if (stream->socket)
        (void)websocket_send(stream->socket, text, strlen(text));
}

bool contract_stream_is_closed(const struct contract_stream *stream)
{
    return !stream->socket;
}

int contract_stream_close_code(const struct contract_stream *stream)
{
    return stream->http_status ? stream->http_status : stream->close_code;
}

bool contract_stream_await_end(struct contract_stream *stream, int64_t timeout_ms)
{
    int64_t deadline = loop_monotonic_ms() + timeout_ms;
    while (stream->socket && loop_monotonic_ms() < deadline) {
        json_decref(contract_stream_next(stream, deadline - loop_monotonic_ms()));
    }
    return !stream->socket;
}

void contract_stream_free(struct contract_stream *stream)
{
    if (!stream)
        return;
    if (stream->socket)
        websocket_close(stream->socket, 1000);
    /* The client lets go of a peer that does not answer the close in less than this. */
    (void)contract_stream_await_end(stream, END_MS);
    while (stream->first)
        json_decref(contract_stream_next(stream, 0));
    loop_timer_free(stream->timer);
    free(stream);
}
