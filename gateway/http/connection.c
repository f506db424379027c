#include "gateway/http/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/http/lws_loop.h"

enum { LINGER_MS = 2000, WRITE_SIZE = LWS_READ_SIZE, NO_ROOM_S = 10 };

static const char no_room[] = "There is no room for the request just now; ask again later.\n";

static void set_deadline(struct http_connection *connection, unsigned milliseconds)
{
    connection->moved_ms = loop_monotonic_ms();
    connection->deadline_ms = connection->moved_ms + milliseconds;
    http_crowd_move(connection);
}

static void consume(struct http_connection *connection, size_t length)
{
    connection->input_length -= length;
    connection->searched = 0;
    if (connection->input_length) {
        memmove(connection->input, connection->input + length, connection->input_length);
        return;
    }
    /* Idle connections are many, their buffers shall not be. */
    free(connection->input);
    connection->input = NULL;
    connection->server->held -= connection->input_size;
    connection->input_size = 0;
}

static void append(struct http_connection *connection, const void *bytes, size_t length)
{
    size_t needed = connection->input_length + length;
    if (needed > connection->input_size) {
        char *input = realloc(connection->input, needed);
        if (!input)
            abort();
        connection->input = input;
        connection->server->held += needed - connection->input_size;
        connection->input_size = needed;
    }
    memcpy(connection->input + connection->input_length, bytes, length);
    connection->input_length = needed;
}

/* Answers for the edge itself, and closes: where the next request begins cannot be told any more. */
static void refuse_until(struct http_connection *connection, int status, const char *why,
                         unsigned retry_after_s)
{
    char seconds[16];
    (void)snprintf(seconds, sizeof seconds, "%u", retry_after_s);
    if (connection->server->options.refused)
        connection->server->options.refused(connection->server->context, why);
    http_request_free(connection->request);
    connection->request = NULL;
    consume(connection, connection->input_length);
    http_answer_write(&connection->output,
                      &(struct http_answer){.status = status,
                                            .content_type = "text/plain; charset=utf-8",
                                            .body = why,
                                            .length = strlen(why),
                                            .headers = {{retry_after_s ? "Retry-After" : NULL, seconds}}},
                      false, "close");
    connection->close_after = true;
    connection->phase = SENDING;
    connection->sent = 0;
    set_deadline(connection, connection->server->options.idle_timeout_ms);
}

static void refuse(struct http_connection *connection, int status, const char *why)
{
    refuse_until(connection, status, why, 0);
}

/* What the gateway says to a head: whether there is room for the request, and for this client's. */
static bool is_admitted(struct http_connection *connection)
{
    const struct http_server *server = connection->server;
    unsigned retry_after_s = 0;
    int status = server->options.admit
                     ? server->options.admit(server->context, connection->request, &retry_after_s)
                     : 0;
    if (status)
        refuse_until(connection, status,
                     status == 429 ? "Too many requests; ask again later.\n" : "Too busy; ask again later.\n",
                     retry_after_s);
    return !status;
}

