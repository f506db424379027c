#include "plaza/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "plaza/contract.h"
#include "plaza/fault.h"
#include "plaza/outbox.h"

enum { WINDOW = 500, MESSAGE_MAX = 1 << 20, SCAN_MAX = 1000, WATCH_MAX = 100000, REASON_SIZE = 124 };
enum { CLOSE_BAD_FRAME = 4400, CLOSE_AUTH = 4401, CLOSE_REPLACED = 4409, CLOSE_EXPIRED = 4410 };

struct stream {
    struct lws *wsi;
    struct server *server;
    struct stream *next;
    int64_t position;        /* everything up to here was sent or is not watched */
    int64_t unacked[WINDOW]; /* a ring of sent numbers */
    size_t first_unacked, unacked_count;
    json_t *watched; /* object whose keys are account ids; NULL: all */
    bool hello_due, mark_due, cut_due;
    unsigned session;
    int close_code; /* 0: stays open */
    char close_reason[REASON_SIZE];
    int64_t last_sent_ms;
    struct text message; /* what came of the current message */
};

static void close_with(struct stream *stream, int code, const char *reason)
{
    if (stream->close_code)
        return;
    stream->close_code = code;
    snprintf(stream->close_reason, sizeof stream->close_reason, "%s", reason);
    lws_callback_on_writable(stream->wsi);
}

/* ---- sending ---- */

static bool send_json(struct stream *stream, json_t *message)
{
    size_t length = json_dumpb(message, NULL, 0, JSON_COMPACT);
    unsigned char *frame = malloc(LWS_PRE + length);
    if (!frame)
        abort();
    json_dumpb(message, (char *)frame + LWS_PRE, length, JSON_COMPACT);
    json_decref(message);
    int sent = lws_write(stream->wsi, frame + LWS_PRE, length, LWS_WRITE_TEXT);
    free(frame);
    stream->last_sent_ms = time_monotonic_ms();
    return sent >= (int)length;
}

static bool send_hello(struct stream *stream)
{
    struct plaza *plaza = stream->server->plaza;
    struct outbox_range range = outbox_range(&plaza->database);
    char session[24];
    snprintf(session, sizeof session, "s_%u", stream->session);
    stream->hello_due = false;
    return send_json(stream, json_make("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:s}", "op", "hello", "contract",
                                       "1", "epoch", plaza->epoch, "earliest", (json_int_t)range.earliest,
                                       "latest", (json_int_t)range.latest, "heartbeat_s",
                                       plaza->options.heartbeat_s, "window", WINDOW, "session", session));
}

/* The next watched event; *more when the scan stopped for the sake of the others. */
static json_t *next_event(struct stream *stream, bool *more)
{
    for (int scanned = 0; scanned < SCAN_MAX; scanned++) {
        int64_t seq;
        char account[ACCOUNT_ID_SIZE];
        json_t *event = outbox_next(stream->server->plaza, stream->position, &seq, account);
        if (!event)
            return NULL;
        stream->position = seq;
        if (!stream->watched || !account[0] || json_object_get(stream->watched, account))
            return event;
        json_decref(event);
    }
    *more = true;
    return NULL;
}

static bool send_events(struct stream *stream)
{
    bool more = false;
    bool open = stream->unacked_count < WINDOW || fault_is(FAULT_WINDOW_IGNORED);
    json_t *event = open ? next_event(stream, &more) : NULL;
    if (event) {
        if (stream->unacked_count == WINDOW)
            stream->unacked_count--;
        *fault_memory() = stream->position;
        stream->unacked[(stream->first_unacked + stream->unacked_count++) % WINDOW] = stream->position;
        stream->mark_due = false;
        lws_callback_on_writable(stream->wsi);
        return send_json(stream, json_make("{s:s, s:o}", "op", "event", "event", event));
    }
    if (more)
        lws_callback_on_writable(stream->wsi);
    else if (stream->mark_due && stream->unacked_count < WINDOW) {
        stream->mark_due = false;
        return send_json(stream, json_make("{s:s, s:I}", "op", "mark", "seq", (json_int_t)stream->position));
    }
    return true;
}

