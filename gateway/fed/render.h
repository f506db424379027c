/* Documents of accounts and posts: gathers from the store what the mapping needs. All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_RENDER_H
#define DRAWBRIDGE_GATEWAY_FED_RENDER_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "gateway/store/posts.h"
#include "mapping/loss.h"

/* Base URL ("https://host") of the host that serves the account. */
const char *account_base(const struct gateway *gateway, const struct account_record *record);
/* The actor's id. In the arena. */
const char *account_actor_id(const struct gateway *gateway, struct arena *arena,
                             const struct account_record *record);

/* A new reference, NULL when a part cannot be had just now (answer 503). */
json_t *render_actor(struct gateway *gateway, struct arena *arena, const struct account_record *record);
json_t *render_actor_stub(struct gateway *gateway, struct arena *arena, const struct account_record *record);

/* Whom a note names beyond the followers: their inboxes are targets too. */
enum { RENDER_PEOPLE_MAX = 64 };
struct note_people {
    const char *actor_ids[RENDER_PEOPLE_MAX]; /* remote actors: mentioned, replied to */
    char reasons[RENDER_PEOPLE_MAX];          /* 'm' or 'r' */
    size_t count;
};

/* What a note quotes; id NULL: nothing that is federated. */
struct note_quote {
    const char *id, *author;
    bool ours;
    /* of ours, where it may be quoted: the quoted post, and under what OID the permission is kept */
    const char *aid, *oid, *stamp_oid;
};

struct note_surroundings {
    struct note_people people;
    struct note_quote quote;
};

/* `around` and `loss` may be NULL. */
json_t *render_note(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                    const struct post_record *post, struct note_surroundings *around, struct loss *loss);
json_t *render_announce(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                        const struct post_record *post);
/* The id of a post or an Announce of ours. */
const char *post_url(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                     const struct post_record *post);
json_t *render_tombstone(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                         const struct post_record *post);

#endif
