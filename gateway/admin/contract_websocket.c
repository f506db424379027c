/* Level 1: events by websocket. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum {
    HELLO_MS = 10000,
    EVENT_MS = 6000,
    END_MS = 3000,
    SETTLE_MS = 1500,
    COUNTING_MS = 20000,
    WINDOW_MAX = 2000,
    HEARTBEAT_MAX_S = 5,
    PINGS = 3
};

/* Opens and reads the hello (new reference), or NULL and a finding; *stream may then be there all the same.
 */
static json_t *greet(struct contract *contract, int64_t cursor, struct contract_stream **stream)
{
    *stream = contract_stream_open(contract, &(struct contract_stream_options){.cursor = cursor});
    json_t *hello = *stream ? contract_stream_next(*stream, HELLO_MS) : NULL;
    if (hello && strcmp(contract_text(hello, "op"), "hello") == 0)
        return hello;
    if (*stream && !hello && contract_stream_is_closed(*stream))
        contract_wrong(contract, "the stream ended before its hello, with %d",
                       contract_stream_close_code(*stream));
    else if (*stream)
        contract_wrong(contract, "the stream's first message must be hello, it was '%s'",
                       contract_text(hello, "op"));
    json_decref(hello);
    return NULL;
}

static bool ping_times(struct contract *contract, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        char nonce[64];
        (void)snprintf(nonce, sizeof nonce, "%s-%s-%d", contract->run, name, i);
        if (!contract_ping(contract, nonce))
            return false;
    }
    return true;
}

static void check_hello(struct contract *contract)
{
    struct contract_stream *stream;
    json_t *hello = greet(contract, -1, &stream);
    static const char *const numbers[] = {"earliest", "latest", "heartbeat_s", "window"};
    for (size_t i = 0; hello && i < sizeof numbers / sizeof numbers[0]; i++)
        if (contract_number(hello, numbers[i]) < 0)
            contract_wrong(contract, "hello: '%s' must be a whole number", numbers[i]);
    if (hello && strcmp(contract_text(hello, "contract"), "1") != 0)
        contract_wrong(contract, "hello: 'contract' must be \"1\"");
    if (hello && !contract_is_id(json_object_get(hello, "epoch")))
        contract_wrong(contract, "hello: 'epoch' must be an id");
    if (hello && contract_number(hello, "heartbeat_s") > 60)
        contract_wrong(contract, "hello: a heartbeat_s above 60 lets a dead connection stand for too long");
    json_decref(hello);
    contract_stream_free(stream);
}

static void check_token(struct contract *contract)
{
    struct contract_stream *stream = contract_stream_open(
        contract, &(struct contract_stream_options){
                      .cursor = -1, .token = "dbg_0000000000000000000000000000000000000000000"});
    if (!stream)
        return;
    json_t *message = contract_stream_next(stream, HELLO_MS);
    if (message)
        contract_wrong(contract, "the stream speaks to a wrong token");
    json_decref(message);
    if (!contract_stream_await_end(stream, END_MS))
        contract_wrong(contract, "the stream stays open for a wrong token");
    int code = contract_stream_close_code(stream);
    if (contract_stream_is_closed(stream) && code != 401 && code != 403 && code != 4401 && code != 4403)
        contract_wrong(contract,
                       "the stream ends with %d for a wrong token; it must be HTTP 401 or close code 4401",
                       code);
    contract_stream_free(stream);
}

/* The next event's number, acknowledged; -1 when none comes. */
static int64_t next_seq(struct contract_stream *stream, bool acknowledge)
{
    int64_t deadline = loop_monotonic_ms() + EVENT_MS;
    while (loop_monotonic_ms() < deadline && !contract_stream_is_closed(stream)) {
        json_t *message = contract_stream_next(stream, deadline - loop_monotonic_ms());
        int64_t seq = contract_number(json_object_get(message, "event"), "seq");
        bool is_event = strcmp(contract_text(message, "op"), "event") == 0;
        json_decref(message);
        if (!is_event)
            continue;
        char ack[64];
        (void)snprintf(ack, sizeof ack, "{\"op\":\"ack\",\"seq\":%lld}", (long long)seq);
        if (acknowledge)
            contract_stream_send(stream, ack);
        return seq;
    }
    return -1;
}

static void check_exclusive(struct contract *contract)
{
    struct contract_stream *stream;
    int64_t from = contract_latest(contract);
    if (from < 0 || !ping_times(contract, PINGS, "exclusive"))
        return;
    int64_t seqs[PINGS] = {0};
    json_decref(greet(contract, from, &stream));
    for (int i = 0; stream && i < PINGS; i++) {
        seqs[i] = next_seq(stream, true);
        if (seqs[i] <= (i ? seqs[i - 1] : from))
            contract_wrong(contract,
                           "behind cursor %lld came event %lld: the cursor is exclusive, numbers rise",
                           (long long)(i ? seqs[i - 1] : from), (long long)seqs[i]);
    }
    contract_stream_free(stream);
    if (!contract_good(contract))
        return;
    json_decref(greet(contract, seqs[0], &stream));
    int64_t second = stream ? next_seq(stream, true) : seqs[1];
    if (second != seqs[1])
        contract_wrong(contract, "from cursor %lld the first event is %lld, must be %lld", (long long)seqs[0],
                       (long long)second, (long long)seqs[1]);
    contract_stream_free(stream);
}

static void check_live(struct contract *contract)
{
    struct contract_stream *stream;
    if (!ping_times(contract, 1, "old"))
        return;
    json_t *hello = greet(contract, -1, &stream);
    int64_t latest = contract_number(hello, "latest");
    if (hello && ping_times(contract, 1, "live")) {
        int64_t seq = next_seq(stream, true);
        if (seq < 0)
            contract_wrong(contract, "a ping was answered and its event did not come on the open stream");
        else if (seq <= latest)
            contract_wrong(contract, "without a cursor the old event %lld came (latest was %lld)",
                           (long long)seq, (long long)latest);
    }
    json_decref(hello);
    contract_stream_free(stream);
}

