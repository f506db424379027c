/* libwebsockets on our loop: what both its users, the edge and the websocket client, must set alike. */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_LWS_LOOP_H
#define DRAWBRIDGE_GATEWAY_HTTP_LWS_LOOP_H

#include <libwebsockets.h>

#include "gateway/loop.h"

enum { LWS_READ_SIZE = 32768 };
#define LWS_LOOP_VHOST "drawbridge"

/* A context on `loop` that listens nowhere; `info` brings protocols, user and options. NULL when the library
 * refuses. lws_context_destroy ends it, from outside of its callbacks.
 *
 * No deadline of ours rests on the library's timers: they are a sorted list, O(n) per connection, and its
 * libev plug-in does not re-arm a running one (ENGINE §2.1, §2.10). */
struct lws_context *lws_context_on_loop(struct loop *loop, struct lws_context_creation_info *info);

#endif
