/* A platform's events by websocket. */
#include <string.h>

#include "gateway/log.h"
#include "gateway/upstream/stream.h"
#include "mapping/buffer.h"

/* ---- what the socket says
 * ------------------------------------------------------------------------------------------- */

static void socket_opened(void *context)
{
    struct platform_stream *self = context;
    self->open = true;
    stream_wake(self);
    log_write(LOG_INFO, "the platform's stream is open", "platform", self->platform->config->name,
              (char *)NULL);
}

static void socket_message(void *context, const void *bytes, size_t length, bool binary)
{
    struct platform_stream *self = context;
    const struct stream_sink sink = stream_sink_of(self);
    if (self->broken)
        return;
    if (self->platform->class->stream_feed(self->stream, (struct adapter_bytes){bytes, length}, binary,
                                           &sink)) {
        self->backoff_ms = STREAM_BACKOFF_FIRST_MS;
        return;
    }
    self->broken = true;
    log_write(LOG_WARNING, "the platform's stream sent what cannot be understood; reconnecting", "platform",
              self->platform->config->name, (char *)NULL);
    stream_wake(self);
}

static void socket_closed(void *context, int http_status, int close_code, const char *reason,
                          size_t reason_length)
{
    struct platform_stream *self = context;
    self->socket = NULL;
    self->closed = true;
    self->http_status = http_status;
    self->close_code = close_code;
    if (reason_length >= sizeof self->reason)
        reason_length = sizeof self->reason - 1;
    if (reason_length)
        memcpy(self->reason, reason, reason_length);
    self->reason[reason_length] = '\0';
    stream_wake(self);
}

/* What is done now and then while the socket is open. False: close it. */
static bool look_after(struct platform_stream *self, bool *greeted)
{
    if (!self->open)
        return true;
    stream_note(self);
    if (*greeted)
        return stream_watch_refresh(self);
    *greeted = true;
    /* Without a cursor: what happened until now came by no stream. Those that pick the accounts themselves
     * say where they are, and their adapters tell the gap. */
    bool gap = self->live && self->platform->class->stream_watch;
    return (!gap || stream_queue_gap(self)) && stream_watch_tell(self);
}

/* Feeds on the open socket until it ends, the lease is lost or the gateway stops. */
static void hold(struct platform_stream *self)
{
    bool leave = false;
    bool greeted = false;
    while (!self->closed) {
        if (!leave && (!stream_flush(self) || self->broken || self->platform->gateway->stopping ||
                       !lease_keep(self->platform->gateway, &self->lease) || !look_after(self, &greeted))) {
            leave = true;
            if (self->socket)
                websocket_close(self->socket, 1000);
        }
        if (!self->closed && (!self->first || leave))
            stream_wait(self, STREAM_TICK_MS);
    }
    if (!leave)
        (void)stream_flush(self);
    stream_drop_batches(self);
}

bool stream_by_websocket(struct platform_stream *self, const struct stream_plan *plan)
{
    struct platform *platform = self->platform;
    struct buffer authorization;
    buffer_init(&authorization, 4096);
    if (plan->authenticate && platform->config->token)
        buffer_format(&authorization, "Bearer %s", platform->config->token);
    const struct websocket_options options = {
        .url = plan->url,
        .subprotocol = plan->subprotocol,
        .authorization = authorization.length ? buffer_text(&authorization) : NULL,
        .message_max = plan->message_max,
        .connect_timeout_ms = 10000,
        .ping_ms = plan->ping_ms,
        .silence_ms = plan->silence_ms,
    };
    const struct websocket_handler handler = {
        .context = self, .opened = socket_opened, .message = socket_message, .closed = socket_closed};
    const char *why = NULL;
    if (!stream_watch_read(self)) {
        buffer_clear(&authorization);
        return false;
    }
    self->socket = websocket_open(platform->gateway->websockets, &options, &handler, &why);
    buffer_clear(&authorization);
    if (!self->socket)
        log_write(LOG_ERROR, "the platform's stream cannot be opened", "platform", platform->config->name,
                  "reason", why, (char *)NULL);
    if (self->socket)
        hold(self);
    return self->open || self->closed;
}
