/* What each incoming activity does: one file an activity. All run in tasks, in the order of the actor, and
 * are idempotent. */
#ifndef DRAWBRIDGE_GATEWAY_FED_HANDLE_H
#define DRAWBRIDGE_GATEWAY_FED_HANDLE_H

#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/gateway.h"
#include "gateway/store/posts.h"
#include "gateway/work.h"
#include "mapping/inbound.h"

struct incoming {
    struct gateway *gateway;
    struct arena *arena;
    const json_t *document;
    struct inbound_activity activity; /* activity.actor has signed it */
    const char *trace;
};

enum work_result handle_follow(struct incoming *incoming);
enum work_result handle_undo(struct incoming *incoming);
enum work_result handle_create(struct incoming *incoming);
enum work_result handle_update(struct incoming *incoming);
enum work_result handle_delete(struct incoming *incoming);
enum work_result handle_like(struct incoming *incoming);
enum work_result handle_announce(struct incoming *incoming);

/* ---- shared by the above
 * -------------------------------------------------------------------------------------- */

/* The local post that a URL names, live, of an account that is on. LOOKUP_ABSENT when it is none. */
enum lookup incoming_local_post(struct incoming *incoming, const char *url, struct account_record *record,
                                struct post_record *post);
/* The local account that a URL names, when it can be reached. */
enum lookup incoming_local_account(struct incoming *incoming, const char *url, struct account_record *record);

/* Keeps a reply of the actor to one of our threads (new or edited) and queues its push. `object` is the
 * embedded Note. */
enum work_result keep_reply(struct incoming *incoming, const json_t *object);

/* Counts or uncounts a like or boost and queues its push. `reason`: why the actor's host may hold the post.
 */
enum work_result count_reaction(struct incoming *incoming, enum reaction reaction, const char *object_id,
                                bool add);

/* Notes that the actor's host may hold a post of ours, and why ('r' replied, 'l' liked, 'b' boosted, 'q'
 * quoted, 'f' fetched). */
bool note_exposure(struct incoming *incoming, const struct account_record *record,
                   const struct post_record *post, char reason);

#endif
