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
    void *parsed; /* what it was handed over with (work_hand), the same at all attempts; NULL: it was read */
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
/* An entry that this worker has just queued, as its handler shall find it. What is handed over with it may
 * stand for its data, so that the data need not be copied. */
struct work_handover {
    struct work_entry entry; /* its texts and data are copied */
    const char *previous;    /* the id of what was queued before it; "" when that is not known */
    size_t size;             /* bytes: what it counts of those that a queue's entries in hand may take */
    void (*release)(void *parsed); /* called once, when the entry needs entry.parsed no more; may be NULL */
};
/* As work_kick, and the entry need not be read from the store if this worker has in hand all that was queued
 * before it. Takes entry.parsed over in any case. */
bool work_hand(struct work *work, const struct work_handover *handover);
/* Tells the holder, wherever it is. */
void work_announce(struct gateway *gateway, const char *name);
/* Entries in hand here. */
size_t work_pending(const struct work *work);
/* Frees what gateway->stopping has brought to rest. */
void work_free(struct work *work);

#endif