static void invite_body(struct http_connection *connection)
{
    static const char invitation[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char room[LWS_PRE + sizeof invitation];
    memcpy(room + LWS_PRE, invitation, sizeof invitation - 1);
    (void)lws_write(connection->wsi, room + LWS_PRE, sizeof invitation - 1, LWS_WRITE_RAW);
}

static void begin_request(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    struct http_request *request = calloc(1, sizeof *request);
    if (!request)
        abort();
    connection->request = request;
    const char *why = "";
    int status = http_head_read(&request->head, connection->input, connection->searched, &why);
    if (!status && request->head.body_length > server->options.body_max) {
        status = 413;
        why = "The body is too large.\n";
    }
    if (status) {
        refuse(connection, status, why);
        return;
    }
    consume(connection, connection->searched);
    request->server = server;
    request->held = &server->held;
    request->connection = connection;
    http_request_describe(request, connection->peer, server->proxies, server->options.scheme);
    if (!is_admitted(connection))
        return;
    connection->phase = READING_BODY;
    set_deadline(connection, server->options.body_timeout_ms);
    if (request->head.expects_continue && request->head.body_length && !connection->input_length)
        invite_body(connection);
}

/* True when there is more to do at once. */
static bool read_head(struct http_connection *connection)
{
    size_t maximum = connection->server->options.header_max;
    /* An empty line before a request is passed over (RFC 9112 §2.2). */
    while (connection->input_length >= 2 && memcmp(connection->input, "\r\n", 2) == 0)
        consume(connection, 2);
    switch (http_head_find(connection->input, connection->input_length, &connection->searched)) {
    case HTTP_HEAD_BROKEN:
        refuse(connection, 400, "A header line is malformed.\n");
        return true;
    case HTTP_HEAD_UNFINISHED:
        if (connection->searched <= maximum)
            return false;
        break;
    case HTTP_HEAD_WHOLE:
        if (connection->searched > maximum)
            break;
        begin_request(connection);
        return true;
    }
    refuse(connection, 431, "The headers are too large.\n");
    return true;
}

static void dispatch(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    struct http_request *request = connection->request;
    connection->phase = WAITING;
    request->next = server->requests;
    if (request->next)
        request->next->previous = request;
    server->requests = request;
    server->pending++;
    connection->dispatching = true;
    server->handler(server->context, request);
    connection->dispatching = false;
}

/* Room grows with what comes: an announced length costs nothing. */
static void make_body_room(struct http_request *request, size_t length)
{
    size_t needed = request->body_received + length;
    if (needed <= request->body_size)
        return;
    size_t size = 2 * request->body_size > needed ? 2 * request->body_size : needed;
    if (size > request->head.body_length)
        size = request->head.body_length;
    char *body = realloc(request->body, size);
    if (!body)
        abort();
    *request->held += size - request->body_size;
    request->body = body;
    request->body_size = size;
}

static bool read_body(struct http_connection *connection)
{
    struct http_request *request = connection->request;
    size_t missing = request->head.body_length - request->body_received;
    size_t length = connection->input_length < missing ? connection->input_length : missing;
    if (length) {
        make_body_room(request, length);
        memcpy(request->body + request->body_received, connection->input, length);
        request->body_received += length;
        consume(connection, length);
    }
    if (length < missing)
        return false;
    dispatch(connection);
    return true;
}

static void linger(struct http_connection *connection)
{
    consume(connection, connection->input_length);
    (void)shutdown(lws_get_socket_fd(connection->wsi), SHUT_WR);
    connection->phase = LINGERING;
    set_deadline(connection, LINGER_MS);
}

static void finish_answer(struct http_connection *connection)
{
    const struct http_options *options = &connection->server->options;
    buffer_clear(&connection->output);
    connection->served = true;
    if (connection->close_after || connection->server->draining) {
        linger(connection);
        return;
    }
    connection->phase = READING_HEAD;
    connection->begun = connection->input_length > 0;
    set_deadline(connection, connection->begun ? options->header_timeout_ms : options->idle_timeout_ms);
}

enum sending { SENT, BLOCKED, BROKEN };

/* Gives libwebsockets no more than one piece that does not go out: it keeps that and says when it has gone.
 */
static enum sending send_output(struct http_connection *connection)
{
    struct buffer *output = &connection->output;
    while (connection->sent < output->length) {
        if (lws_partial_buffered(connection->wsi))
            return BLOCKED;
        size_t length = output->length - connection->sent;
        if (length > WRITE_SIZE)
            length = WRITE_SIZE;
        /* The raw role writes nothing before the bytes, so they need no room there. */
        if (lws_write(connection->wsi, (unsigned char *)output->bytes + connection->sent, length,
                      LWS_WRITE_RAW) < 0)
            return BROKEN;
        connection->sent += length;
    }
    return lws_partial_buffered(connection->wsi) ? BLOCKED : SENT;
}

/* Bytes that have no use yet stay with the kernel, whose window then stops the client. While a piece waits to
 * go out, libwebsockets would not take them and yet be called for them all the time. */
static void set_reading(struct http_connection *connection)
{
    bool pause = connection->phase == SENDING || (connection->phase == WAITING && connection->input_length);
    if (pause == connection->paused)
        return;
    connection->paused = pause;
    (void)lws_rx_flow_control(connection->wsi, !pause);
}

/* Goes as far as it can with what has come. False: close. */
static bool advance(struct http_connection *connection)
{
    for (bool more = true; more;) {
        switch (connection->phase) {
        case READING_HEAD:
            more = read_head(connection);
            break;
        case READING_BODY:
            more = read_body(connection);
            break;
        case SENDING: {
            enum sending sending = send_output(connection);
            if (sending == BROKEN)
                return false;
            more = sending == SENT;
            if (more)
                finish_answer(connection);
            break;
        }
        case WAITING:
        case LINGERING:
            more = false;
            break;
        }
    }
    set_reading(connection);
    return true;
}

/* As advance, from outside of the connection's callbacks, and for what is to be sent only: the next request
 * is not begun on the stack of whoever answered the last one. */
static void send_now(struct http_connection *connection)
{
    switch (send_output(connection)) {
    case BROKEN:
        http_connection_kill(connection);
        return;
    case SENT:
        finish_answer(connection);
        if (connection->input_length)
            (void)lws_callback_on_writable(connection->wsi);
        break;
    case BLOCKED:
        break;
    }
    set_reading(connection);
}

void http_connection_answer(struct http_connection *connection)
{
    connection->phase = SENDING;
    connection->sent = 0;
    set_deadline(connection, connection->server->options.idle_timeout_ms);
    if (!connection->dispatching)
        send_now(connection);
}

static bool receive(struct http_connection *connection, const void *bytes, size_t length)
{
    if (connection->phase == LINGERING)
        return true;
    if (connection->phase == READING_HEAD && !connection->begun) {
        connection->begun = true;
        set_deadline(connection, connection->server->options.header_timeout_ms);
    }
    append(connection, bytes, length);
    if (connection->server->options.held_max && !http_crowd_shed(connection->server, connection) &&
        http_connection_holds(connection))
        refuse_until(connection, 503, no_room, NO_ROOM_S);
    return advance(connection);
}

static void forget(struct http_connection *connection)
{
    http_crowd_leave(connection);
    connection->server->held -= connection->input_size;
    if (connection->request && connection->phase == WAITING)
        connection->request->connection = NULL;
    else
        http_request_free(connection->request);
    buffer_clear(&connection->output);
    free(connection->input);
    free(connection);
}

int http_connection_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                          size_t length)
{
    (void)user;
    struct http_connection *connection;
    switch (reason) {
    case LWS_CALLBACK_RAW_RX:
        connection = lws_get_opaque_user_data(wsi);
        return receive(connection, in, length) ? 0 : -1;
    case LWS_CALLBACK_RAW_WRITEABLE:
        connection = lws_get_opaque_user_data(wsi);
        if (connection->phase == SENDING)
            set_deadline(connection, connection->server->options.idle_timeout_ms);
        return advance(connection) ? 0 : -1;
    case LWS_CALLBACK_RAW_CLOSE:
        connection = lws_get_opaque_user_data(wsi);
        lws_set_opaque_user_data(wsi, NULL);
        if (connection->server->adopting == connection)
            connection->server->adopting = NULL;
        forget(connection);
        return 0;
    default:
        return 0;
    }
}

