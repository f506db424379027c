/* DESIGN §6: accounts of ours, and people or servers elsewhere, that have nothing to do with each other any
 * more: because the owner, the platform or the person there said so. Then no follow stands or is taken,
 * nothing that they write is shown on the platform, what was shown is removed, and nothing new is sent. Calls
 * wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_SEPARATION_H
#define DRAWBRIDGE_GATEWAY_FED_SEPARATION_H

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"

enum { SEPARATIONS_MAX = 100000 }; /* of one account; past the half of it, only what is wished here is kept */

enum separator {
    SEPARATED_BY_OWNER,
    SEPARATED_BY_PLATFORM,
    SEPARATED_BY_THEM,    /* a Block of the account; without account: of a host's own actor */
    SEPARATED_BY_PROFILE, /* without account: the person's profile says that no bridge is wanted */
};

struct separation {
    const char *aid;     /* "": every account of ours; then the subject is a person */
    const char *subject; /* actor id, or "m.example": that server and all below it */
    enum separator by;
};

/* LOOKUP_FOUND when they have nothing to do with each other. `follows`: it is about a follow, which a profile
 * does not speak against. */
enum lookup separation_find(struct gateway *gateway, const char *aid, const char *actor_id, bool follows);
/* Keeps it and does what follows from it; may be repeated. False: the store is away, again later. */
bool separate(struct gateway *gateway, const struct separation *separation, const char *trace);
/* Takes it back: they may meet again; what was removed stays so. */
bool separation_end(struct gateway *gateway, const struct separation *separation, const char *trace);
/* Removes what a person wrote here and the person from every platform. */
bool separation_forget_person(struct gateway *gateway, const char *actor_id, const char *trace);

/* Removes what anybody wrote to an account. Again later when false: the store is away. */
bool separation_forget_words(struct gateway *gateway, const char *aid);
/* Removes everybody who comes from a domain that is blocked here, with all that they wrote. The same. */
bool separation_forget_blocked(struct gateway *gateway, const char *trace);

/* Somebody follows the account no more. `tell`: their server hears a Reject, so that it shows no follow that
 * is none. */
bool separation_end_follow(struct gateway *gateway, const char *aid, const char *actor_id, bool tell,
                           const char *trace);
/* The Follow's id in what is kept of a follower (store/scripts/include/follows.lua), in the arena; NULL when
 * nothing is kept. */
const char *separation_follow_id(struct arena *arena, const char *actor_id, const char *kept);

#endif
