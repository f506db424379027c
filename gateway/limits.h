/* How much this worker lets in: so many requests of an address, so many activities of a server, and nothing
 * that costs while memory or queues are full (PROTOCOL §5.6). Refusing early is what keeps the rest going. */
#ifndef DRAWBRIDGE_GATEWAY_LIMITS_H
#define DRAWBRIDGE_GATEWAY_LIMITS_H

#include "gateway/gateway.h"

struct http_request;

enum {
    LIMIT_BURST_SECONDS = 10,  /* a bucket holds what comes in so long */
    LIMIT_REDIS_PERCENT = 85,  /* of Redis' maxmemory, or of its machine's memory where it has none */
    LIMIT_MEMORY_RETRY_S = 10, /* Retry-After of a worker that is full */
    LIMIT_QUEUE_RETRY_S = 30,  /* … of a full inbox queue or store */
    LIMIT_RETRY_MAX_S = 3600,
    LIMIT_RARE_BURST = 5, /* at once, of what nobody does often */
};

void limits_start(struct gateway *gateway);
void limits_free(struct gateway *gateway);

/* The edge's http_admission; `gateway` is its context. 503 while the worker's memory is past its mark, and
 * for what would be queued while the inbox or the store is; 429 when the client's address comes too often.
 * Loopback has no such rate: it is the reverse proxy, or the operator. Health checks are always let in. */
int limits_admit(void *gateway, const struct http_request *request, unsigned *retry_after_s);

/* One activity more from the host of an actor whose signature was verified. 0, or in how many seconds to come
 * again. */
unsigned limits_take_host(struct gateway *gateway, const char *actor_id);

/* Whether somebody at `peer` may have `server` asked how its people follow: once a second, by one address and
 * about one server. */
bool limits_take_dialog(struct gateway *gateway, const char *peer, const char *server);

/* Whether what has that name may be done now: once a second, LIMIT_RARE_BURST at once. */
bool limits_take_rare(struct gateway *gateway, const char *name);

#endif
