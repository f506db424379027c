/* Outgoing websockets (libwebsockets on the loop), for platforms that the operator configured. */
#ifndef DRAWBRIDGE_GATEWAY_CLIENT_WEBSOCKET_H
#define DRAWBRIDGE_GATEWAY_CLIENT_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/loop.h"

struct websocket_client; /* the lws context that carries them */
struct websocket;

/* `ca_file`: the certificates to trust instead of the system's, NULL for those. */
struct websocket_client *websocket_client_new(struct loop *loop, const char *ca_file);
/* Closes what is open, abruptly. Not from inside a handler. */
void websocket_client_free(struct websocket_client *client);

struct websocket_handler {
    void *context;
    void (*opened)(void *context);
    /* One whole message. */
    void (*message)(void *context, const void *bytes, size_t length, bool binary);
    /* Always called once, last, never from inside a call of this header but websocket_client_free; the
     * websocket is dead afterwards. `http_status`: the upgrade was refused; `close_code`: the close frame's,
     * the peer's or our own (1005: a frame without code, 1009: a message was too large); both 0: the
     * connection broke, `reason` says how. */
    void (*closed)(void *context, int http_status, int close_code, const char *reason, size_t reason_length);
};

struct websocket_options {
    const char *url, *subprotocol; /* subprotocol may be NULL */
    const char *authorization;     /* value of the Authorization header, NULL none; never logged */
    size_t message_max;            /* a larger message closes the connection */
    /* After silence_ms without a message or a pong the connection counts as broken; 0: never. ping_ms 0: a
     * third of silence_ms. */
    unsigned connect_timeout_ms, ping_ms, silence_ms;
    unsigned via_port; /* connect to this port of 127.0.0.1 (a relay) instead of the URL's host; 0: no */
};

/* Starts connecting; NULL (and a reason) when the URL is no websocket URL. */
struct websocket *websocket_open(struct websocket_client *client, const struct websocket_options *options,
                                 const struct websocket_handler *handler, const char **why);
/* Queues a text message; false when 1 MiB waits already or the socket is not open. */
bool websocket_send(struct websocket *websocket, const void *bytes, size_t length);
/* Starts closing, after what is queued; `closed` follows, at the latest after 3 s. */
void websocket_close(struct websocket *websocket, int code);

#endif
