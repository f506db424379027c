/* HTTP and websockets on one port (libwebsockets, its own poll loop, one thread). */
#ifndef PLAZA_SERVER_H
#define PLAZA_SERVER_H

#include <libwebsockets.h>
#include <signal.h>

#include "plaza/request.h"

struct connection;
struct stream;
struct webhook;

struct server {
    struct plaza *plaza;
    struct lws_context *context;
    struct lws_vhost *vhost;
    lws_sorted_usec_list_t tick;
    struct connection *waiting; /* long-polls without an answer yet */
    struct stream *streams;
    struct webhook *webhook; /* NULL: none */
    unsigned sessions;       /* numbers the streams */
    bool stopping;
};

/* Listens, and sets plaza->url from the port that was given. False: `error` says why. */
bool server_start(struct server *server, struct plaza *plaza, char *error, size_t size);
/* Serves until *stop, then tells the streams that it restarts (1001) and ends. */
void server_run(struct server *server, const volatile sig_atomic_t *stop);
void server_free(struct server *server);

/* There are new events: streams and long-polls go on. */
void server_notify(struct server *server);

#endif
