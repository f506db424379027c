/* Members' own pages at the gateway (the contract's §10.3): asks it for a link that lets one in once. */
#ifndef PLAZA_HANDOVER_H
#define PLAZA_HANDOVER_H

#include "plaza/server.h"

struct handover;

/* NULL with an empty `error` when the options name no such pages; NULL and a sentence when they cannot be
 * used. */
struct handover *handover_new(struct server *server, char *error, size_t size);
void handover_free(struct handover *handover);

/* Asks for the member's link; the request waits for it. */
void handover_ask(struct handover *handover, struct request *request, const char *account);
/* Answers a request that waited, when the gateway has answered or did not in time. */
void handover_poll(struct handover *handover, struct request *request);

/* Of the connections that it opens. */
int handover_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

#define HANDOVER_PROTOCOL "handover"

#endif