/* The header of a frame of 512 bytes, and only its beginning. */
static void cut(struct stream *stream)
{
    static const char half[] = "\x81\x7e\x02\x00{\"op\":\"event\",\"event\":{\"seq\":";
    int socket = lws_get_socket_fd(stream->wsi);
    (void)!send(socket, half, sizeof half - 1, MSG_NOSIGNAL);
    shutdown(socket, SHUT_RDWR);
}

static int on_writable(struct stream *stream)
{
    if (stream->cut_due) {
        cut(stream);
        return -1;
    }
    if (stream->close_code) {
        lws_close_reason(stream->wsi, (enum lws_close_status)stream->close_code,
                         (unsigned char *)stream->close_reason, strlen(stream->close_reason));
        return -1;
    }
    if (stream->hello_due) {
        lws_callback_on_writable(stream->wsi);
        return send_hello(stream) ? 0 : -1;
    }
    return send_events(stream) ? 0 : -1;
}

/* ---- receiving ---- */

static void on_ack(struct stream *stream, const json_t *message)
{
    const json_t *value = json_object_get(message, "seq");
    json_int_t seq = json_integer_value(value);
    if (!json_is_integer(value) || seq < 0 || seq > stream->position) {
        close_with(stream, CLOSE_BAD_FRAME, "{\"code\":\"bad_frame\",\"field\":\"seq\"}");
        return;
    }
    while (stream->unacked_count && stream->unacked[stream->first_unacked] <= seq) {
        stream->first_unacked = (stream->first_unacked + 1) % WINDOW;
        stream->unacked_count--;
    }
    lws_callback_on_writable(stream->wsi);
}

static void on_watch(struct stream *stream, const json_t *message)
{
    const json_t *accounts = json_object_get(message, "accounts");
    const char *all = json_string_value(accounts);
    json_t *watched =
        json_is_array(accounts) && json_array_size(accounts) <= WATCH_MAX ? json_object() : NULL;
    size_t index;
    json_t *account;
    bool good = watched || (all && strcmp(all, "*") == 0);
    json_array_foreach(accounts, index, account)
    {
        good = good && json_is_string(account);
        if (good)
            json_object_set_new(watched, json_string_value(account), json_true());
    }
    if (!good) {
        json_decref(watched);
        close_with(stream, CLOSE_BAD_FRAME, "{\"code\":\"bad_frame\",\"field\":\"accounts\"}");
        return;
    }
    json_decref(stream->watched);
    stream->watched = watched;
}

static void on_message(struct stream *stream)
{
    json_t *message =
        json_loadb(text_string(&stream->message), stream->message.length, JSON_REJECT_DUPLICATES, NULL);
    const char *op = json_string_value(json_object_get(message, "op"));
    if (!op && fault_is(FAULT_FRAME_TOLERATED))
        text_clear(&stream->message);
    else if (!op || stream->message.overflow)
        close_with(stream, CLOSE_BAD_FRAME, "{\"code\":\"bad_frame\"}");
    else if (strcmp(op, "ack") == 0)
        on_ack(stream, message);
    else if (strcmp(op, "watch") == 0)
        on_watch(stream, message);
    json_decref(message);
    text_clear(&stream->message);
}

static void on_receive(struct stream *stream, const char *bytes, size_t length)
{
    if (lws_frame_is_binary(stream->wsi)) {
        close_with(stream, CLOSE_BAD_FRAME, "{\"code\":\"bad_frame\"}");
        return;
    }
    text_add(&stream->message, bytes, length);
    if (lws_is_final_fragment(stream->wsi) && !lws_remaining_packet_payload(stream->wsi))
        on_message(stream);
}

/* ---- opening and closing ---- */

