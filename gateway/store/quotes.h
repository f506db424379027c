/* Permissions to quote (FEP-044f), given and received (docs/store.md). All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_QUOTES_H
#define DRAWBRIDGE_GATEWAY_STORE_QUOTES_H

#include "gateway/store/posts.h"

/* The OID of the permission that `quoting` (an ActivityPub id) has for a post of ours: …/u/AID/q/OID. */
void quote_oid_make(const char *aid, const char *oid, const char *quoting, char out[OID_LENGTH + 1]);

struct quote_record {
    const char *oid;             /* our post */
    const char *quoting, *actor; /* ids of the post that quotes it and of who wrote that */
    const char *request;         /* id of the QuoteRequest; "" among our own accounts */
    int64_t ended;               /* ms: when it was taken back; 0: it stands with the post */
};

/* Gives a permission; *given is false when our post is not there any more. */
enum lookup quote_give(struct store *store, const char *aid, const char *quote_oid,
                       const struct quote_record *quote, int64_t now, bool *given);
enum lookup quote_load(struct store *store, struct arena *arena, const char *aid, const char *quote_oid,
                       struct quote_record *out);
/* Takes a permission back. */
enum lookup quote_end(struct store *store, const char *aid, const char *quote_oid, int64_t now);

/* Permissions that a person (`actor`, else NULL) or people of a server (`domain`, else NULL) have for posts
 * of the account, page by page: begin with cursor "0"; when it is "0" again, that was all. */
enum { QUOTE_PAGE_MAX = 512, QUOTE_CURSOR_MAX = 24 };
struct quote_page {
    const char *quote_oids[QUOTE_PAGE_MAX], *actors[QUOTE_PAGE_MAX];
    size_t count;
    char cursor[QUOTE_CURSOR_MAX];
};
enum lookup quote_page_load(struct store *store, struct arena *arena, const char *aid, const char *actor,
                            const char *domain, struct quote_page *page);

/* OIDs of the permissions for a post, at most `maximum`; *count says how many. */
enum lookup quote_list(struct store *store, struct arena *arena, const char *aid, const char *oid,
                       const char **out, size_t maximum, size_t *count);

/* The author of what a post of ours quotes is asked: its Create waits `wait_ms` at most. *fresh: nobody asked
 * before. */
enum lookup post_ask(struct store *store, const char *aid, const char *oid, int64_t now, int64_t wait_ms,
                     bool *fresh);
/* The answer: the permission's URL, or NULL when it was refused or taken back. The post is told (anew) when
 * that changes it. */
enum lookup post_stamp(struct store *store, const char *aid, const char *oid, const char *stamp, int64_t now);
/* The post of ours that carries this permission: *place is "AID OID". */
enum lookup post_of_stamp(struct store *store, struct arena *arena, const char *stamp, const char **place);

/* The loss report (mapping/loss.h) of what was told last, as JSON; NULL: nothing was lost. */
enum lookup post_keep_loss(struct store *store, const char *aid, const char *oid, const char *loss);

#endif
