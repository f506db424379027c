#include "gateway/client/websocket.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/resolver.h"
#include "gateway/client/websocket_url.h"
#include "gateway/http/lws_loop.h"
#include "mapping/buffer.h"

#define PROTOCOL "drawbridge-websocket"

enum {
    QUEUE_MAX = 1 << 20,
    CLOSE_MS = 3000,
    TRIES_MAX = 4,
    AUTHORIZATION_MAX = 8192,
    SUBPROTOCOL_MAX = 100,
    REASON_MAX = 123, /* what a close frame can hold */
    MESSAGE_KEPT = 65536,
    HEADERS_MAX = 16384,
    CODE_NONE = 1005,
    CODE_TOO_LARGE = 1009
};

struct websocket_client {
    struct loop *loop;
    struct lws_context *lws;
    struct resolver *resolver;
    struct websocket *first;
};

struct outgoing {
    struct outgoing *next;
    size_t length;
    unsigned char bytes[]; /* LWS_PRE bytes of room, then the message */
};

enum phase { RESOLVING, CONNECTING, OPEN, CLOSING };

struct websocket {
    struct websocket_client *client;
    struct websocket *next, **link;
    struct websocket_handler handler;
    struct websocket_url url;
    char *subprotocol, *authorization;
    unsigned ping_ms, silence_ms;
    enum phase phase;
    struct resolver_wait *lookup;
    struct addresses addresses;
    size_t tried;
    struct lws *wsi; /* NULL while there is no connection */
    struct loop_timer *timer;
    int64_t deadline_ms, heard_ms, ping_at_ms;
    struct buffer message;
    struct outgoing *queue, **queue_end;
    size_t queued;
    bool ping_due, close_due, asked_to_close;
    int http_status, close_code;
    char reason[REASON_MAX + 1];
    size_t reason_length;
};

/* Only the loop's own timers guard a connection, see lws_loop.h. */
static const lws_retry_bo_t no_validity_checks = {.secs_since_valid_ping = 0};

static char *copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        abort();
    return copy;
}

static void set_reason(struct websocket *self, const void *reason, size_t length)
{
    self->reason_length = length < REASON_MAX ? length : REASON_MAX;
    if (self->reason_length)
        memcpy(self->reason, reason, self->reason_length);
    self->reason[self->reason_length] = '\0';
}

static void set_reason_text(struct websocket *self, const char *reason)
{
    set_reason(self, reason, strlen(reason));
}

/* ---- the end
 * ---------------------------------------------------------------------------------------------------- */

/* Lets go of a connection that shall not speak any more. Where libwebsockets would first send what it still
 * holds, to a peer that may be dead, the shutdown makes it give up. */
static void cut(struct websocket *self)
{
    struct lws *wsi = self->wsi;
    self->wsi = NULL;
    if (!wsi)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    (void)shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void websocket_free(struct websocket *self)
{
    while (self->queue) {
        struct outgoing *next = self->queue->next;
        free(self->queue);
        self->queue = next;
    }
    if (self->lookup)
        resolver_give_up(self->lookup);
    if (self->authorization)
        explicit_bzero(self->authorization, strlen(self->authorization));
    free(self->authorization);
    free(self->subprotocol);
    buffer_clear(&self->message);
    loop_timer_free(self->timer);
    free(self);
}

/* The connection is gone or let go of: says so, once, and is dead. */
static void end(struct websocket *self)
{
    *self->link = self->next;
    if (self->next)
        self->next->link = self->link;
    loop_timer_cancel(self->timer);
    self->handler.closed(self->handler.context, self->http_status, self->close_code, self->reason,
                         self->reason_length);
    websocket_free(self);
}

/* ---- time
 * -------------------------------------------------------------------------------------------------------- */

static void schedule(struct websocket *self)
{
    int64_t at = self->deadline_ms;
    if (self->phase == OPEN) {
        at = INT64_MAX;
        if (self->silence_ms)
            at = self->heard_ms + self->silence_ms;
        if (self->ping_ms && self->ping_at_ms < at)
            at = self->ping_at_ms;
        if (at == INT64_MAX) {
            loop_timer_cancel(self->timer);
            return;
        }
    }
    loop_timer_set(self->timer, at - loop_monotonic_ms());
}

static void begin_closing(struct websocket *self)
{
    self->phase = CLOSING;
    self->deadline_ms = loop_monotonic_ms() + CLOSE_MS;
    schedule(self);
}

static void give_up(struct websocket *self, const char *reason)
{
    if (!self->http_status && !self->close_code)
        set_reason_text(self, reason);
    cut(self);
    end(self);
}

static void try_next_address(struct websocket *self);

static void time_came(void *context)
{
    struct websocket *self = context;
    int64_t now = loop_monotonic_ms();
    switch (self->phase) {
    case RESOLVING:
    case CONNECTING:
        if (self->asked_to_close)
            give_up(self, "closed before it was open");
        else if (now >= self->deadline_ms)
            give_up(self, "no connection in time");
        else if (self->phase == CONNECTING && !self->wsi)
            try_next_address(self);
        else
            schedule(self);
        return;
    case CLOSING:
        if (now >= self->deadline_ms)
            give_up(self, "the close handshake took too long");
        else
            schedule(self);
        return;
    case OPEN:
        break;
    }
    if (self->silence_ms && now >= self->heard_ms + self->silence_ms) {
        give_up(self, "nothing was heard for too long");
        return;
    }
    if (self->ping_ms && now >= self->ping_at_ms) {
        self->ping_at_ms = now + self->ping_ms;
        self->ping_due = true;
        (void)lws_callback_on_writable(self->wsi);
    }
    schedule(self);
}

/* ---- connecting
 * -------------------------------------------------------------------------------------------------- */

/* The address is given as such, since libwebsockets would resolve a name on the loop, blocking it; the name
 * stays in the Host header, whose host the certificate must be for. */
static void try_next_address(struct websocket *self)
{
    if (self->tried >= self->addresses.count || self->tried >= TRIES_MAX) {
        if (!self->reason_length)
            set_reason_text(self, "the host has no address");
        end(self);
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
        .local_protocol_name = PROTOCOL,
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
            set_reason_text(self, "no connection");
        loop_timer_set(self->timer, 0);
        return;
    }
    schedule(self);
}

static void resolved(void *context, const struct addresses *addresses)
{
    struct websocket *self = context;
    self->lookup = NULL;
    self->addresses = *addresses;
    self->phase = CONNECTING;
    loop_timer_set(self->timer, 0);
}

/* Once only: a refusal by the server stands, anything before it may be the address's fault. */
static void connecting_failed(struct websocket *self, const char *reason, size_t length)
{
    self->wsi = NULL;
    set_reason(self, reason ? reason : "no connection", reason ? length : strlen("no connection"));
    if (self->http_status)
        end(self);
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
    set_reason_text(self, "the connection broke");
    self->heard_ms = loop_monotonic_ms();
    self->ping_at_ms = self->heard_ms + self->ping_ms;
    schedule(self);
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
        set_reason_text(self, "a message was too large");
        begin_closing(self);
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
    set_reason(self, length > 2 ? payload + 2 : payload, length > 2 ? length - 2 : 0);
    begin_closing(self);
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

static int event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
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
        end(self);
        return 0;
    default:
        return 0;
    }
}

