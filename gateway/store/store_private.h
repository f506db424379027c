/* Private to store/. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_STORE_PRIVATE_H
#define DRAWBRIDGE_GATEWAY_STORE_STORE_PRIVATE_H

#include "gateway/store/arguments.h"
#include "gateway/store/connection.h"
#include "gateway/store/reply.h"
#include "gateway/store/store.h"

struct request;
struct store_waiter;
struct listening;
struct script_table_hashes;

struct store {
    struct loop *loop;
    struct store_address address;
    struct connection *commands;
    struct listening *listening; /* NULL before the first store_listen */
    struct script_table_hashes *scripts;
    struct store_waiter *waiters;            /* tasks in store_wait */
    struct request *decided, **decided_last; /* their reply is known already, yet must come later */
    struct loop_timer *decided_timer;
    bool decided_set;
};

/* Where a reply goes: to a task that waits, to where one will look for it, or to a function. */
struct destination {
    store_done done; /* or NULL with `kept` */
    void *context;
    struct task *task;
    struct reply **kept;
    struct store_answer *answer;
};

/* Takes the arguments. `script`: the arguments are those of that script, else a whole command. */
void store_send(struct store *store, const char *script, struct arguments *arguments,
                const struct destination *destination);

/* script.c */
struct script_table_hashes *scripts_new(void);
void scripts_free(struct script_table_hashes *scripts);
/* The SHA-1 (40 hex characters) and the text of scripts/NAME.lua; false when there is none. */
bool scripts_find(const struct script_table_hashes *scripts, const char *name, const char **hash,
                  const char **text);

/* listen.c */
/* How often a connection that listens is tried; after two such times without an answer it is renewed. */
void listening_set_heartbeat(struct listening *listening, int64_t milliseconds);
void listening_free(struct listening *listening);

#endif
