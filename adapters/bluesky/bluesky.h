/* Bluesky, or any other network of AT Protocol servers (PLATFORMS §1): posts, profiles and deletes by the
 * firehose (com.atproto.sync.subscribeRepos) or by Jetstream, everything else by XRPC. An account's native id
 * is its DID, a post's the at:// address of its record. Revisions are the microseconds in a repository's
 * `rev`; `digest` is taken from a record's CID. */
#ifndef DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_H
#define DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_H

#include <openssl/types.h>

#include "adapters/adapter.h"
#include "adapters/bluesky/bluesky_dag.h"

enum {
    BLUESKY_URL_MAX = 2048,
    BLUESKY_DID_MAX = 128, /* longer ones exist in theory; an at:// address must fit MODEL_NATIVE_ID_MAX */
    BLUESKY_HANDLE_MAX = 253,
    BLUESKY_RKEY_MAX = 64,
    BLUESKY_RESPONSE_MAX = 4 << 20,
    BLUESKY_FRAME_MAX = 5 << 20,
    BLUESKY_HOMES_MAX = 20000,
};

#define BLUESKY_POST "app.bsky.feed.post"
#define BLUESKY_REPOST "app.bsky.feed.repost"
#define BLUESKY_LIKE "app.bsky.feed.like"
#define BLUESKY_PROFILE "app.bsky.actor.profile"
#define BLUESKY_INTENTS "org.user-intents.declaration"
#define BLUESKY_THREADGATE "app.bsky.feed.threadgate"
#define BLUESKY_POSTGATE "app.bsky.feed.postgate"

/* What the streams are asked for: everything that changes a post or an account here. */
enum { BLUESKY_COLLECTIONS = 6 };
extern const char *const bluesky_collections[BLUESKY_COLLECTIONS];
/* In records made here: where the original is. */
#define BLUESKY_ORIGINAL "drawbridgeOriginalUrl"

enum bluesky_source { SOURCE_JETSTREAM, SOURCE_JETSTREAM_2, SOURCE_FIREHOSE };

struct bluesky_homes;

/* Accounts of remote people's own (bluesky_puppet.c). */
struct bluesky_puppets {
    bool wanted;         /* reply_mode = puppets: new ones are made */
    char *pds;           /* base URL of the server that they live on; NULL: as their DID documents say */
    char *domain;        /* below which the gateway proves their names; NULL: none */
    char *handle_domain; /* of the server, with a dot in front; found by discovery */
    bool invited;        /* the server wants an invite code for each */
    struct adapter_puppet_limits limits;
};

struct adapter {
    char *plc, *appview, *web; /* base URLs without a slash at the end */
    char *stream;              /* ws:// or wss://, scheme and authority */
    enum bluesky_source source;
    char *other_bridge; /* account of another bridge, whose followers it bridges; NULL: none */
    /* Of the account that speaks for remote people: as the operator wrote it, NULL when there is none. The
     * rest is found by discovery. */
    char *identifier, *relay, *pds, *login_url, *refresh_url;
    struct adapter_session session;
    EVP_MD_CTX *hashing;
    struct bluesky_puppets puppets;
    struct bluesky_homes *homes; /* where accounts live, as their DID documents said */
};

extern const struct adapter_class bluesky_class;

/* ---- bluesky_value.c: single values of untrusted JSON. Strings are copied to the arena; NULL when absent or
 * not as they must be. ---- */
const char *bluesky_text(const json_t *value, size_t length_max, struct arena *arena);
const char *bluesky_url(const json_t *value, struct arena *arena);
int64_t bluesky_time(const json_t *value);
/* A whole number from 0 to 2^53 - 1. */
bool bluesky_number(const json_t *value, int64_t *out);
bool bluesky_did_valid(const char *text);
/* Lower case, labels and length as the protocol has them (PLATFORMS §1.2). */
bool bluesky_handle_valid(const char *text);
bool bluesky_rkey_valid(const char *text);
/* at://DID/COLLECTION/RKEY taken apart; strings in the arena. */
struct bluesky_address {
    const char *did, *collection, *rkey;
};
bool bluesky_address_read(const char *text, struct arena *arena, struct bluesky_address *out);
/* *slot becomes a copy of the text; what it was is freed. */
void bluesky_keep(char **slot, const char *text);
/* The page of a post or profile for people. */
const char *bluesky_page(const struct adapter *adapter, struct arena *arena, const char *did,
                         const char *rkey);
/* {"$link": …} of a blob; NULL unless it is a CID. */
const char *bluesky_blob_cid(const json_t *blob, struct arena *arena);
/* "&name=" or "?name=" and the value, percent-encoded. */
struct buffer;
void bluesky_add_escaped(struct buffer *out, const char *text);

/* ---- bluesky_cid.c ---- */
enum { CID_BYTES = 36, CID_TEXT = 59 };
/* CIDv1 of SHA-256 with codec dag-cbor or raw. */
bool bluesky_cid_valid(const unsigned char *bytes, size_t length);
/* What hashes blocks, again and again; freed with EVP_MD_CTX_free. */
EVP_MD_CTX *bluesky_hashing_new(void);
bool bluesky_cid_hashes(EVP_MD_CTX *hashing, const unsigned char *cid, const unsigned char *block,
                        size_t length);
void bluesky_cid_text(const unsigned char *cid, char out[CID_TEXT + 1]);
/* 53 bits of the hash that a CID (as text) holds; of its text when it is none. Never 0. */
uint64_t bluesky_digest(const char *cid);
/* Microseconds of a TID; 0 when it is none. */
uint64_t bluesky_tid_time(const char *text);
/* A record key in the form of a TID, the same for the same key; its time says nothing. */
void bluesky_tid_for(const char *key, char out[14]);

