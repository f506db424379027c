/* From the neutral model to ActivityPub (PROTOCOL §1.4, §3.3, §4). Pure functions; each returns a new jansson
 * reference that the caller owns, NULL only when a limit was passed (60 KiB, 8 levels). */
#ifndef DRAWBRIDGE_MAPPING_OUTBOUND_H
#define DRAWBRIDGE_MAPPING_OUTBOUND_H

#include <jansson.h>

#include "mapping/loss.h"
#include "mapping/model.h"

/* What the gateway knows about something that a post or a profile points at. */
struct outbound_link {
    const char *native; /* native account or post id, or NULL */
    const char *remote; /* ActivityPub id or adapter key as the post names it, or NULL */
    const char *id;     /* ActivityPub id to point at; NULL: not federated, link only */
    const char *handle; /* name@host for people; NULL for posts */
    const char *url;    /* page for people to open */
    const char *author; /* for posts: actor id of the author, NULL unknown; its inbox is a target */
    const char *author_handle;
    const char *context; /* for posts: the conversation (FEP-7888), NULL unknown */
    const char *stamp;   /* quotes: URL of the FEP-044f authorization, NULL none */
    bool ours;
};

struct outbound_actor {
    const struct account *account;
    const char *base, *aid, *name; /* scheme+authority; AID; preferredUsername */
    const char *public_key_pem;    /* SPKI PEM */
    const char *platform_name;     /* shown in the bio: "bridged from …" */
    const char *moved_to;
    bool suspended;
    const struct outbound_link *links;
    size_t link_count;
    int64_t published;
};

json_t *actor_document(const struct outbound_actor *actor);
/* DESIGN §6, leaving: id, type, preferredUsername, inbox, publicKey, suspended. */
json_t *actor_stub(const struct outbound_actor *actor);
/* The instance actor of a host (PROTOCOL §1.4.3). `authority` is its preferredUsername; `proof_key` the
 * publicKeyMultibase of the key by which it vouches for documents, or NULL. */
json_t *instance_actor_document(const char *base, const char *authority, const char *public_key_pem,
                                const char *proof_key);

struct outbound_note {
    const struct post *post;
    const char *base, *aid, *oid, *name;
    int64_t published, updated; /* ms; updated 0 = never edited */
    const struct outbound_link *links;
    size_t link_count;
    const char *emoji_base; /* reserved for custom emoji ids; may be NULL */
    uint64_t likes, shares;
    const json_t *replies; /* array of ids of replies to embed, or NULL */
    const char *platform_name;
};

/* The Note (or Article, Question) with its own @context. */
json_t *note_document(const struct outbound_note *note, struct loss *loss);

/* Activities. `object` is borrowed; its @context moves to the activity. */
json_t *create_activity(const json_t *object);
json_t *update_activity(const json_t *object, const char *actor_id, const char *activity_id);
json_t *delete_activity(const char *actor_id, const char *object_id, const char *followers_url);
json_t *delete_actor_activity(const char *actor_id, const char *followers_url);
json_t *tombstone_document(const char *object_id, const char *former_type, int64_t deleted);
/* Accept or Reject of a Follow; echoes the Follow's id, actor and object unchanged. `id` is the activity's
 * own id. */
json_t *follow_answer(bool accept, const char *id, const char *actor_id, const char *follow_id,
                      const char *follower_id, const char *follow_object);
/* A Follow of somebody elsewhere; undo_activity takes it back. */
json_t *follow_activity(const char *id, const char *actor_id, const char *followed_id);
json_t *announce_activity(const char *id, const char *actor_id, const char *object_id, const char *author_id,
                          const char *followers_url, int64_t published);
/* To the author of the object alone. */
json_t *like_activity(const char *id, const char *actor_id, const char *object_id, const char *author_id);
json_t *undo_activity(const json_t *activity, const char *id);
/* Add to or Remove from `target`, the collection of pinned posts. */
json_t *pin_activity(const char *id, const char *actor_id, const char *object_id, const char *target,
                     const char *followers_url, bool add);
json_t *move_activity(const char *id, const char *actor_id, const char *target_id, const char *followers_url);

/* FEP-044f. To the author of something that `note` (its document) quotes: may we? */
json_t *quote_request_activity(const char *id, const json_t *note, const char *quoted_id,
                               const char *quoted_author);
/* Another's wish to quote a post of ours. */
struct quote_request {
    const char *id, *actor; /* of the QuoteRequest, echoed unchanged */
    const char *quoted, *quoted_author;
    const char *quoting; /* id of the post that quotes ours */
};
/* An Accept whose result is `stamp` (…/q/OID); a Reject when that is NULL. */
json_t *quote_answer(const char *id, const struct quote_request *request, const char *stamp);
/* What the stamp's URL answers. It is revoked by delete_activity of its URL. */
json_t *quote_stamp_document(const char *stamp, const struct quote_request *request);

/* Safe HTML of a rich text: PROTOCOL §4.1's subset, one <p> per paragraph, <br> inside. In the arena. */
const char *html_from_text(struct arena *arena, const struct rich_text *text,
                           const struct outbound_link *links, size_t link_count, const char *tag_base);

/* JSON text of a document as it goes out (compact, one trailing newline not added); malloc'd, caller frees.
 */
char *document_text(const json_t *document, size_t *length);

#endif
