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
    /* of an Announce: id of the object and of its author; "" for a post of its own */
    const char *boost, *boost_author;
    const char *root;  /* "AID OID" of the post of ours that began the conversation, "" when it is itself */
    const char *stamp; /* permission of whoever is quoted (FEP-044f), "" when there is none */
    bool asked;        /* for that permission */
    const char *loss;  /* JSON of what was lost when it was told last (mapping/loss.h), "" for nothing */
    const char *rendered_from; /* for renderings.h */
    uint64_t resend, resent;   /* differ: something changed that is no edit, and was not told yet */
};

enum lookup post_load(struct store *store, struct arena *arena, const char *aid, const char *oid,
                      struct post_record *out);
/* With the account that it is of, in one go. */
enum lookup post_load_with_account(struct store *store, struct arena *arena, const char *aid, const char *oid,
                                   struct account_record *account, struct post_record *out);

/* The OID that a native post has now: that of the newest generation that is not a tombstone, or the first
 * free one. *generation_gone: the post before this generation was deleted. */
enum lookup post_oid(struct store *store, const char *aid, const char *native, char oid[OID_LENGTH + 1]);

enum post_outcome {
    POST_CREATED, /* live: deliver a Create */
    POST_WAITS,   /* in the hold window: nothing leaves */
    POST_UPDATED, /* live and newer: deliver an Update */
    POST_COUNTED, /* only the counts of its poll changed: an Update follows by and by */
    POST_STALE,   /* not newer than what is stored */
    POST_DELETED, /* a tombstone now: deliver a Delete */
    POST_UNSEEN,  /* deleted inside its hold window, or never known: it never existed outside */
    POST_KNOWN,   /* it is no new one, or not as the caller thinks: nothing was done */
};

struct post_change {
    const char *aid, *oid;
    const struct post *post;
    int64_t published, now, hold_ms;  /* published: clamped to now by the caller */
    const char *trace;                /* goes with a post that is held; NULL: none */
    bool only_counts;                 /* nothing but counts differs from what is stored */
    bool requoted;                    /* it quotes something else now: a permission for the old is void */
    const char *boost, *boost_author; /* what it announces, decided once; NULL for a post of its own */
    /* The queue entry that says so, and its queue's key; NULL: none. A worker that stood still for long holds
     * entries that others have done meanwhile: when the entry is gone, nothing is created. */
    const char *queue, *entry;
    bool only_new; /* nothing is to be done when there is one of that OID, or was */
    /* With only_new, a stamp of the account (account_record): nothing is to be done either unless it still
     * is so, and the entry of this `trace` is the only one of the queue. NULL: no matter. */
    const char *account_stamp;
};
/* Creates or edits. */
enum lookup post_put(struct store *store, const struct post_change *change, enum post_outcome *outcome);
/* The same in two steps, as store_script_begin. */
void post_put_begin(struct store *store, const struct post_change *change, struct store_answer *answer);
enum lookup post_put_end(struct store_answer *answer, enum post_outcome *outcome);
/* True when the two differ in nothing but counts, their own or a poll's, and the poll's end: no edit. */
bool post_differs_in_counts(const struct post *one, const struct post *other);
enum lookup post_remove(struct store *store, const char *aid, const char *oid, int64_t now,
                        enum post_outcome *outcome);
/* The same, and its Delete is queued as work with it: the caller owes nothing. */
enum lookup post_remove_and_tell(struct store *store, const char *aid, const char *oid, int64_t now,
                                 enum post_outcome *outcome);
/* Ends the hold window and queues the publishing as work: POST_CREATED when it was held, POST_STALE else. */
enum lookup post_release(struct store *store, const char *aid, const char *oid, int64_t now,
                         enum post_outcome *outcome);

/* A post whose publishing was put off (its poll's counts, a quote that waits for permission) is due: queues
 * it as work. */
enum lookup post_due(struct store *store, const char *aid, const char *oid, int64_t now);

/* Looks again at that time whether the post can be told. */
enum lookup post_put_off(struct store *store, const char *aid, const char *oid, int64_t time);

/* Public posts, newest first, from behind the place where another page ended: times are ms, posts of the same
 * moment are ordered by their ids. `before` NULL: from the newest. Returns ids in the arena. */
struct post_place {
    int64_t published;
    const char *oid; /* "" stands before all of that moment */
};
struct post_page {
    const char **oids;
    int64_t *published;
    size_t count;
};
enum lookup post_list(struct store *store, struct arena *arena, const char *aid,
                      const struct post_place *before, size_t limit, struct post_page *out);
/* Tombstones of 180 days in the same way; `published` of the page and the place is when each was deleted. */
enum lookup post_list_deleted(struct store *store, struct arena *arena, const char *aid,
                              const struct post_place *before, size_t limit, struct post_page *out);

#endif
