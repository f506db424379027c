/* From ActivityPub to the neutral model: tolerant of every shape of PROTOCOL §3.6, trusting nothing. Pure
 * functions. Results live in the arena; `const json_t` results are borrowed from the input document. */
#ifndef DRAWBRIDGE_MAPPING_INBOUND_H
#define DRAWBRIDGE_MAPPING_INBOUND_H

#include <jansson.h>

#include "mapping/loss.h"
#include "mapping/model.h"

enum {
    INBOUND_IDS_MAX = 64,
    INBOUND_KEYS_MAX = 10,
    INBOUND_MENTIONS_MAX = 50,
    INBOUND_HASHTAGS_MAX = 50,
    INBOUND_MEDIA_MAX = 16
};

struct inbound_activity {
    const char *id;   /* NULL when absent or not on the actor's origin */
    const char *type; /* first known type, as written */
    const char *actor;
    const char *object_id;                /* id of the (first) object; NULL */
    const char *object_type;              /* when embedded; NULL */
    const json_t *object;                 /* the embedded object; NULL when it is a bare id */
    const char *objects[INBOUND_IDS_MAX]; /* all object ids (Flag, multiple choice votes) */
    size_t object_count;
    const char *target, *instrument, *content;
    const char *emoji_url; /* the picture of a custom emoji that the content names (FEP-c0e0); NULL */
    const char *result;    /* of an Accept (FEP-044f): the permission; NULL */
    /* of an embedded activity (Undo, Accept, Reject): */
    const char *inner_actor, *inner_object;
    enum visibility visibility;
    int64_t published;
};

/* Reads the outer shape. NULL on success, else a sentence saying what is missing (answer 400). */
const char *inbound_activity_read(const json_t *document, struct arena *arena, struct inbound_activity *out);

struct inbound_key {
    const char *id, *owner, *pem; /* publicKey */
    const char *multibase;        /* Multikey (FEP-521a); then pem is NULL */
};

struct inbound_actor {
    const char *id, *type, *username, *name, *summary_html, *url;
    const char *inbox, *shared_inbox, *outbox, *followers, *featured;
    const char *icon_url, *icon_type;
    struct inbound_key keys[INBOUND_KEYS_MAX];
    size_t key_count;
    const char *also_known_as[16];
    size_t also_known_as_count;
    const char *moved_to;
    bool bot, suspended, manually_approves;
    bool refuses_bridges; /* #nobridge in the profile, or an opt-out signal (FEP-5e53) */
    int64_t published;
};
/* An actor document; also the key stubs of GoToSocial. NULL on success, else the reason. */
const char *inbound_actor_read(const json_t *document, struct arena *arena, struct inbound_actor *out);
/* A stand-alone key document ({id, owner, publicKeyPem} or Multikey). */
const char *inbound_key_read(const json_t *document, struct arena *arena, struct inbound_key *out);

struct inbound_mention {
    const char *href, *name;
};

struct inbound_note {
    const char *id, *type, *attributed_to, *in_reply_to, *url, *context, *quote_of;
    const char *content_html, *summary, *name;
    const char *language;
    size_t language_count;   /* of contentMap: only the text in `language` is read */
    bool sensitive, is_vote; /* a vote: `name` + in_reply_to, no content */
    int64_t published, updated;
    int64_t starts, ends; /* of an Event */
    const char *place;
    enum visibility visibility;
    struct inbound_mention mentions[INBOUND_MENTIONS_MAX];
    size_t mention_count;
    const char *hashtags[INBOUND_HASHTAGS_MAX];
    size_t hashtag_count;
    struct media media[INBOUND_MEDIA_MAX];
    size_t media_count, media_left_out;
    const struct poll *poll;
    const json_t *tags; /* array or single object, borrowed; emoji are found here */
};
/* Note, Article, Page, Question, Video, Audio, Image, Event… `fallback` (the activity) lends to/cc. NULL on
 * success. */
const char *inbound_note_read(const json_t *object, const json_t *fallback, struct arena *arena,
                              struct inbound_note *out);

/* Who of the mentioned is a native account here: fills SPAN_MENTION targets instead of SPAN_REMOTE_MENTION.
 */
struct inbound_person {
    const char *actor_id, *url, *native;
};

/* HTML of any server → text with spans (a real HTML5 parser). `length_max` bytes of text. */
struct rich_text text_from_html(struct arena *arena, const char *html, const struct inbound_note *note,
                                const struct inbound_person *people, size_t people_count, size_t length_max,
                                struct loss *loss);

/* HTML through the allow-list of PROTOCOL §4.1, for platforms that show HTML. In the arena. */
const char *html_sanitize(struct arena *arena, const char *html, size_t length_max);

/* The neutral author of an actor document. `handle` is what WebFinger proved (user@host), NULL when unproven:
 * then the handle is preferredUsername@host of the id. */
struct remote_author *remote_author_make(struct arena *arena, const struct inbound_actor *actor,
                                         const char *handle, const char *software);

struct remote_post_input {
    const struct inbound_note *note;
    const struct remote_author *author;
    const struct inbound_person *people;
    size_t people_count;
    struct reference reply_to, root, quote_of;
    /* the platform's length policy: longer texts are cut at a word with a link to the original */
    size_t text_max, text_max_bytes;
    int text_unit; /* enum text_unit of adapters/adapter.h: 0 bytes, 1 code points, 2 UTF-16, 3 graphemes */
    size_t media_max; /* attachments that the platform takes; further ones are linked in the text */
    size_t alt_max;   /* bytes of a description; 0: as long as it is */
    bool timeline;    /* it is for those who follow the author */
    uint64_t revision;
};
struct remote_post *remote_post_make(struct arena *arena, const struct remote_post_input *input,
                                     struct loss *loss);

/* "https://m.example:8443" of a URL, host in lower case, default port dropped; NULL when it has none. */
const char *url_origin(struct arena *arena, const char *url);
bool url_same_origin(const char *one, const char *other);

#endif
