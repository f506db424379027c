/* The contract's websocket /v1/stream (PLATFORMS §7.6): hello, event, mark; ack, watch. */
#ifndef PLAZA_STREAM_H
#define PLAZA_STREAM_H

#include "plaza/server.h"

struct stream_slot {
    struct stream *stream; /* owned by the connection; freed when it closes */
};

int stream_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

void streams_notify(struct server *server);
/* Marks for streams without traffic. */
void streams_tick(struct server *server);
void streams_close(struct server *server, int code, const char *reason);
/* Cuts every connection in the middle of a frame; returns how many. For tests. */
int streams_cut(struct server *server);

#endif
