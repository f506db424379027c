/* What libwebsockets is told of a websocket, and what it tells. */
#include <arpa/inet.h>
#include <string.h>

#include "gateway/client/websocket_state.h"

enum { TRIES_MAX = 4, MESSAGE_KEPT = 65536, CODE_NONE = 1005, CODE_TOO_LARGE = 1009 };

/* Only the loop's own timers guard a connection, see lws_loop.h. */
static const lws_retry_bo_t no_validity_checks = {.secs_since_valid_ping = 0};

/* Where libwebsockets would first send what it still holds, to a peer that may be dead, the shutdown makes it
 * give up. */
void websocket_cut(struct websocket *self)
{
    struct lws *wsi = self->wsi;
    self->wsi = NULL;
    if (!wsi)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    (void)shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

/* ---- connecting
 * -------------------------------------------------------------------------------------------------- */

/* The address is given as such, since libwebsockets would resolve a name on the loop, blocking it; the name
 * stays in the Host header, whose host the certificate must be for. */
void websocket_try_next_address(struct websocket *self)
{
    if (self->tried >= self->addresses.count || self->tried >= TRIES_MAX) {
        if (!self->reason_length)
            websocket_say_reason(self, "the host has no address");
        websocket_end(self);
        return;
    }
    const struct sockaddr_storage *address = &self->addresses.list[self->tried++];
    char text[INET6_ADDRSTRLEN] = "";
    const void *bytes = address->ss_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    (void)inet_ntop(address->ss_family, bytes, text, sizeof text);
    self->phase = CONNECTING;
    const struct lws_client_connect_info connection = {
        .context = self->client->lws,
        .vhost = lws_get_vhost_by_name(self->client->lws, LWS_LOOP_VHOST),
        .address = text,
        .port = (int)self->url.port,
        .path = self->url.path,
        .host = self->url.authority,
        .protocol = self->subprotocol,
        .local_protocol_name = WEBSOCKET_PROTOCOL,
        .alpn = "http/1.1",
        /* A redirect would carry the Authorization header elsewhere. */
        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (self->url.secure ? LCCSCF_USE_SSL : 0),
        .retry_and_idle_policy = &no_validity_checks,
        .opaque_user_data = self,
        .pwsi = &self->wsi,
    };
    if (!lws_client_connect_via_info(&connection)) {
        self->wsi = NULL;
        if (!self->reason_length)
            websocket_say_reason(self, "no connection");
        loop_timer_set(self->timer, 0);
        return;
    }
    websocket_schedule(self);
}

/* Once only: a refusal by the server stands, anything before it may be the address's fault. */
static void connecting_failed(struct websocket *self, const char *reason, size_t length)
{
    self->wsi = NULL;
    websocket_set_reason(self, reason ? reason : "no connection", reason ? length : strlen("no connection"));
    if (self->http_status)
        websocket_end(self);
    else
        loop_timer_set(self->timer, 0);
}

static int add_headers(struct websocket *self, struct lws *wsi, void *in, size_t length)
{
    unsigned char **at = in;
    if (!self->authorization)
        return 0;
    return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
                                        (const unsigned char *)self->authorization,
                                        (int)strlen(self->authorization), at, *at + length);
}

/* ---- open
 * -------------------------------------------------------------------------------------------------------- */

static void opened(struct websocket *self, struct lws *wsi)
{
    self->wsi = wsi;
    self->phase = OPEN;
    websocket_say_reason(self, "the connection broke");
    self->heard_ms = loop_monotonic_ms();
    self->ping_at_ms = self->heard_ms + self->ping_ms;
    websocket_schedule(self);
    self->handler.opened(self->handler.context);
}

static int receive(struct websocket *self, struct lws *wsi, const void *bytes, size_t length)
{
    self->heard_ms = loop_monotonic_ms();
    if (self->phase != OPEN)
        return 0;
    buffer_add(&self->message, bytes, length);
    if (self->message.failed) {
        self->close_code = CODE_TOO_LARGE;
        websocket_say_reason(self, "a message was too large");
        websocket_begin_closing(self);
        lws_close_reason(wsi, (enum lws_close_status)CODE_TOO_LARGE, NULL, 0);
        return -1;
    }
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
        return 0;
    self->handler.message(self->handler.context, buffer_text(&self->message), self->message.length,
                          lws_frame_is_binary(wsi) != 0);
    if (self->message.size > MESSAGE_KEPT)
        buffer_clear(&self->message);
    self->message.length = 0;
    return 0;
}

static void peer_closes(struct websocket *self, const unsigned char *payload, size_t length)
{
    if (self->phase == CLOSING)
        return;
    self->close_code = length >= 2 ? payload[0] << 8 | payload[1] : CODE_NONE;
    websocket_set_reason(self, length > 2 ? payload + 2 : payload, length > 2 ? length - 2 : 0);
    websocket_begin_closing(self);
}

static int send_next(struct websocket *self, struct lws *wsi)
{
    int result = 0;
    if (self->ping_due) {
        unsigned char room[LWS_PRE + 1] = {0};
        self->ping_due = false;
        result = lws_write(wsi, room + LWS_PRE, 0, LWS_WRITE_PING);
    } else if (self->queue) {
        struct outgoing *message = self->queue;
        self->queue = message->next;
        if (!self->queue)
            self->queue_end = &self->queue;
        self->queued -= message->length;
        result = lws_write(wsi, message->bytes + LWS_PRE, message->length, LWS_WRITE_TEXT);
        free(message);
    } else if (self->close_due) {
        self->close_due = false;
        lws_close_reason(wsi, (enum lws_close_status)self->close_code, NULL, 0);
        return -1;
    }
    if (self->ping_due || self->queue || self->close_due)
        (void)lws_callback_on_writable(wsi);
    return result < 0 ? -1 : 0;
}

int websocket_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)user;
    struct websocket *self = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!self)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_headers(self, wsi, in, length);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: {
        int status = (int)lws_http_client_http_response(wsi);
        self->http_status = status == 101 ? 0 : status;
        return 0;
    }
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        opened(self, wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return receive(self, wsi, in, length);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        self->heard_ms = loop_monotonic_ms();
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        peer_closes(self, in, length);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return send_next(self, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
        lws_set_opaque_user_data(wsi, NULL);
        connecting_failed(self, in, length);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        lws_set_opaque_user_data(wsi, NULL);
        self->wsi = NULL;
        websocket_end(self);
        return 0;
    default:
        return 0;
    }
}
