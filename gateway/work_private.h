/* What work.c (the queue: its lease, what is read and handed over) and work_chains.c (what is in hand) share.
 */
#ifndef DRAWBRIDGE_GATEWAY_WORK_PRIVATE_H
#define DRAWBRIDGE_GATEWAY_WORK_PRIVATE_H

#include <uthash.h>

#include "gateway/lease.h"
#include "gateway/work.h"

enum { WORK_RETRY_FIRST_MS = 500, WORK_RETRY_MAX_MS = 60000 };

struct chain;

struct entry {
    struct work_entry entry; /* its strings point behind this struct */
    size_t size;             /* what it counts of the bytes in hand */
    void (*release)(void *parsed);
    struct entry *next; /* in its chain */
    UT_hash_handle hh;  /* by id: entries in hand */
};

struct work {
    struct gateway *gateway;
    char *name, *stream;
    size_t parallel, running; /* chains; a chain runs until its entry is out of the store */
    work_handler handler;
    void *context;
    struct lease lease;
    char *lease_name;
    struct entry *entries;
    size_t bytes; /* of the entries */
    struct chain *chains;
    struct chain *done, **done_last; /* whose first entry is processed and still in the store */
    bool removing;                   /* a task removes what is done */
    char read_up_to[48];             /* the last id taken in hand; "0" after the lease was won anew */
    bool more;                       /* there was no room for all that waits in the store */
    struct task *looker;             /* parked until there is something to do */
    struct loop_timer *timer;
    bool looked_for;
};

/* Looks for what had no room, if there is room now. */
void work_look_soon(struct work *work);

/* A copy of what was told, in no chain yet; `parsed` and its reference go over to it. */
struct entry *entry_new(const struct work_entry *told, size_t size, void (*release)(void *parsed));
bool chains_hold(const struct work *work, const char *id);
/* Behind all of its chain. Takes the entry over. */
struct chain *chains_add(struct work *work, struct entry *entry);
/* Starts what may run: all of them, or one. */
void chains_start(struct work *work);
void chains_start_one(struct work *work, struct chain *chain);
/* Forgets all that no task has in hand: the lease is another's now, or was meanwhile. */
void chains_forget_waiting(struct work *work);

#endif
