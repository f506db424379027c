/* Posts of members. Each change that the gateway must know writes its event in the same transaction. */
#ifndef PLAZA_POSTS_H
#define PLAZA_POSTS_H

#include "plaza/accounts.h"

enum post_outcome {
    POST_OK,
    POST_NOT_FOUND,
    POST_GONE,
    POST_NOT_YOURS,
    POST_EMPTY,
    POST_TOO_LONG,
    POST_BAD_FIELD,     /* visibility, language, image: `field` names it */
    POST_PARENT_UNKNOWN /* what it answers is not there (any more) */
};

/* What a person wrote; borrowed. */
struct post_draft {
    const char *text;
    const char *warning, *language; /* NULL or "": none */
    const char *visibility;         /* NULL: public */
    const char *image_url, *image_alt;
    const char *parent; /* "p_…", "c_…", a gateway's "rp_…", or NULL */
    const char *quote;  /* the same, or the address of a fediverse post */
    const char *poll;   /* one option a line; NULL or "": none. Only when it is written, never changed. */
    bool poll_multiple;
    int64_t poll_minutes; /* how long it is open; 0: a day */
};

/* What is known of a post without its text. */
struct post_head {
    int64_t id, account, rev, created, thread;
    bool deleted, announced, repost;
};

bool post_head(struct database *database, int64_t id, struct post_head *head);
/* Whether the gateway may see it: the owner is in the fediverse and was when it was written. */
bool post_exported(struct database *database, const struct post_head *head);

/* Ok: *id is the new post. On POST_BAD_FIELD *field names what is wrong. */
enum post_outcome post_create(struct plaza *plaza, const struct account *author,
                              const struct post_draft *draft, int64_t *id, const char **field);
/* Everything but the parent and the visibility is replaced. */
enum post_outcome post_edit(struct plaza *plaza, const struct account *author, int64_t id,
                            const struct post_draft *draft, const char **field);
enum post_outcome post_delete(struct plaza *plaza, const struct account *author, int64_t id);

/* Something about a post changed that is no edit (votes came in): the gateway is told. */
void post_touch(struct plaza *plaza, int64_t id);
/* A member shows a post again, or takes that back (target: as in a draft's quote). Ok: *id is the repost. */
enum post_outcome post_repost(struct plaza *plaza, const struct account *account, const char *target,
                              int64_t *id);
/* Pins a post of the member's to the profile, or takes it down. */
enum post_outcome post_pin(struct plaza *plaza, struct account *account, int64_t id, bool on);
/* A member likes a post ("p_…", "c_…" or "rp_…"), or takes it back. */
enum post_outcome post_like(struct plaza *plaza, const struct account *account, const char *target, bool on);

/* Turns "rp_…" into the local "c_…" and checks that "p_…" and "c_…" are there: POST_OK, POST_NOT_FOUND or
 * POST_GONE. */

enum post_outcome post_resolve(struct database *database, const char *target, char local[LOCAL_ID_SIZE],
                               int64_t *thread);

/* The contract's post (PLATFORMS §7.5) from a row of POST_SELECT. New reference. */
#define POST_SELECT                                                                                          \
    "SELECT post.id, post.account, post.rev, post.created, post.edited, post.text, post.spans, "             \
    "post.warning,"                                                                                          \
    " post.language, post.visibility, post.image_url, post.image_alt, post.parent, post.thread,"             \
    " account.handle, remote_post.key,"                                                                      \
    " (SELECT count(*) FROM liked WHERE target = 'p_' || post.id)"                                           \
    " + (SELECT count(*) FROM remote_relation WHERE kind = 'like' AND target = 'p_' || post.id),"            \
    " (SELECT count(*) FROM remote_relation WHERE kind = 'repost' AND target = 'p_' || post.id),"            \
    " (SELECT count(*) FROM post AS reply WHERE reply.parent = 'p_' || post.id AND reply.deleted IS NULL)"   \
    " + (SELECT count(*) FROM remote_post AS reply WHERE reply.parent = 'p_' || post.id"                     \
    "    AND reply.deleted IS NULL), post.poll, post.quote, post.repost"                                     \
    " FROM post JOIN account ON account.id = post.account"                                                   \
    " LEFT JOIN remote_post ON post.parent = 'c_' || remote_post.id "
/* Goes with POST_SELECT: only what the gateway may see. */
#define POST_EXPORTED                                                                                        \
    " post.deleted IS NULL AND account.federation = 1 AND account.status <> 'deleted'"                       \
    " AND post.created >= account.since "
json_t *post_row_json(struct plaza *plaza, sqlite3_stmt *row);

#endif
