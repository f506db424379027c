/* One connection of the edge, from accept to close. libwebsockets carries its bytes (raw role: adoption,
 * reading, sends that go out in parts, closing); what they mean is decided here. Inside the edge only. */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_CONNECTION_H
#define DRAWBRIDGE_GATEWAY_HTTP_CONNECTION_H

#include <libwebsockets.h>

#include "gateway/http/request.h"
#include "mapping/buffer.h"

#define HTTP_PROTOCOL "edge"

enum connection_phase {
    READING_HEAD, /* or idle, while no byte of a request has come */
    READING_BODY,
    WAITING, /* for the handler's answer */
    SENDING,
    LINGERING /* all is sent; what still comes is thrown away, so that no reset overtakes the answer */
};

struct http_server {
    struct loop *loop;
    struct http_options options;
    http_handler handler;
    void *context;
    struct trusted_proxies *proxies;
    struct lws_context *lws;
    int listener;
    struct loop_io *listening;
    struct loop_timer *sweep;
    unsigned sweep_ms;
    bool draining;
    struct http_connection *connections, *newest; /* all that live; who moved last stands at the end */
    struct http_connection *adopting;
    size_t connection_count;
    size_t held;                   /* bytes of requests that have come and are not answered yet */
    struct http_request *requests; /* all that wait for their answer */
    size_t pending;
};

struct http_connection {
    struct http_server *server;
    struct http_connection *previous, *next;
    struct lws *wsi; /* NULL until adopted */
    enum connection_phase phase;
    int64_t deadline_ms; /* none while WAITING */
    int64_t moved_ms;    /* when its deadline was set: it has made progress */
    char *input;         /* bytes not understood yet */
    size_t input_length, input_size, searched;
    struct http_request *request;
    struct buffer output;
    size_t sent;
    bool begun; /* a byte of a request has come */
    bool dispatching, paused, close_after;
    bool served; /* has had an answer */
    char peer[INET6_ADDRSTRLEN];
};

/* Takes over an accepted descriptor; closes it when libwebsockets refuses. */
void http_connection_adopt(struct http_server *server, int descriptor, const char *peer);
/* The callback of the server's one protocol. */
int http_connection_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                          size_t length);
bool http_connection_is_idle(const struct http_connection *connection);
/* Idle, and nothing waits in the kernel either. */
bool http_connection_is_silent(const struct http_connection *connection);
/* Closes at once; from outside of the connection's own callbacks. */
void http_connection_kill(struct http_connection *connection);
/* The deadline has passed: says so where somebody may still listen, else closes. */
void http_connection_expire(struct http_connection *connection);
/* There is no room for a request that has begun: says so and frees what it holds. */
void http_connection_shed(struct http_connection *connection);
/* Bytes of an unfinished request; 0 when there is none. */
size_t http_connection_holds(const struct http_connection *connection);

/* ---- who has to go when there are too many (crowd.c) */

/* Puts a connection that moved to the end of the list, and a new one with it. */
void http_crowd_move(struct http_connection *connection);
void http_crowd_leave(struct http_connection *connection);
/* Room for one more connection: the one that has stood still for longest goes, idle or with a request that
 * does not come on. False when all are at work. */
bool http_crowd_make_room(struct http_server *server);
/* Sheds large unfinished requests until what is held keeps to its maximum; never `spared`. False when it does
 * not. */
bool http_crowd_shed(struct http_server *server, const struct http_connection *spared);

/* Ends the connection's request with the answer in `output`. */
void http_connection_answer(struct http_connection *connection);

/* Writes an answer as it goes out (answer.c). */
void http_answer_write(struct buffer *out, const struct http_answer *answer, bool head_only,
                       const char *connection_option);

#endif
