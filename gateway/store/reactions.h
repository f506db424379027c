/* What remote people do to posts: likes, boosts, reactions, votes (docs/store.md). All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_REACTIONS_H
#define DRAWBRIDGE_GATEWAY_STORE_REACTIONS_H

#include "gateway/store/posts.h"

enum reaction_kind { REACTION_LIKE, REACTION_SHARE, REACTION_EMOJI, REACTION_VOTE };
/* "like", "share", "emoji", "vote" */
const char *reaction_name(enum reaction_kind kind);
bool reaction_named(const char *name, enum reaction_kind *out);

struct reaction {
    enum reaction_kind kind;
    const char *actor_id;
    /* What tells several of one person apart, 22 characters: hash of an emoji, or of a choice where several
     * may be made; "" else. */
    const char *detail;
    const char
        *value; /* activity id of a like or boost; "EMOJI" or "EMOJI ADDRESS_OF_ITS_PICTURE"; the choice */
};

/* Each counts once; *changed says whether it was new (or was there). */
enum lookup reaction_put(struct store *store, const char *aid, const char *oid,
                         const struct reaction *reaction, bool add, bool *changed);
/* The value that is kept; LOOKUP_ABSENT when there is no such reaction. */
enum lookup reaction_value(struct store *store, struct arena *arena, const char *aid, const char *oid,
                           const struct reaction *reaction, const char **value);
/* Whether the person likes the post or reacts to it in any way. */
enum lookup reaction_any_like(struct store *store, struct arena *arena, const char *aid, const char *oid,
                              const char *actor_id);

#endif