void http_connection_adopt(struct http_server *server, int descriptor, const char *peer)
{
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        abort();
    connection->server = server;
    memcpy(connection->peer, peer, strnlen(peer, sizeof connection->peer - 1) + 1);
    server->connection_count++;
    set_deadline(connection, server->options.header_timeout_ms);
    /* A refusal may or may not come with the close event, which frees the connection. */
    server->adopting = connection;
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(
        &(lws_adopt_desc_t){.vh = lws_get_vhost_by_name(server->lws, LWS_LOOP_VHOST),
                            .type = LWS_ADOPT_SOCKET,
                            .fd = {.sockfd = descriptor},
                            .vh_prot_name = HTTP_PROTOCOL,
                            .opaque = connection});
    if (wsi)
        connection->wsi = wsi;
    else if (server->adopting)
        forget(connection);
    server->adopting = NULL;
}

bool http_connection_is_idle(const struct http_connection *connection)
{
    return connection->phase == READING_HEAD && !connection->input_length;
}

bool http_connection_is_silent(const struct http_connection *connection)
{
    char byte;
    return http_connection_is_idle(connection) &&
           recv(lws_get_socket_fd(connection->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void http_connection_kill(struct http_connection *connection)
{
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

void http_connection_expire(struct http_connection *connection)
{
    bool listens =
        connection->phase == READING_BODY || (connection->phase == READING_HEAD && connection->input_length);
    if (!listens) {
        http_connection_kill(connection);
        return;
    }
    refuse(connection, 408, "The request did not come whole in time.\n");
    send_now(connection);
}

size_t http_connection_holds(const struct http_connection *connection)
{
    if (connection->phase != READING_HEAD && connection->phase != READING_BODY)
        return 0;
    return connection->input_size + (connection->request ? connection->request->body_size : 0);
}

void http_connection_shed(struct http_connection *connection)
{
    refuse_until(connection, 503, no_room, NO_ROOM_S);
    send_now(connection);
}
