/* What each incoming activity does: one file an activity. All run in tasks, in the order of the actor, and
 * are idempotent. */
#ifndef DRAWBRIDGE_GATEWAY_FED_HANDLE_H
#define DRAWBRIDGE_GATEWAY_FED_HANDLE_H

#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/gateway.h"
#include "gateway/store/reactions.h"
#include "gateway/work.h"
#include "mapping/inbound.h"

struct incoming {
    struct gateway *gateway;
    struct arena *arena;
    const json_t *document;
    struct inbound_activity activity; /* activity.actor has signed it, except of hearsay */
    const char *trace;
    unsigned attempt; /* 0 at first */
};

enum work_result handle_follow(struct incoming *incoming);
enum work_result handle_undo(struct incoming *incoming);
enum work_result handle_create(struct incoming *incoming);
enum work_result handle_update(struct incoming *incoming);
enum work_result handle_delete(struct incoming *incoming);
enum work_result handle_like(struct incoming *incoming);
enum work_result handle_announce(struct incoming *incoming);
enum work_result handle_block(struct incoming *incoming);
enum work_result handle_move(struct incoming *incoming);
enum work_result handle_flag(struct incoming *incoming);
enum work_result handle_quote_request(struct incoming *incoming);
enum work_result handle_answer(struct incoming *incoming); /* Accept, Reject */
/* What somebody else brought: a hint where to look. Gives up after some attempts. */
enum work_result handle_hearsay(struct incoming *incoming);

/* ---- shared by the above
 * -------------------------------------------------------------------------------------- */

/* The local post that a URL names, live, of an account that is on and meets the actor. LOOKUP_ABSENT when it
 * is none. */
enum lookup incoming_local_post(struct incoming *incoming, const char *url, struct account_record *record,
                                struct post_record *post);
/* LOOKUP_ABSENT when the account and the activity's actor have nothing to do with each other (separation.h).
 */
enum lookup incoming_meets(struct incoming *incoming, const struct account_record *record);
/* The local account that a URL names, when it can be reached. */
enum lookup incoming_local_account(struct incoming *incoming, const char *url, struct account_record *record);

/* LOOKUP_FOUND when the actor wrote what that post of ours quotes. */
enum lookup is_quoted_author(struct incoming *incoming, const struct account_record *record,
                             const struct post_record *post);

/* Where a remote post belongs: in a thread of ours, or to somebody here whom it names. */
struct place {
    struct account_record record; /* owner of the thread, or who is named */
    struct post_record root;      /* our post; its oid is "" when there is no thread */
    const char *parent;           /* hash of the remote object that is answered, "" for our post itself */
};
/* LOOKUP_ABSENT: it is not our business. record.aid is "" when it is for those who follow the author. */
enum lookup place_find(struct incoming *incoming, const struct inbound_note *note, struct place *out);

/* The answer to a request of ours to quote. */
enum work_result quote_answered(struct incoming *incoming);

/* Where a post goes that is no answer to us: to a platform where somebody follows its author and that has a
 * place for it (the contract's feature timeline). An answer to somebody else's post is not for them. */
enum lookup timeline_find(struct incoming *incoming, const struct inbound_note *note, struct place *out);

/* Keeps a post of the actor that answers, names or quotes somebody here (new or edited) and queues its push;
 * takes a vote. `object` is the embedded Note. */
enum work_result keep_note(struct incoming *incoming, const json_t *object);

/* A Block of an account of ours or of a host's own actor, put or taken back. */
enum work_result block(struct incoming *incoming, const char *whom, bool put);

/* Removes a post of the actor's that we hold, and queues its removal from the platform. */
enum work_result remove_object(struct incoming *incoming, const char *object_id);

/* Forgets the actor, who is gone, as a follower and as a known person. */
enum work_result remove_actor(struct incoming *incoming);

/* Counts or uncounts what the actor did to a post of ours and queues its push. */
enum work_result count_reaction(struct incoming *incoming, struct reaction *reaction, const char *object_id,
                                bool add);
/* The emoji of a Like or EmojiReact (FEP-c0e0) as shown; NULL: a plain like. */
const char *emoji_of(struct arena *arena, const struct inbound_activity *activity);
/* The reaction that a Like, EmojiReact or Announce is. */
struct reaction reaction_of(struct arena *arena, const struct inbound_activity *activity);

/* Notes that the actor's host may hold a post of ours, and why ('r' replied, 'l' liked, 'b' boosted, 'q'
 * quoted, 'f' fetched). */
bool note_exposure(struct incoming *incoming, const struct account_record *record,
                   const struct post_record *post, char reason);
/* The same for whatever the URL names (NULL: nothing), if it is a post of ours: also one that is deleted,
 * whose Delete that host is owed, or hidden. False: the store is away. */
bool note_exposure_of(struct incoming *incoming, const char *url, char reason);

#endif
