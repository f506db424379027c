/* The contract's §4.5: events POSTed to the gateway in signed batches, one after the other, each until it is
 * taken. */
#ifndef PLAZA_WEBHOOK_H
#define PLAZA_WEBHOOK_H

#include "plaza/server.h"

struct webhook;

/* Reads the secret and the address of the options. NULL with an empty `error` when they name none; NULL and a
 * sentence when they cannot be used. */
struct webhook *webhook_new(struct server *server, char *error, size_t size);
void webhook_free(struct webhook *webhook);

/* Sends what there is and is due. NULL does nothing. */
void webhook_go(struct webhook *webhook);

/* Of the connections that it opens. */
int webhook_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

#define WEBHOOK_PROTOCOL "webhook"

#endif
