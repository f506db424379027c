#include "gateway/client/websocket.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/client/websocket_state.h"

enum {
    QUEUE_MAX = 1 << 20,
    CLOSE_MS = 3000,
    AUTHORIZATION_MAX = 8192,
    SUBPROTOCOL_MAX = 100,
    HEADERS_MAX = 16384
};

static char *copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        abort();
    return copy;
}

void websocket_set_reason(struct websocket *self, const void *reason, size_t length)
{
    self->reason_length = length < WEBSOCKET_REASON_MAX ? length : WEBSOCKET_REASON_MAX;
    if (self->reason_length)
        memcpy(self->reason, reason, self->reason_length);
    self->reason[self->reason_length] = '\0';
}

void websocket_say_reason(struct websocket *self, const char *reason)
{
    websocket_set_reason(self, reason, strlen(reason));
}

/* ---- the end
 * ---------------------------------------------------------------------------------------------------- */

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

void websocket_end(struct websocket *self)
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

void websocket_schedule(struct websocket *self)
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

void websocket_begin_closing(struct websocket *self)
{
    self->phase = CLOSING;
    self->deadline_ms = loop_monotonic_ms() + CLOSE_MS;
    websocket_schedule(self);
}

static void give_up(struct websocket *self, const char *reason)
{
    if (!self->http_status && !self->close_code)
        websocket_say_reason(self, reason);
    websocket_cut(self);
    websocket_end(self);
}

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
            websocket_try_next_address(self);
        else
            websocket_schedule(self);
        return;
    case CLOSING:
        if (now >= self->deadline_ms)
            give_up(self, "the close handshake took too long");
        else
            websocket_schedule(self);
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
    websocket_schedule(self);
}

static void resolved(void *context, const struct addresses *addresses)
{
    struct websocket *self = context;
    self->lookup = NULL;
    self->addresses = *addresses;
    self->phase = CONNECTING;
    loop_timer_set(self->timer, 0);
}

/* ---- what callers call
 * ------------------------------------------------------------------------------------------- */

static const struct lws_protocols protocols[] = {
    {.name = WEBSOCKET_PROTOCOL, .callback = websocket_event, .rx_buffer_size = LWS_READ_SIZE},
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
    struct websocket *next;
    for (struct websocket *self = client->first; self; self = next) {
        next = self->next;
        give_up(self, "the gateway stops");
    }
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
    websocket_schedule(self);
    if (options->via_port) {
        self->url.port = options->via_port;
        self->lookup = resolver_lookup(client->resolver, "127.0.0.1", resolved, self);
    } else {
        self->lookup = resolver_lookup(client->resolver, self->url.host, resolved, self);
    }
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
        websocket_say_reason(self, "");
        self->close_due = true;
        websocket_begin_closing(self);
        (void)lws_callback_on_writable(self->wsi);
    }
}
