/* The neutral model: all that crosses the border between adapters, mapping and gateway.
 *
 * Text is valid UTF-8 without NUL; spans are half-open ranges of UTF-8 BYTE offsets, sorted, not overlapping,
 * on character borders (`spans_normalize` makes them so). Times are milliseconds since the Unix epoch, 0 =
 * unknown. Ids are opaque strings, compared byte by byte. Strings may be NULL where that is said. Every value
 * is owned by the arena it was made in; all pointers are borrowed. */
#ifndef DRAWBRIDGE_MAPPING_MODEL_H
#define DRAWBRIDGE_MAPPING_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapping/arena.h"

enum {
    MODEL_TEXT_MAX = 65536, /* bytes of a post's text */
    MODEL_SPANS_MAX = 512,
    MODEL_MEDIA_MAX = 32,
    MODEL_FIELDS_MAX = 16,
    MODEL_OPTIONS_MAX = 20,
    MODEL_LANGUAGES_MAX = 3,
    MODEL_TAGS_MAX = 8,
    MODEL_NATIVE_ID_MAX = 255,
};

enum span_kind {
    SPAN_LINK,           /* target: URL */
    SPAN_MENTION,        /* of a native account; target: native account id; label: its page or NULL */
    SPAN_REMOTE_MENTION, /* of a fediverse actor; target: actor id (URL); label: user@host or NULL */
    SPAN_HASHTAG,        /* target: the tag without '#' */
    SPAN_EMOJI,          /* target: image URL; the text range is the :shortcode: */
    SPAN_BOLD,
    SPAN_ITALIC,
    SPAN_STRIKE,
    SPAN_CODE,
    SPAN_PREFORMATTED,
    SPAN_QUOTE,
};

struct span {
    size_t start, end;
    enum span_kind kind;
    const char *target; /* see above; NULL for styles */
    const char *label;
};

struct rich_text {
    const char *text; /* never NULL */
    size_t length;
    const struct span *spans;
    size_t span_count;
};

enum media_kind { MEDIA_IMAGE, MEDIA_VIDEO, MEDIA_AUDIO, MEDIA_FILE };

struct media {
    enum media_kind kind;
    const char *url, *type;                     /* type: media type such as image/jpeg; NULL when unknown */
    const char *alt, *blurhash, *thumbnail_url; /* each may be NULL */
    uint32_t width, height, duration_ms;        /* 0 = unknown */
    uint64_t bytes;
    bool has_focus;
    double focus_x, focus_y; /* -1..1 */
};

struct card {
    const char *url, *title, *description, *thumbnail_url;
};

struct poll_option {
    const char *name;
    uint64_t votes;
};

struct poll {
    struct poll_option options[MODEL_OPTIONS_MAX];
    size_t option_count;
    int64_t ends, closed; /* ms, 0 = none */
    uint64_t voters;
    bool multiple;
    bool votable; /* votes can be carried back to the platform */
};

enum visibility { VISIBILITY_PUBLIC, VISIBILITY_UNLISTED, VISIBILITY_FOLLOWERS, VISIBILITY_DIRECT };

/* What a post points at: a native post of the same platform, or a fediverse object by its id, or nothing. */
struct reference {
    const char *native; /* native post id or NULL */
    const char *remote; /* ActivityPub id, or the adapter's key for a remote object, or NULL */
    const char *page;   /* where people can see a native post that is not in the fediverse; or NULL */
};

enum reply_policy { REPLY_EVERYONE, REPLY_FOLLOWERS, REPLY_MENTIONED, REPLY_NOBODY };

struct post {
    const char *id, *author; /* native ids */
    const char *url;         /* permalink or NULL */
    uint64_t revision;       /* rises with each edit */
    uint64_t digest;         /* differs with each edit, 0 = unknown */
    int64_t created, edited; /* edited: 0 = never */
    const char *title;       /* long form only, else NULL */
    struct rich_text body;
    const char *html;    /* the platform's own HTML where it gives one; hostile until sanitised; NULL */
    const char *warning; /* content warning or NULL */
    bool sensitive, federate;
    enum visibility visibility;
    struct reference reply_to, quote_of, repost_of;
    const char *languages[MODEL_LANGUAGES_MAX];
    size_t language_count;
    const char *tags[MODEL_TAGS_MAX]; /* hashtags beside the text, without '#' */
    size_t tag_count;
    const struct media *media;
    size_t media_count;
    const struct card *card; /* or NULL */
    const struct poll *poll; /* or NULL */
    enum reply_policy reply_policy;
    bool quotable;
    uint64_t likes, reposts, replies; /* the platform's own counts */
};