/* The cursor of the address: -1 without one, -2 when it cannot be read. */
static int64_t read_cursor(struct lws *wsi)
{
    char parameter[64];
    for (int i = 0; i < 16; i++) {
        int length = lws_hdr_copy_fragment(wsi, parameter, sizeof parameter, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (length < 0)
            return -1;
        if (strncmp(parameter, "cursor=", 7) != 0)
            continue;
        size_t digits = strspn(parameter + 7, "0123456789");
        return digits && digits <= 16 && !parameter[7 + digits] ? strtoll(parameter + 7, NULL, 10) : -2;
    }
    return -2;
}

static void admit(struct stream *stream)
{
    struct plaza *plaza = stream->server->plaza;
    char authorization[256] = "";
    struct outbox_range range = outbox_range(&plaza->database);
    int64_t cursor = read_cursor(stream->wsi);
    lws_hdr_copy(stream->wsi, authorization, sizeof authorization, WSI_TOKEN_HTTP_AUTHORIZATION);
    stream->position = cursor >= 0 ? cursor : fault_is(FAULT_LIVE_REPLAYS) ? 0 : range.latest;
    if (fault_is(FAULT_CURSOR_INCLUSIVE) && cursor > 0)
        stream->position--;
    if (fault_is(FAULT_RESUME_FROM_SENT) && cursor >= 0 && *fault_memory() > cursor)
        stream->position = *fault_memory();
    if (!contract_authorized(plaza, authorization))
        close_with(stream, CLOSE_AUTH, "{\"code\":\"unauthorized\"}");
    else if (cursor == -2)
        close_with(stream, CLOSE_BAD_FRAME, "{\"code\":\"bad_parameter\",\"field\":\"cursor\"}");
    else if (!outbox_cursor_valid(&range, stream->position)) {
        char reason[REASON_SIZE];
        snprintf(reason, sizeof reason, "{\"code\":\"cursor_expired\",\"earliest\":%" PRId64 "}",
                 range.earliest);
        close_with(stream, CLOSE_EXPIRED, reason);
    } else {
        for (struct stream *other = stream->server->streams; other; other = other->next)
            close_with(other, CLOSE_REPLACED, "{\"code\":\"replaced\"}");
        stream->hello_due = true;
    }
}

static struct stream *open_stream(struct server *server, struct lws *wsi)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    stream->wsi = wsi;
    stream->server = server;
    stream->session = ++server->sessions;
    stream->last_sent_ms = time_monotonic_ms();
    text_init(&stream->message, MESSAGE_MAX);
    admit(stream);
    stream->next = server->streams;
    server->streams = stream;
    lws_callback_on_writable(wsi);
    return stream;
}

static void close_stream(struct stream *stream)
{
    struct stream **place = &stream->server->streams;
    while (*place != stream)
        place = &(*place)->next;
    *place = stream->next;
    json_decref(stream->watched);
    text_clear(&stream->message);
    free(stream);
}

static bool is_stream_path(struct lws *wsi)
{
    char path[32] = "";
    return lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) > 0 && strcmp(path, "/v1/stream") == 0;
}

int stream_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct stream_slot *slot = user;
    struct server *server = lws_context_user(lws_get_context(wsi));
    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return is_stream_path(wsi) && !server->stopping ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
        slot->stream = open_stream(server, wsi);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return slot->stream ? on_writable(slot->stream) : -1;
    case LWS_CALLBACK_RECEIVE:
        if (slot->stream)
            on_receive(slot->stream, in, length);
        return 0;
    case LWS_CALLBACK_CLOSED:
        if (slot->stream)
            close_stream(slot->stream);
        slot->stream = NULL;
        return 0;
    default:
        return 0;
    }
}

/* ---- all of them ---- */

void streams_notify(struct server *server)
{
    for (struct stream *stream = server->streams; stream; stream = stream->next)
        lws_callback_on_writable(stream->wsi);
}

void streams_tick(struct server *server)
{
    int64_t now = time_monotonic_ms();
    for (struct stream *stream = server->streams; stream; stream = stream->next) {
        if (now - stream->last_sent_ms < (int64_t)server->plaza->options.heartbeat_s * 1000)
            continue;
        stream->mark_due = true;
        lws_callback_on_writable(stream->wsi);
    }
}

void streams_close(struct server *server, int code, const char *reason)
{
    for (struct stream *stream = server->streams; stream; stream = stream->next)
        close_with(stream, code, reason);
}

int streams_cut(struct server *server)
{
    int count = 0;
    for (struct stream *stream = server->streams; stream; stream = stream->next) {
        stream->cut_due = true;
        lws_callback_on_writable(stream->wsi);
        count++;
    }
    return count;
}
