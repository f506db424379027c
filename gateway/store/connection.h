/* Private to store/: one connection to Redis that comes back by itself. Up means: connected, authenticated,
 * the database selected, and Redis answered a PING (it does not while it loads its data). */
#ifndef DRAWBRIDGE_GATEWAY_STORE_CONNECTION_H
#define DRAWBRIDGE_GATEWAY_STORE_CONNECTION_H

#include <hiredis/hiredis.h>

#include "gateway/loop.h"
#include "gateway/store/address.h"

struct connection;

struct connection_handler {
    void *context;
    void (*changed)(void *context, bool up);
};

/* `address` is borrowed; `purpose` is a constant word for logs. Connects in the background, from the loop. */
struct connection *connection_new(struct loop *loop, const struct store_address *address, const char *purpose,
                                  const struct connection_handler *handler);
/* What is still unanswered hears that the connection is down. Not from a callback of this connection. */
void connection_free(struct connection *connection);
bool connection_is_up(const struct connection *connection);
/* How long Redis may take for one command; then the connection is given up. */
void connection_set_deadline(struct connection *connection, int64_t milliseconds);

/* `reply` is borrowed for the call; NULL: the connection went down, the outcome is unknown. */
typedef void (*connection_answered)(void *context, const redisReply *reply);
/* False: not sent (down, or too much is unanswered), and `answered` is never called. */
bool connection_send(struct connection *connection, const char *wire, size_t length,
                     connection_answered answered, void *context);
/* The connection becomes one for messages: only this may be called on it from now on. `heard` is called for
 * each confirmation and message, never with NULL. False: not sent. */
bool connection_subscribe(struct connection *connection, const char *channel, connection_answered heard,
                          void *context);
/* Gives the connection up and makes a new one. `why` is for the log. */
void connection_renew(struct connection *connection, const char *why);

#endif
