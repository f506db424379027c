/* What goes out: renders an activity and hands it to delivery. All calls wait and are idempotent: activity
 * ids are deterministic, and what was queued is noted with the post. False: the store is away, try again
 * later. */
#ifndef DRAWBRIDGE_GATEWAY_FED_PUBLISH_H
#define DRAWBRIDGE_GATEWAY_FED_PUBLISH_H

#include "gateway/gateway.h"
#include "gateway/store/posts.h"
#include "mapping/outbound.h"

/* Create or Update of a live post, as its stored state wants it. */
bool publish_post(struct gateway *gateway, const char *aid, const char *oid, const char *trace);
/* Stores a post that is new (`change`: only_new, not held, no boost) of an account that is on, `record`, and
 * queues its Create: all in one step where nothing else is to be kept before that, and not at all where there
 * is and an account_stamp. POST_KNOWN: nothing was done. */
bool publish_new_post(struct gateway *gateway, const struct account_record *record,
                      const struct post_change *change, enum post_outcome *outcome);
/* Delete of a tombstone, to every host that may hold a copy. */
bool publish_post_delete(struct gateway *gateway, const char *aid, const char *oid, const char *trace);
/* The same for a native post whose newest generation is a tombstone, if its Delete was not queued yet. */
bool publish_owed_delete(struct gateway *gateway, const char *aid, const char *native, const char *trace);
/* The Delete of a tombstone once more, to a host that is met after it was sent. */
bool publish_late_delete(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
                         const char *inbox, const char *shared_inbox);
/* Update of the actor, to followers and all that know it. */
bool publish_actor(struct gateway *gateway, const char *aid, const char *trace);
/* Update of the actor with its next key, to the same; once for each key. */
bool publish_actor_key(struct gateway *gateway, const char *aid, const char *trace);
/* Update of the actor as it is now, which the platform did not edit; `what` names it, once. To the same. */
bool publish_renewal(struct gateway *gateway, const char *aid, const char *what, const char *trace);
/* Move of the account to `target`, an actor's id, `when` (ms); to its followers. */
bool publish_move(struct gateway *gateway, const char *aid, const char *target, int64_t when,
                  const char *trace);
/* Delete of the actor: a barrier behind all that is queued for it. */
bool publish_actor_delete(struct gateway *gateway, const char *aid, const char *trace);
/* Accept or Reject of a Follow, to the follower's own inbox. */
bool publish_follow_answer(struct gateway *gateway, const char *aid, bool accept, const char *follow_id,
                           const char *follower_id, const char *follow_object, const char *inbox,
                           const char *trace);
/* A Follow of somebody elsewhere, named by when it was asked (ms), or (`undo`) what takes it back; to that
 * person's own inbox. */
struct follow_request {
    const char *actor_id, *inbox;
    int64_t asked;
    bool undo;
};
bool publish_follow(struct gateway *gateway, const char *aid, const struct follow_request *request,
                    const char *trace);
/* Accept (with the permission that is kept under `quote_oid`) or Reject (NULL) of a QuoteRequest. */
bool publish_quote_answer(struct gateway *gateway, const char *aid, const struct quote_request *request,
                          const char *quote_oid, const char *trace);
/* Takes back what permissions to quote the account gave to a person (`actor_id`) or to people of a server
 * (`domain`); the other is NULL. */
bool publish_quotes_end(struct gateway *gateway, const char *aid, const char *actor_id, const char *domain,
                        const char *trace);
/* Add or Remove of a post from the account's pinned ones; `revision` is the profile's that says so. */
bool publish_pin(struct gateway *gateway, const char *aid, const char *native, bool add, uint64_t revision,
                 const char *trace);

/* A like for something written elsewhere. */
struct like {
    const char *object, *author; /* their ActivityPub ids */
    const char *event;           /* the platform's event, stable under redelivery */
};
/* Like to the author, of an account that is on, unless one stands already. */
bool publish_like(struct gateway *gateway, const char *aid, const struct like *like, const char *trace);
/* Undo of the Like that stands, if one does. */
bool publish_unlike(struct gateway *gateway, const char *aid, const struct like *like, const char *trace);

#endif
