/* Whom accounts of ours follow elsewhere: the request, what the other side said, the end of it. Calls wait.
 */
#ifndef DRAWBRIDGE_GATEWAY_FED_FOLLOWING_H
#define DRAWBRIDGE_GATEWAY_FED_FOLLOWING_H

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"
#include "mapping/inbound.h"

/* Our Follows are named ACTOR#follow-HASH-ASKED: HASH of whom is followed, ASKED when (ms). */
#define FOLLOW_MARK "#follow-"

enum following_state { FOLLOWING_ASKED, FOLLOWING_ACCEPTED, FOLLOWING_REJECTED };
const char *following_state_name(enum following_state state);

struct following {
    enum following_state state;
    int64_t asked, decided; /* ms; decided 0: no answer yet */
    unsigned times;         /* how often it was asked */
    const char *inbox;
};
/* What the store keeps of one (store/scripts/include/following.lua). False when it cannot be read. */
bool following_read(struct arena *arena, const char *kept, struct following *out);

/* LOOKUP_ABSENT: the account neither follows nor asked. */
enum lookup following_find(struct gateway *gateway, struct arena *arena, const char *aid,
                           const char *actor_id, struct following *out);

/* Why nobody on that person's server (name@server, or an actor's id) can be followed, or NULL; without asking
 * anybody. */
const char *following_server_refusal(struct gateway *gateway, struct arena *arena, const char *person);

/* LOOKUP_FOUND when anybody on the platform follows that one. */
enum lookup following_on(struct gateway *gateway, struct arena *arena, const char *platform,
                         const char *actor_id);

enum following_outcome {
    FOLLOWING_SENT,    /* the Follow is on its way */
    FOLLOWING_STANDS,  /* it was accepted before */
    FOLLOWING_REFUSED, /* it may not be: `why` */
    FOLLOWING_LATER,   /* the person's server, or the store, does not answer just now: `why` */
};
/* Asks to follow `actor_id`, an id that may come from anywhere. May be repeated. */
enum following_outcome following_ask(struct gateway *gateway, struct arena *arena,
                                     const struct account_record *record, const char *actor_id,
                                     const char *trace, const char **why);
/* The same for a profile that was just fetched. */
enum following_outcome following_ask_actor(struct gateway *gateway, struct arena *arena,
                                           const struct account_record *record,
                                           const struct inbound_actor *actor, const char *trace,
                                           const char **why);
/* The followed one's answer; from that one only (the caller has checked). False: the store is away. */
bool following_answered(struct gateway *gateway, const char *aid, const char *actor_id, bool accepted,
                        const char *trace);
/* The account follows that one no more. `tell`: by an Undo. False: the store is away. */
bool following_end(struct gateway *gateway, const char *aid, const char *actor_id, bool tell,
                   const char *trace);
/* The same for all on a server and below it ("m.example"), or ("") for all. */
bool following_end_below(struct gateway *gateway, const char *aid, const char *domain, bool tell,
                         const char *trace);
/* The same for all accounts of ours that follow that one, who is gone or wants nothing to do with us. */
bool following_forget(struct gateway *gateway, const char *actor_id, bool tell, const char *trace);

#endif
