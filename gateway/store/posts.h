/* Posts in the store (docs/store.md). All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_POSTS_H
#define DRAWBRIDGE_GATEWAY_STORE_POSTS_H

#include <jansson.h>

#include "gateway/store/accounts.h"

enum post_state { POST_HELD, POST_LIVE, POST_TOMBSTONE };

struct post_record {
    const char *aid, *oid;
    enum post_state state;
    struct post post; /* empty for a tombstone */
    const char *native, *former_type;
    int64_t number, published, updated, deleted;
    uint64_t revision, sent_revision; /* sent: the revision whose activity was queued */
    bool delete_sent;
    uint64_t likes, shares; /* of remote people */
};

enum lookup post_load(struct store *store, struct arena *arena, const char *aid, const char *oid,
                      struct post_record *out);

/* The OID that a native post has now: that of the newest generation that is not a tombstone, or the first
 * free one. *generation_gone: the post before this generation was deleted. */
enum lookup post_oid(struct store *store, const char *aid, const char *native, char oid[OID_LENGTH + 1]);

enum post_outcome {
    POST_CREATED, /* live: deliver a Create */
    POST_WAITS,   /* in the hold window: nothing leaves */
    POST_UPDATED, /* live and newer: deliver an Update */
    POST_STALE,   /* not newer than what is stored */
    POST_DELETED, /* a tombstone now: deliver a Delete */
    POST_UNSEEN,  /* deleted inside its hold window, or never known: it never existed outside */
};

/* Creates or edits. `published`: ms; clamped to now by the caller. `trace` goes with a post that is held. */
enum lookup post_put(struct store *store, const char *aid, const char *oid, const struct post *post,
                     int64_t published, int64_t now, int64_t hold_ms, const char *trace,
                     enum post_outcome *outcome);
enum lookup post_remove(struct store *store, const char *aid, const char *oid, int64_t now,
                        enum post_outcome *outcome);
/* The same, and its Delete is queued as work with it: the caller owes nothing. */
enum lookup post_remove_and_tell(struct store *store, const char *aid, const char *oid, int64_t now,
                                 enum post_outcome *outcome);
/* Ends the hold window and queues the publishing as work: POST_CREATED when it was held, POST_STALE else. */
enum lookup post_release(struct store *store, const char *aid, const char *oid, int64_t now,
                         enum post_outcome *outcome);

/* Public posts, newest first, older than `before` (ms, exclusive; 0 = from the newest). Returns ids in the
 * arena. */
struct post_page {
    const char **oids;
    int64_t *published;
    size_t count;
};
enum lookup post_list(struct store *store, struct arena *arena, const char *aid, int64_t before, size_t limit,
                      struct post_page *out);

/* A like or boost of a remote person on a post: counted once a person. *changed says whether it was new (or
 * was there). */
enum reaction { REACTION_LIKE, REACTION_SHARE };
enum lookup reaction_add(struct store *store, const char *aid, const char *oid, enum reaction reaction,
                         const char *actor_id, const char *activity_id, bool *changed);
enum lookup reaction_remove(struct store *store, const char *aid, const char *oid, enum reaction reaction,
                            const char *actor_id, bool *changed);

#endif