struct profile_field {
    const char *name, *value;
};

enum account_kind { ACCOUNT_PERSON, ACCOUNT_BOT, ACCOUNT_GROUP };
enum account_status { ACCOUNT_ACTIVE, ACCOUNT_SUSPENDED, ACCOUNT_DEACTIVATED, ACCOUNT_DELETED };
enum federation_wish { FEDERATION_UNKNOWN, FEDERATION_OFF, FEDERATION_ON };

enum { ALIASES_MAX = 16 }; /* of which the platform names at most 8 */

struct account {
    const char *id, *handle; /* native id; handle as the platform shows it, without '@' */
    const char *name, *url;  /* display name; profile page; may be NULL */
    struct rich_text bio;
    const char *avatar_url, *avatar_type, *banner_url, *banner_type; /* may be NULL */
    struct profile_field fields[MODEL_FIELDS_MAX];
    size_t field_count;
    enum account_kind kind;
    enum account_status status;
    int64_t created;
    uint64_t revision;               /* 0: the platform counts none, compare */
    enum federation_wish federation; /* the owner's wish as the platform asserts it */
    const char *federation_reason;   /* with FEDERATION_OFF: why, and what to do; NULL; not kept */
    int64_t federated_since;         /* posts older than this stay home unless backfill */
    bool backfill, discoverable, indexable, approve_followers;
    const char *pinned[8]; /* native post ids */
    size_t pinned_count;
    const char *also_known_as[ALIASES_MAX];
    size_t also_known_as_count;
    const char *moved_to; /* or NULL */
};

/* A fediverse person as shown on the platform: always with the server (DESIGN §6). */
struct remote_author {
    const char *key;      /* the gateway's key for the platform: "ra_" + 22 base64url characters */
    const char *actor_id; /* ActivityPub id */
    const char *handle;   /* user@host, lower case host */
    const char *name, *url, *software;
    struct rich_text bio;
    const char *bio_html; /* sanitised */
    const char *avatar_url, *avatar_type;
    bool bot;
    bool limited; /* the operator limited the author's server */
    int64_t created;
    uint64_t revision; /* the gateway's own counter */
};

/* A fediverse post on its way to the platform. */
struct remote_post {
    const char *key;       /* "rp_" + 22 base64url characters */
    const char *object_id; /* ActivityPub id */
    const char *url;
    const struct remote_author *author;
    struct reference
        reply_to;          /* native: our own post; remote: key of a remote post that the platform holds */
    struct reference root; /* native root of the thread */
    struct reference quote_of;
    struct rich_text body;
    const char *html; /* sanitised */
    const char *warning, *title;
    bool sensitive;
    enum visibility visibility;
    const char *languages[MODEL_LANGUAGES_MAX];
    size_t language_count;
    const char *mentions[32]; /* native account ids */
    size_t mention_count;
    const struct media *media;
    size_t media_count;
    const struct poll *poll; /* or NULL */
    bool timeline;           /* for those who follow the author, not only for those it answers or names */
    int64_t created, edited;
    uint64_t revision; /* the gateway's own counter */
};

enum relation_kind {
    RELATION_LIKE,
    RELATION_REPOST,
    RELATION_FOLLOWED, /* one of the platform's accounts follows that person */
    RELATION_EMOJI,
    RELATION_VOTE
};

/* A like, boost, reaction or vote of a remote person, or somebody's follow of one, on its way to the
 * platform. */
struct remote_relation {
    const char *key; /* "rr_" + 22 base64url characters */
    enum relation_kind kind;
    const struct remote_author *author;
    const char *target; /* native post id; of RELATION_FOLLOWED the native id of the account that follows */
    const char *state;  /* of RELATION_FOLLOWED: asked, accepted, rejected; else NULL */
    const char *emoji;  /* or NULL */
    const char *emoji_url; /* picture of a custom emoji, or NULL */
    const char *choice;    /* of a vote: the option's name; else NULL */
    uint64_t revision;
};

