/* Documents as they were rendered lately, in the store, for all workers (docs/store.md). A rendering is found
 * only while everything of its account and its post that it was made from is as it was then: it never
 * outlives a Delete, an edit or a change of consent. What it shows of other things (links, answers) is as old
 * as RENDERING_MS at most. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_RENDERINGS_H
#define DRAWBRIDGE_GATEWAY_STORE_RENDERINGS_H

#include "gateway/store/posts.h"

enum { RENDERING_MS = 60000 };

/* The state that a rendering is made from, as text, from the reply to HGETALL of the account's or the post's
 * key; in the arena. */
const char *rendering_stamp_account(const struct reply *fields, struct arena *arena);
const char *rendering_stamp_post(const struct reply *fields, struct arena *arena);

struct rendering {
    enum consent consent; /* of the account, now */
    const char *host;     /* of the account: authority */
    const char *tag, *document;
    size_t length;
    int64_t left_ms;
    struct reply *reply; /* holds the texts */
};

/* Waits. `oid` "" for the actor. LOOKUP_FOUND: rendering_clear when it is served. */
enum lookup rendering_find(struct store *store, const char *aid, const char *oid, struct rendering *out);
void rendering_clear(struct rendering *rendering);

/* Keeps what was rendered from these records; `post` NULL for the actor. Does not wait. */
void rendering_keep(struct store *store, const struct account_record *account, const struct post_record *post,
                    const char *tag, const char *document, size_t length);

#endif