/* ---- what callers call
 * ------------------------------------------------------------------------------------------- */

static const struct lws_protocols protocols[] = {
    {.name = PROTOCOL, .callback = event, .rx_buffer_size = LWS_READ_SIZE},
    {.name = NULL},
};

struct websocket_client *websocket_client_new(struct loop *loop, const char *ca_file)
{
    struct websocket_client *client = calloc(1, sizeof *client);
    if (!client)
        abort();
    client->loop = loop;
    struct lws_context_creation_info info = {
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                   (ca_file ? LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS : 0),
        .client_ssl_ca_filepath = ca_file,
        .max_http_header_data = HEADERS_MAX,
        /* Port 0: no proxy, whatever the environment says. */
        .http_proxy_address = ":0",
    };
    client->lws = lws_context_on_loop(loop, &info);
    if (!client->lws)
        abort();
    client->resolver = resolver_new(loop, 1);
    return client;
}

void websocket_client_free(struct websocket_client *client)
{
    if (!client)
        return;
    while (client->first)
        give_up(client->first, "the gateway stops");
    lws_context_destroy(client->lws);
    resolver_free(client->resolver);
    free(client);
}

static bool is_header_value(const char *text, size_t maximum)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return length > 0 && length <= maximum;
}

struct websocket *websocket_open(struct websocket_client *client, const struct websocket_options *options,
                                 const struct websocket_handler *handler, const char **why)
{
    struct websocket_url url;
    *why = websocket_url_read(options->url, &url);
    if (!*why && options->subprotocol && !is_header_value(options->subprotocol, SUBPROTOCOL_MAX))
        *why = "the subprotocol is malformed";
    if (!*why && options->authorization && !is_header_value(options->authorization, AUTHORIZATION_MAX))
        *why = "the authorization is malformed";
    if (*why)
        return NULL;
    struct websocket *self = calloc(1, sizeof *self);
    if (!self)
        abort();
    self->client = client;
    self->next = client->first;
    self->link = &client->first;
    if (self->next)
        self->next->link = &self->next;
    client->first = self;
    self->handler = *handler;
    self->url = url;
    self->subprotocol = copy_text(options->subprotocol);
    self->authorization = copy_text(options->authorization);
    self->silence_ms = options->silence_ms;
    /* The peer's pings are answered below us, unseen: only our own tell a quiet peer from a dead one. */
    self->ping_ms = options->ping_ms ? options->ping_ms : options->silence_ms / 3;
    self->queue_end = &self->queue;
    buffer_init(&self->message, options->message_max);
    self->timer = loop_timer_new(client->loop, time_came, self);
    self->deadline_ms = loop_monotonic_ms() + options->connect_timeout_ms;
    schedule(self);
    self->lookup = resolver_lookup(client->resolver, self->url.host, resolved, self);
    return self;
}

bool websocket_send(struct websocket *self, const void *bytes, size_t length)
{
    if (self->phase != OPEN || length > QUEUE_MAX - self->queued)
        return false;
    struct outgoing *message = malloc(sizeof *message + LWS_PRE + length);
    if (!message)
        abort();
    message->next = NULL;
    message->length = length;
    if (length)
        memcpy(message->bytes + LWS_PRE, bytes, length);
    *self->queue_end = message;
    self->queue_end = &message->next;
    self->queued += length;
    (void)lws_callback_on_writable(self->wsi);
    return true;
}

void websocket_close(struct websocket *self, int code)
{
    if (self->phase == RESOLVING || self->phase == CONNECTING) {
        self->asked_to_close = true;
        loop_timer_set(self->timer, 0);
    } else if (self->phase == OPEN) {
        self->close_code = code;
        set_reason_text(self, "");
        self->close_due = true;
        begin_closing(self);
        (void)lws_callback_on_writable(self->wsi);
    }
}
