/* Durable work: a queue in the store (a Redis stream, work:NAME) that one worker processes at a time, by
 * lease. Entries of one chain (an actor, an account) keep their order; different chains run side by side,
 * each entry in a task of its own. An entry is gone only after its handler said so: a worker that dies leaves
 * it to the next one, so handlers are idempotent. */
#ifndef DRAWBRIDGE_GATEWAY_WORK_H
#define DRAWBRIDGE_GATEWAY_WORK_H

#include <stddef.h>

#include "gateway/gateway.h"

struct work;

struct work_entry {
    const char *id, *chain, *data, *trace; /* trace: "" when none */
    size_t data_length;
    int64_t time;     /* ms, when it was queued */
    unsigned attempt; /* 0 at first */
};

enum work_result {
    WORK_DONE,
    WORK_LATER, /* try again, after 0.5 s, 1 s, 2 s … 60 s; the chain waits */
};

/* Runs in a task. */
typedef enum work_result (*work_handler)(void *context, const struct work_entry *entry);

/* Starts looking after the queue `name` (copied), at most `parallel` entries at once. */
struct work *work_start(struct gateway *gateway, const char *name, size_t parallel, work_handler handler,
                        void *context);
/* Something was queued: look now. False, at no cost, when another worker holds the lease. */
bool work_kick(struct work *work);
/* Tells the holder, wherever it is. */
void work_announce(struct gateway *gateway, const char *name);
/* Entries in hand here. */
size_t work_pending(const struct work *work);
/* Frees what gateway->stopping has brought to rest. */
void work_free(struct work *work);

#endif