/* ---- bluesky_car.c: CARv1 (PLATFORMS §1.8) ---- */
struct bluesky_car {
    const unsigned char *bytes;
    size_t length, at;
    bool broken;
};
/* Reads the header; false when it is no CARv1. */
bool bluesky_car_open(struct bluesky_car *car, const void *bytes, size_t length);
/* The next block; false at the end or when it is broken. */
bool bluesky_car_next(struct bluesky_car *car, const unsigned char **cid, const unsigned char **block,
                      size_t *length);

/* ---- bluesky_homes.c: DID → PDS and handle. Bounded; forgets the oldest. ---- */
struct bluesky_homes *bluesky_homes_new(void);
void bluesky_homes_free(struct bluesky_homes *homes);
struct bluesky_home {
    const char *pds, *handle; /* handle: as the DID document claims it; borrowed until the next call */
};
bool bluesky_home_find(struct bluesky_homes *homes, const char *did, struct bluesky_home *out);
void bluesky_home_put(struct bluesky_homes *homes, const char *did, const char *pds, const char *handle);
void bluesky_home_forget(struct bluesky_homes *homes, const char *did);

/* ---- bluesky_post.c, bluesky_profile.c: records → neutral model ---- */
struct bluesky_record {
    const char *did, *collection, *rkey;
    const char *cid;     /* text; NULL: unknown */
    uint64_t revision;   /* microseconds of the repository's rev */
    const char *pds;     /* of the author; NULL: unknown, and then no media can be linked */
    const json_t *value; /* JSON form: links are {"$link": …}, bytes {"$bytes": …} */
};
/* False: no post or repost, or it lacks what it needs, or its media cannot be linked. */
bool bluesky_read_record(const struct adapter *adapter, const struct bluesky_record *record,
                         struct arena *arena, struct post *out);
/* Who may answer a post and who may quote it, as the records beside it say (threadgate, postgate); NULL:
 * there is none. That nobody may quote it shows in the digest, since a comparison sees nothing else. */
void bluesky_read_threadgate(const json_t *value, struct post *post);
void bluesky_read_postgate(const json_t *value, struct post *post);
enum { BLUESKY_UNQUOTABLE = 1 };
/* `record` may hold no value: an account without a profile. */
bool bluesky_read_profile(const struct adapter *adapter, const struct bluesky_record *record,
                          const char *handle, struct arena *arena, struct account *out);
/* bluesky_facets.c: the text with its facets as spans. */
void bluesky_read_text(const struct adapter *adapter, const json_t *text, const json_t *facets,
                       size_t length_max, struct arena *arena, struct rich_text *out);

/* ---- bluesky_event.c: what one operation of a commit, or an event about an account, means ---- */
struct bluesky_change {
    const char *did, *rev, *collection, *rkey, *cid;
    char action;         /* 'c' create, 'u' update, 'd' delete */
    const json_t *value; /* NULL: unknown, the gateway fetches it */
    int64_t time;
};
void bluesky_change_event(struct adapter *adapter, const struct bluesky_change *change, struct arena *arena,
                          struct event *out);
/* `what` is "identity", "account" or "sync"; `mark` makes the key of each its own. */
void bluesky_account_event(struct adapter *adapter, const char *what, const char *did, const char *mark,
                           int64_t time, struct arena *arena, struct event *out);

/* ---- bluesky_puppet_names.c: what puppets are called; in the arena ---- */
/* A label of the server's own: 3 to 18 characters; another one for each attempt. */
const char *bluesky_puppet_label(const struct remote_author *author, unsigned attempt, struct arena *arena);
const char *bluesky_puppet_handle(const struct adapter *adapter, const struct remote_author *author,
                                  unsigned attempt, struct arena *arena);
/* alice.mastodon.example.DOMAIN, as far as handles can say that. */
const char *bluesky_puppet_wanted(const char *domain, const struct remote_author *author,
                                  struct arena *arena);
/* How many bytes the first `maximum` graphemes take; *count is how many there are, at most that. */
size_t bluesky_graphemes(const char *text, size_t maximum, size_t *count);
/* bluesky_puppet_profile.c: the profile record, without a picture. */
json_t *bluesky_puppet_profile(const struct remote_author *author);

/* ---- the parts of the class ---- */
/* Whether a profile or a post labels itself so. */
bool bluesky_labelled(const json_t *record, const char *label);
void bluesky_attribution(const struct adapter *adapter, const struct remote_author *author, size_t *units,
                         size_t *bytes);
bool bluesky_session_expired(const struct adapter_response *response);
struct operation *bluesky_operation_new(struct adapter *adapter, const struct operation_input *input);
enum operation_state bluesky_operation_step(struct operation *operation,
                                            const struct adapter_response *response);
const struct adapter_request *bluesky_operation_request(const struct operation *operation);
const struct operation_result *bluesky_operation_result(const struct operation *operation);
void bluesky_operation_free(struct operation *operation);

struct stream *bluesky_stream_new(struct adapter *adapter, struct adapter_bytes cursor);
const struct stream_plan *bluesky_stream_plan(const struct stream *stream);
bool bluesky_stream_feed(struct stream *stream, struct adapter_bytes message, bool binary,
                         const struct stream_sink *sink);
struct stream_close bluesky_stream_closed(struct stream *stream, int http_status, int close_code,
                                          struct adapter_bytes reason);
bool bluesky_stream_watch(struct stream *stream, const char *const *accounts, size_t count,
                          const struct stream_sink *sink);
void bluesky_stream_free(struct stream *stream);

#endif
