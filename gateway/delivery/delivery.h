/* Delivery: what is queued for whom, and the sending of it (DESIGN §5). Calls wait unless said otherwise;
 * false: the store is away. */
#ifndef DRAWBRIDGE_GATEWAY_DELIVERY_DELIVERY_H
#define DRAWBRIDGE_GATEWAY_DELIVERY_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/gateway.h"

/* ---- followers */

bool delivery_follower_add(struct gateway *gateway, const char *aid, const char *actor_id,
                           const char *follow_id, const char *inbox, const char *shared_inbox);
bool delivery_follower_remove(struct gateway *gateway, const char *aid, const char *actor_id);
bool delivery_follower_forget(struct gateway *gateway, const char *actor_id);

/* The followers on hosts that are dead for 90 days go (PROTOCOL §5.3), a page at each call. */
void delivery_followers_expire(struct gateway *gateway);

/* Verified traffic came from that actor's host: it lives. Returns at once. */
void delivery_host_seen(struct gateway *gateway, const char *actor_id);

/* ---- activities */

enum delivery_kind {
    DELIVERY_CREATE,
    DELIVERY_UPDATE,
    DELIVERY_DELETE,  /* of a post, to all that may hold it */
    DELIVERY_ANSWER,  /* Accept, Reject: to the targets that are named */
    DELIVERY_PROFILE, /* Update of the actor */
    DELIVERY_LEAVE,   /* Delete of the actor: a barrier */
    DELIVERY_ANNOUNCE,
    DELIVERY_UNDO,    /* of an Announce, to all that may know it */
    DELIVERY_KEY,     /* Update of the actor with its next key, signed by the one before it */
    DELIVERY_RENEWAL, /* Update of the actor that is no edit of the platform's */
    DELIVERY_MOVE,    /* to the followers, behind the Update that tells of it */
    DELIVERY_NOTICE,  /* to the audience, about a post (order_key: its oid) without showing it: Add, Remove */
};

/* A lane takes the lower ones first. */
enum delivery_priority {
    PRIORITY_DELETE,
    PRIORITY_ANSWER,
    PRIORITY_POST,
    PRIORITY_PROFILE,
    PRIORITY_BACKFILL,
    PRIORITY_LEAVE
};

struct delivery_target {
    const char *actor_id;             /* its origin is the host */
    const char *inbox, *shared_inbox; /* shared_inbox: NULL when none may be used */
    char reason;                      /* 'm' mentioned, 'r' replied to; 0 none */
};

struct delivery_activity {
    enum delivery_kind kind;
    const char *aid, *oid; /* oid: "" when it is no post's */
    uint64_t revision;
    enum delivery_priority priority;
    const char *order_key; /* of an answer: the pair; else NULL */
    const char *id, *trace;
    const void *body;
    size_t body_length;
    const struct delivery_target *targets;
    size_t target_count;
    bool late; /* a Delete, sent before, to targets that were met after it */
    /* Says whether it was: not when that was done before or is not called for. NULL: no matter. */
    bool *queued;
};

enum { DELIVERY_TARGETS_MAX = 100 };

/* Queues an activity once: what was sent is noted with the post or the account in the same step. */
bool delivery_queue(struct gateway *gateway, const struct delivery_activity *activity);

/* ---- the engine of this worker. Does not wait. */

void delivery_start(struct gateway *gateway);
/* Requests in flight and answers that the store has not taken yet: to be waited for after gateway->stopping.
 */
size_t delivery_pending(const struct gateway *gateway);
/* Something was queued: look now. */
void delivery_kick(struct gateway *gateway);
/* After gateway->stopping and the end of all tasks. */
void delivery_free(struct gateway *gateway);

#endif
