/* Remote documents and people: signed fetches, what is known of an actor, what is kept of a remote object.
 * Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_REMOTE_H
#define DRAWBRIDGE_GATEWAY_FED_REMOTE_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"
#include "mapping/inbound.h"

enum remote_outcome {
    REMOTE_OK,
    REMOTE_GONE,    /* 410 or a Tombstone */
    REMOTE_MISSING, /* 404: gone, or a mistake that is mended by tomorrow */
    REMOTE_REFUSED, /* not permitted, not ActivityPub, or not what its id says: definitive */
    REMOTE_LATER,   /* network, 5xx, 429: may be there later */
};

/* A signed GET by the instance actor, redirects (≤ 3) checked one by one, type checked, id equal to the final
 * URL (one refetch on the same origin permitted). On REMOTE_OK *out is a new reference; else `why` has a
 * sentence. Never asks our own hosts. */
enum remote_outcome remote_fetch(struct gateway *gateway, struct arena *arena, const char *url, json_t **out,
                                 const char **why);

/* An actor, from the cache while it is younger than `max_age_ms` (0: fetch anew), else fetched and cached. */
enum remote_outcome remote_actor(struct gateway *gateway, struct arena *arena, const char *actor_id,
                                 int64_t max_age_ms, struct inbound_actor *out, const char **why);
/* From the cache only, however old. */
bool remote_actor_cached(struct gateway *gateway, struct arena *arena, const char *actor_id,
                         struct inbound_actor *out);
/* The same for a document that remote_fetch just brought from `actor_id`: it is checked and cached. */
enum remote_outcome remote_actor_accept(struct gateway *gateway, struct arena *arena, const char *actor_id,
                                        const json_t *document, struct inbound_actor *out, const char **why);
/* True when this actor was met before: no network is touched. */
enum lookup remote_actor_known(struct gateway *gateway, struct arena *arena, const char *actor_id);
/* Forgets an actor that is gone. */
void remote_actor_forget(struct gateway *gateway, struct arena *arena, const char *actor_id);

/* The neutral author; the handle is preferredUsername@host of the id, which WebFinger was asked to confirm.
 */
struct remote_author *remote_author_of(struct gateway *gateway, struct arena *arena,
                                       const struct inbound_actor *actor);

/* The actor id behind user@host by WebFinger (host-meta as the second way), which the actor must confirm. In
 * the arena; NULL. */
const char *webfinger_resolve(struct gateway *gateway, struct arena *arena, const char *handle);

/* What a server answers about user@host, unchecked: a new reference, NULL when it says nothing of use. *url
 * is where it was asked. */
json_t *webfinger_fetch(struct gateway *gateway, struct arena *arena, const char *handle, const char **url);

struct remote_person {
    const char *actor_id, *handle, *url, *inbox, *shared_inbox;
};
/* By actor id, by the key "ra_…" that the platform knows, or (target NULL) by handle user@host through
 * WebFinger. */
enum lookup remote_person_find(struct gateway *gateway, struct arena *arena, const char *target,
                               const char *handle, struct remote_person *out);

/* The actor id behind a key "ra_…"; nobody is asked. */
enum lookup remote_person_id(struct gateway *gateway, struct arena *arena, const char *key,
                             const char **actor_id);

struct remote_object {
    const char *id, *actor, *platform, *aid, *oid, *parent,
        *source;         /* parent: hash of the parent object or "" */
    const char *native;  /* id on the platform, NULL until pushed */
    const char *speaker; /* native id of the puppet that writes it there, "relay", or NULL: not decided */
    const char *refused; /* why the platform did not take it; NULL: it did, or was not asked yet */
    bool gone;
    uint64_t revision, pushed_revision;
    int64_t updated;
};
/* By its key "rp_…" or its ActivityPub id. */
enum lookup remote_object_find(struct gateway *gateway, struct arena *arena, const char *key_or_id,
                               struct remote_object *out);

/* A fediverse post that is no reply to one of ours: fetched at its own server and remembered for a month.
 * LOOKUP_ABSENT also when its server does not answer just now. */
struct remote_note {
    const char *id, *actor, *url, *context; /* context may be NULL */
};
enum lookup remote_note_find(struct gateway *gateway, struct arena *arena, const char *id,
                             struct remote_note *out);
/* It changed or is gone: asks again next time. */
void remote_note_forget(struct gateway *gateway, struct arena *arena, const char *id);

#endif
