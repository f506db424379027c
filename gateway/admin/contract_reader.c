/* Events of the service, by whichever carrier it has. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum { HELLO_MS = 10000, BATCH = 100 };

enum contract_carrier contract_carrier(const struct contract *contract)
{
    if (contract->features & FEATURE_POLL)
        return CONTRACT_BY_POLL;
    if (contract->features & FEATURE_WEBSOCKET)
        return CONTRACT_BY_WEBSOCKET;
    return (contract->features & FEATURE_WEBHOOK) && contract->hooks ? CONTRACT_BY_WEBHOOK : CONTRACT_BY_NONE;
}

void contract_reader_open(struct contract_reader *reader, struct contract *contract,
                          enum contract_carrier carrier, int64_t cursor)
{
    *reader =
        (struct contract_reader){.contract = contract, .carrier = carrier, .cursor = cursor, .epoch = ""};
}

void contract_reader_close(struct contract_reader *reader)
{
    json_decref(reader->batch);
    contract_stream_free(reader->stream);
    *reader = (struct contract_reader){0};
}

/* ---- by long-poll ---- */

static bool fetch_batch(struct contract_reader *reader, int64_t timeout_ms)
{
    char path[128];
    struct contract *contract = reader->contract;
    int64_t wait = timeout_ms / 1000 > 25 ? 25 : timeout_ms / 1000;
    json_decref(reader->batch);
    reader->batch = NULL;
    reader->at = 0;
    (void)snprintf(path, sizeof path, "/events?cursor=%lld&limit=%d&wait=%lld", (long long)reader->cursor,
                   BATCH, (long long)wait);
    struct contract_answer answer = contract_ask(
        contract,
        &(struct contract_ask){.method = "GET", .path = path, .timeout_ms = (unsigned)wait * 1000 + 20000});
    bool good = answer.status == 204;
    if (answer.status == 200 && json_is_array(json_object_get(answer.body, "events"))) {
        (void)snprintf(reader->epoch, sizeof reader->epoch, "%s", contract_text(answer.body, "epoch"));
        reader->batch = json_incref(json_object_get(answer.body, "events"));
        good = true;
    }
    if (!good)
        contract_wrong(contract, "GET %s: answered %d%s%s, must be 200 with \"events\", or 204", path,
                       answer.status, answer.error[0] ? " " : "", answer.error);
    contract_answer_clear(&answer);
    return good;
}

static json_t *next_by_poll(struct contract_reader *reader, int64_t deadline)
{
    while (reader->at >= json_array_size(reader->batch)) {
        int64_t left = deadline - loop_monotonic_ms();
        if (left <= 0 || !fetch_batch(reader, left < 1000 ? 1000 : left))
            return NULL;
    }
    return json_incref(json_array_get(reader->batch, reader->at++));
}

/* ---- by websocket ---- */

static bool greet(struct contract_reader *reader)
{
    reader->stream =
        contract_stream_open(reader->contract, &(struct contract_stream_options){.cursor = reader->cursor});
    json_t *hello = reader->stream ? contract_stream_next(reader->stream, HELLO_MS) : NULL;
    bool good = hello && strcmp(contract_text(hello, "op"), "hello") == 0;
    if (good)
        (void)snprintf(reader->epoch, sizeof reader->epoch, "%s", contract_text(hello, "epoch"));
    else if (reader->stream)
        contract_wrong(reader->contract,
                       "the stream with cursor %lld did not begin with hello (closed with %d)",
                       (long long)reader->cursor, contract_stream_close_code(reader->stream));
    json_decref(hello);
    return good;
}

static json_t *next_by_websocket(struct contract_reader *reader, int64_t deadline)
{
    if (!reader->stream && !greet(reader))
        return NULL;
    while (loop_monotonic_ms() < deadline && !contract_stream_is_closed(reader->stream)) {
        json_t *message = contract_stream_next(reader->stream, deadline - loop_monotonic_ms());
        json_t *event = json_incref(json_object_get(message, "event"));
        bool is_event = strcmp(contract_text(message, "op"), "event") == 0;
        json_decref(message);
        if (is_event && event) {
            char ack[64];
            (void)snprintf(ack, sizeof ack, "{\"op\":\"ack\",\"seq\":%lld}",
                           (long long)contract_number(event, "seq"));
            contract_stream_send(reader->stream, ack);
            return event;
        }
        json_decref(event);
    }
    return NULL;
}

/* ---- by webhook ---- */

static bool take_batch(struct contract_reader *reader, int64_t timeout_ms)
{
    struct contract_hook *hook = contract_hook_next(reader->contract, timeout_ms);
    json_decref(reader->batch);
    reader->batch = hook ? json_incref(json_object_get(hook->batch, "events")) : NULL;
    reader->at = 0;
    if (hook && hook->wrong)
        contract_wrong(reader->contract, "the webhook %s: %s", hook->id, hook->wrong);
    else if (hook)
        (void)snprintf(reader->epoch, sizeof reader->epoch, "%s", contract_text(hook->batch, "epoch"));
    contract_hook_free(hook);
    return hook != NULL;
}

static json_t *next_by_webhook(struct contract_reader *reader, int64_t deadline)
{
    while (reader->at >= json_array_size(reader->batch)) {
        int64_t left = deadline - loop_monotonic_ms();
        if (left <= 0 || !take_batch(reader, left))
            return NULL;
    }
    return json_incref(json_array_get(reader->batch, reader->at++));
}

static json_t *next_by_carrier(struct contract_reader *reader, int64_t deadline)
{
    switch (reader->carrier) {
    case CONTRACT_BY_POLL:
        return next_by_poll(reader, deadline);
    case CONTRACT_BY_WEBSOCKET:
        return next_by_websocket(reader, deadline);
    case CONTRACT_BY_WEBHOOK:
        return next_by_webhook(reader, deadline);
    case CONTRACT_BY_NONE:
        break;
    }
    return NULL;
}

json_t *contract_reader_next(struct contract_reader *reader, int64_t timeout_ms)
{
    int64_t deadline = loop_monotonic_ms() + timeout_ms;
    json_t *event = next_by_carrier(reader, deadline);
    int64_t seq = contract_number(event, "seq");
    if (event && seq <= reader->cursor) {
        contract_wrong(reader->contract,
                       "after cursor %lld the event %lld came; the cursor is exclusive and numbers only rise",
                       (long long)reader->cursor, (long long)seq);
        json_decref(event);
        return NULL;
    }
    if (event)
        reader->cursor = seq;
    return event;
}

/* ---- where the events are now ---- */

static int64_t latest_by_websocket(struct contract *contract)
{
    int64_t latest = -1;
    struct contract_stream *stream =
        contract_stream_open(contract, &(struct contract_stream_options){.cursor = -1});
    json_t *hello = stream ? contract_stream_next(stream, HELLO_MS) : NULL;
    if (hello)
        latest = contract_number(hello, "latest");
    if (latest < 0)
        contract_wrong(contract, "the stream's hello does not say the latest number");
    json_decref(hello);
    contract_stream_free(stream);
    return latest;
}

int64_t contract_latest(struct contract *contract)
{
    if (contract_carrier(contract) == CONTRACT_BY_WEBSOCKET)
        return latest_by_websocket(contract);
    if (contract_carrier(contract) == CONTRACT_BY_WEBHOOK)
        return contract_hooks_latest(contract);
    json_t *page = contract_get(contract, "/events");
    int64_t latest = contract_number(page, "cursor");
    if (page && latest < 0)
        contract_wrong(contract, "GET /events without a cursor must answer the cursor of now");
    json_decref(page);
    return latest;
}
