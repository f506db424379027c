/* One outgoing websocket: its state, its deadlines and its end (websocket.c), and what libwebsockets is told
 * and tells (websocket_wire.c). */
#ifndef DRAWBRIDGE_GATEWAY_CLIENT_WEBSOCKET_STATE_H
#define DRAWBRIDGE_GATEWAY_CLIENT_WEBSOCKET_STATE_H

#include "gateway/client/resolver.h"
#include "gateway/client/websocket.h"
#include "gateway/client/websocket_url.h"
#include "gateway/http/lws_loop.h"
#include "mapping/buffer.h"

#define WEBSOCKET_PROTOCOL "drawbridge-websocket"

enum { WEBSOCKET_REASON_MAX = 123 }; /* what a close frame can hold */

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

enum websocket_phase { RESOLVING, CONNECTING, OPEN, CLOSING };

struct websocket {
    struct websocket_client *client;
    struct websocket *next, **link;
    struct websocket_handler handler;
    struct websocket_url url;
    char *subprotocol, *authorization;
    unsigned ping_ms, silence_ms;
    enum websocket_phase phase;
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
    char reason[WEBSOCKET_REASON_MAX + 1];
    size_t reason_length;
};

/* The connection is gone or let go of: says so, once, and is dead. */
void websocket_end(struct websocket *self);
void websocket_set_reason(struct websocket *self, const void *reason, size_t length);
void websocket_say_reason(struct websocket *self, const char *reason);
/* Sets the timer to whatever is due next. */
void websocket_schedule(struct websocket *self);
void websocket_begin_closing(struct websocket *self);

/* Connects to the next address that the host has, or ends when there is none left. */
void websocket_try_next_address(struct websocket *self);
/* Lets go of the connection, which shall not speak any more. */
void websocket_cut(struct websocket *self);
/* The callback of the client's one protocol. */
int websocket_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

#endif