static void check_frame(struct contract *contract)
{
    struct contract_stream *stream;
    json_t *hello = greet(contract, -1, &stream);
    if (hello) {
        contract_stream_send(stream, "this is no JSON");
        if (!contract_stream_await_end(stream, END_MS))
            contract_wrong(contract, "a frame that is no JSON does not close the stream");
        else if (contract_stream_close_code(stream) != 4400)
            contract_wrong(contract, "a frame that is no JSON closes the stream with %d, must be 4400",
                           contract_stream_close_code(stream));
    }
    json_decref(hello);
    contract_stream_free(stream);
}

static void check_cursors(struct contract *contract)
{
    int64_t latest = contract_latest(contract);
    struct contract_stream *stream =
        latest < 0
            ? NULL
            : contract_stream_open(contract, &(struct contract_stream_options){.cursor = latest + 1000000});
    if (!stream)
        return;
    bool ended = contract_stream_await_end(stream, END_MS);
    int code = contract_stream_close_code(stream);
    if (!ended || (code != 4410 && code != 410))
        contract_wrong(contract, "a cursor from the future must end with close code 4410, it ended with %d",
                       code);
    contract_stream_free(stream);
}

static void check_mark(struct contract *contract)
{
    struct contract_stream *stream;
    json_t *hello = greet(contract, -1, &stream);
    int64_t heartbeat = contract_number(hello, "heartbeat_s");
    if (hello && heartbeat > HEARTBEAT_MAX_S) {
        contract_skip(contract,
                      "the heartbeat is longer than 5 s; start a test installation with a shorter one");
    } else if (hello) {
        json_t *mark = contract_stream_next(stream, heartbeat * 1000 + EVENT_MS);
        if (!mark)
            contract_wrong(contract, "after %lld s without traffic there must be a mark",
                           (long long)heartbeat);
        else if (strcmp(contract_text(mark, "op"), "event") != 0 && contract_number(mark, "seq") < 0)
            contract_wrong(contract, "a mark must have a number 'seq'");
        json_decref(mark);
    }
    json_decref(hello);
    contract_stream_free(stream);
}

/* ---- flow control ---- */

static void ping_one(void *context, size_t index)
{
    char nonce[64];
    struct contract *contract = context;
    (void)snprintf(nonce, sizeof nonce, "%s-window-%zu", contract->run, index);
    (void)contract_ping(contract, nonce);
}

static int64_t count_without_ack(struct contract_stream *stream, int64_t enough, int64_t *last)
{
    int64_t count = 0;
    int64_t deadline = loop_monotonic_ms() + COUNTING_MS;
    while (count < enough && loop_monotonic_ms() < deadline) {
        json_t *message = contract_stream_next(stream, SETTLE_MS);
        if (!message)
            break;
        if (strcmp(contract_text(message, "op"), "event") == 0) {
            count++;
            *last = contract_number(json_object_get(message, "event"), "seq");
        }
        json_decref(message);
    }
    return count;
}

static void check_window(struct contract *contract)
{
    struct contract_stream *stream;
    int64_t from = contract_latest(contract);
    json_t *hello = from < 0 ? NULL : greet(contract, from, &stream);
    int64_t window = contract_number(hello, "window");
    json_decref(hello);
    if (!hello)
        return;
    if (window < 1 || window > WINDOW_MAX ||
        (contract->requests_per_minute && window > contract->requests_per_minute)) {
        contract_skip(contract, "the window is larger than the events that may be made in a minute");
        contract_stream_free(stream);
        return;
    }
    contract_parallel(contract, (size_t)window + 20, 16, ping_one, contract);
    int64_t last = 0;
    int64_t count = count_without_ack(stream, window + 1, &last);
    if (count > window)
        contract_wrong(contract,
                       "more than 'window' (%lld) events came without an ack: the service must stop there",
                       (long long)window);
    else if (count < window)
        contract_wrong(contract, "%lld events came without an ack, the window is %lld", (long long)count,
                       (long long)window);
    char ack[64];
    (void)snprintf(ack, sizeof ack, "{\"op\":\"ack\",\"seq\":%lld}", (long long)last);
    contract_stream_send(stream, ack);
    if (contract_good(contract) && next_seq(stream, true) < 0)
        contract_wrong(contract, "after an ack of everything no further event came");
    contract_stream_free(stream);
}

const struct contract_check contract_checks_websocket[] = {
    {"stream-hello", 1, "§4.4", "the stream begins with hello", check_hello, FEATURE_WEBSOCKET},
    {"stream-token", 1, "§4.4", "a wrong token gets no stream", check_token, FEATURE_WEBSOCKET},
    {"stream-exclusive", 1, "§4.4", "the cursor is exclusive, numbers rise", check_exclusive,
     FEATURE_WEBSOCKET},
    {"stream-live", 1, "§4.4", "without a cursor only what is new comes", check_live, FEATURE_WEBSOCKET},
    {"stream-frame", 1, "§4.4", "a broken frame ends the stream with 4400", check_frame, FEATURE_WEBSOCKET},
    {"stream-cursors", 1, "§4.4", "a cursor from the future ends with 4410", check_cursors,
     FEATURE_WEBSOCKET},
    {"stream-mark", 1, "§4.4", "an idle stream has marks", check_mark, FEATURE_WEBSOCKET},
    {"stream-window", 1, "§4.4", "no more than 'window' events come without an ack", check_window,
     FEATURE_WEBSOCKET},
    {0}};
