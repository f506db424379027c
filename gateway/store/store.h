/* The one store: Redis, by hiredis, behind this header (DESIGN §4, ENGINE §5). One connection for commands,
 * one for messages, reconnecting by itself. While it is away every call fails at once with REPLY_DOWN. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_STORE_H
#define DRAWBRIDGE_GATEWAY_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/loop.h"
#include "gateway/task.h"

struct store;
struct reply;

/* `url`: redis://[user][:password]@host[:port][/db] or unix://[user:password@]/path.sock[?db=N]. Connects in
 * the background. The process must ignore SIGPIPE (hiredis writes to sockets that may be gone). */
struct store *store_new(struct loop *loop, const char *url, char *error, size_t error_size);
/* Every call that is still unanswered hears REPLY_DOWN first. Not from a function of the store's. */
void store_free(struct store *store);
bool store_is_up(const struct store *store);
/* Waits until the store answers or `timeout_ms` passed. */
bool store_wait(struct store *store, int64_t timeout_ms);

/* Arguments of one command; values are copied. At most 4 MiB in all. */
struct arguments;
struct arguments *arguments_new(void);
void arguments_free(struct arguments *arguments);
void arguments_text(struct arguments *arguments, const char *text); /* NULL becomes "" */
void arguments_bytes(struct arguments *arguments, const void *bytes, size_t length);
void arguments_number(struct arguments *arguments, int64_t number);
void arguments_append(struct arguments *arguments, const struct arguments *more);
void arguments_format(struct arguments *arguments, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Waits. One command of NULL-terminated text arguments: store_call(store, "HGET", key, "name", (char *)NULL).
 * Never NULL; the reply is the caller's (reply_free). */
struct reply *store_call(struct store *store, ...) __attribute__((sentinel));
/* Waits. The arguments are freed. */
struct reply *store_run(struct store *store, struct arguments *arguments);
/* Waits. Runs the Lua script scripts/NAME.lua with these ARGV (KEYS is always empty: scripts build their key
 * names, as one Redis serves one shard). Loads it when the server does not know it. The arguments are freed.
 */
struct reply *store_script(struct store *store, const char *name, struct arguments *arguments);

/* The same with another script right behind it, whose reply nobody hears: one way there and back, and one
 * wait for the disk. `more` NULL: without. */
struct reply *store_scripts(struct store *store, const char *name, struct arguments *arguments,
                            const char *behind, struct arguments *more);

/* In two steps: what is asked between them goes the same way, right behind. Only the second waits, and it
 * must come: the answer, the caller's, is written to until then. */
struct store_answer {
    struct reply *reply; /* NULL: not yet */
    struct task *waiting;
};
void store_script_begin(struct store *store, const char *name, struct arguments *arguments,
                        struct store_answer *answer);
struct reply *store_script_end(struct store_answer *answer);

/* Without a task; the arguments are freed; the reply is borrowed for the call of `done`, which comes later
 * than this call. `done` may be NULL. */
typedef void (*store_done)(void *context, const struct reply *reply);
void store_start(struct store *store, struct arguments *arguments, store_done done, void *context);
void store_script_start(struct store *store, const char *name, struct arguments *arguments, store_done done,
                        void *context);

enum reply_kind {
    REPLY_DOWN,  /* no connection, or none that answered in time: the outcome is unknown */
    REPLY_ERROR, /* Redis refused: reply_text says why */
    REPLY_NIL,
    REPLY_TEXT,
    REPLY_NUMBER,
    REPLY_LIST,
};
enum reply_kind reply_kind(const struct reply *reply);
/* True for DOWN and ERROR (an ERROR is logged here with the script's or command's name). */
bool reply_failed(const struct reply *reply);
const char *reply_text(const struct reply *reply);                  /* "" when it is no text */
const char *reply_bytes(const struct reply *reply, size_t *length); /* binary safe */
int64_t reply_number(const struct reply *reply); /* also parses a text; 0 when it is none */
size_t reply_count(const struct reply *reply);   /* 0 when it is no list */
const struct reply *reply_at(const struct reply *reply, size_t index); /* a NIL reply beyond the end */
/* In a list of name, value, name, value (HGETALL): the value of `name`, NULL when absent. */
const char *reply_field(const struct reply *reply, const char *name);
void reply_free(struct reply *reply);

/* Messages between workers: `heard` is called for each message on the channel, also our own; and once with
 * message NULL each time that listening begins, at first and after a gap (reconnection): what one missed
 * before is unknown. For the life of the store. */
typedef void (*store_heard)(void *context, const char *message);
void store_listen(struct store *store, const char *channel, store_heard heard, void *context);
void store_tell(struct store *store, const char *channel, const char *message);

/* Changes of keys, whoever makes them (Redis' CLIENT TRACKING): `changed` is called with each key below one
 * of the prefixes (a NULL-terminated list, borrowed for ever) that was written, some milliseconds after; and
 * with key NULL each time when anything may have changed unseen: when watching begins, and when it ends. What
 * is read while store_is_watching will be told of. At most one watch; to be called before the first
 * store_listen. */
typedef void (*store_changed)(void *context, const char *key);
void store_watch(struct store *store, const char *const *prefixes, store_changed changed, void *context);
bool store_is_watching(const struct store *store);

#endif