/* What another server reported about an account here, on its way to the platform. */
struct remote_report {
    const char *key;          /* "rf_" + its number */
    const char *account;      /* native id */
    const char *const *posts; /* native ids, of that account's */
    size_t post_count;
    const char *server, *comment; /* who reported is known by server only */
    int64_t created;
};

enum event_kind {
    EVENT_POST_CREATED,
    EVENT_POST_UPDATED,
    EVENT_POST_DELETED,
    EVENT_REPOST_CREATED, /* post->repost_of is set */
    EVENT_REPOST_DELETED,
    EVENT_ACCOUNT_UPDATED,    /* also a rename; account is set */
    EVENT_ACCOUNT_STATUS,     /* account->status */
    EVENT_ACCOUNT_FEDERATION, /* account->federation: the owner's wish changed */
    EVENT_FOLLOW_DECIDED, /* a member decided about a follower; subject: key of a remote author, `accepted` */
    EVENT_BLOCK_CREATED,  /* subject: key of a remote author, or a domain */
    EVENT_BLOCK_DELETED,
    EVENT_REMOTE_POST_REMOVED, /* a local moderator hid a remote reply; subject: its key */
    EVENT_LIKE_CREATED,
    EVENT_LIKE_DELETED,
    EVENT_REPORT,         /* a member reports somebody elsewhere; subject: key of a remote post or author */
    EVENT_GAP,            /* events were lost or the epoch changed: reconcile by REST */
    EVENT_OTHER,          /* understood but of no use here; counted, then dropped */
    EVENT_FOLLOW_CREATED, /* a member wants to follow; subject: key of a remote author, or name@server */
    EVENT_FOLLOW_DELETED,
};

/* One thing that happened on the platform. */
struct event {
    enum event_kind kind;
    const char *key;     /* stable under redelivery; never NULL */
    const char *account; /* native id of the account whose order it keeps; may be NULL for EVENT_GAP */
    const char *subject; /* native post id or other subject; may be NULL */
    uint64_t revision;
    int64_t time;
    bool accepted;                      /* of EVENT_FOLLOW_DECIDED */
    const char *comment;                /* of a report; may be NULL */
    bool forward;                       /* of a report: the member wants their server to hear of it */
    const struct post *post;            /* or NULL: then fetch it */
    const struct account *account_data; /* or NULL: then fetch it */
};

/* Drops spans that are out of range, empty, off a character border or overlapping an earlier one; sorts the
 * rest. Works on the array in place and returns the new count. Style spans may enclose or be enclosed by
 * others; links, mentions, hashtags and emoji never overlap one another. */
size_t spans_normalize(const char *text, size_t length, struct span *spans, size_t count);

/* The normal form: on texts in it html_from_text and text_from_html are each other's inverse.
 * - Blocks (paragraphs, quotes, preformatted text) are divided by two newlines, the lines of a paragraph by
 * one, the words of a line by one space; there are no other blanks and none at the edges of a block.
 * Preformatted text holds any blanks inside, but no run of more than eight newlines.
 * - The spans are normal (spans_normalize). Quotes and preformatted text cover whole blocks, a quote begins
 * with a paragraph; all other spans lie within one paragraph and begin and end at words.
 * - Mentions read as people write them: "@handle", of people of the fediverse always with the server;
 * hashtags
 *   "#tag"; emoji ":shortcode:", not in code. */

/* True if the bytes are valid UTF-8 without NUL and without C0 controls other than tab, LF and CR. */
bool text_is_clean(const char *text, size_t length);

/* RFC 3339 in all its forms (offset, fraction) to ms since the epoch; -1 when it is no time. */
int64_t time_parse(const char *text);

/* "2026-11-01T09:00:00.000Z" (24 characters) into `out`, or without milliseconds when they are 0. */
enum { TIME_TEXT_MAX = 32 };
void time_format(int64_t time_ms, char out[TIME_TEXT_MAX]);

#endif
