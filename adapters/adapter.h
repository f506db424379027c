/* The adapter interface. An adapter is sans-IO: it plans requests and digests bytes; the gateway owns
 * sockets, timers, tokens, retries and the queue. It has no clock, no globals and keeps no state that a
 * restart would need: what must last is in the cursor (opaque bytes) or in what the gateway stores.
 * Capabilities decide, never the platform's name. */
#ifndef DRAWBRIDGE_ADAPTERS_ADAPTER_H
#define DRAWBRIDGE_ADAPTERS_ADAPTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapping/model.h"

enum {
    ADAPTER_ACCOUNTS_FEDERATED = 1u << 0, /* can list the accounts whose owners switched federation on */
    ADAPTER_POSTS = 1u << 1,              /* lists one account's posts */
    ADAPTER_POST_IDS = 1u << 2,  /* lists (id, revision) completely: deletes can be found by comparing */
    ADAPTER_STREAM = 1u << 3,    /* tells events as they happen, by one of the carriers below */
    ADAPTER_PUSH_POST = 1u << 4, /* takes remote replies and their edits */
    ADAPTER_PUSH_DELETE = 1u << 5,
    ADAPTER_PUSH_RELATION = 1u << 6,   /* takes likes and boosts */
    ADAPTER_PUPPETS = 1u << 7,         /* each remote author gets a row of their own, shown as @name@server */
    ADAPTER_IDEMPOTENT = 1u << 8,      /* a push repeated with the same key changes nothing */
    ADAPTER_ASSERTS_CONSENT = 1u << 9, /* the platform itself vouches for the owner's wish (the contract) */
    ADAPTER_PUSH_VOTE = 1u << 10,      /* takes votes in its polls */
    ADAPTER_PUSH_EMOJI = 1u << 11,     /* tells reactions from likes */
    ADAPTER_PUSH_MENTION = 1u << 12,   /* takes remote posts that answer nothing here but name or quote
                                          somebody */
    ADAPTER_SPEAKER = 1u << 13,        /* an account of the operator's writes what remote people answer */
    ADAPTER_PUPPET_ACCOUNTS = 1u << 14, /* writes as accounts of remote people's own, whose ids and passwords
                                           the gateway keeps; with ADAPTER_PUPPETS it makes new ones */
    ADAPTER_PUSH_QUOTE = 1u << 15,      /* takes remote posts that answer nothing here but quote a post of its
                                           own */
    ADAPTER_TIMELINE = 1u << 16,    /* takes posts for those who follow their author, and who follows whom */
    ADAPTER_PUSH_REPORT = 1u << 17, /* takes what other servers report about its members */
};

enum text_unit { UNIT_BYTES, UNIT_CODE_POINTS, UNIT_UTF16, UNIT_GRAPHEMES };

struct adapter_limits {
    size_t text_max;
    enum text_unit text_unit;
    size_t text_max_bytes;            /* 0 = no second limit */
    size_t media_max;                 /* attachments of a post */
    size_t alt_max;                   /* bytes of a description; 0: as long as it is */
    unsigned points_hour, points_day; /* what may be written; 0: no budget */
    unsigned sweep_hours;             /* how often an account is compared with the platform; 0: once a day */
};

struct adapter_bytes {
    const void *data;
    size_t length;
};

struct adapter_header {
    const char *name, *value;
};

/* ---- operations: step machines; a step is one HTTP request
 * --------------------------------------------------- */

enum operation_kind {
    OPERATION_DISCOVER, /* learns endpoints and limits; run once after open and on 401/404 of the API */
    OPERATION_ACCOUNT,  /* in: account (native id)                → account */
    OPERATION_FEDERATED_ACCOUNTS, /* in: cursor                             → accounts, cursor */
    OPERATION_POST,        /* in: post (native id)                   → post, or ANSWER_GONE/UNKNOWN */
    OPERATION_POSTS,       /* in: account, cursor, oldest_first      → posts, cursor */
    OPERATION_POST_IDS,    /* in: account, cursor                    → ids (id, revision), cursor */
    OPERATION_PUSH_POST,   /* in: remote_post (create or edit)       → native_id; the author goes first when
                              asked */
    OPERATION_PUSH_DELETE, /* in: key of a remote post               → ok, also when unknown */
    OPERATION_PUSH_AUTHOR, /* in: remote_author, puppet             → native_id, handle, wanted_handle */
    OPERATION_NAME_AUTHOR, /* in: puppet (wanted_handle)            → handle; the name is proven by now */
    OPERATION_DELETE_AUTHOR,   /* in: key of a remote author; puppet */
    OPERATION_PUSH_RELATION,   /* in: remote_relation */
    OPERATION_DELETE_RELATION, /* in: key of a remote relation; relation, puppet */
    OPERATION_PUSH_REPORT,     /* in: remote_report */
    OPERATION_PROVE, /* in: account, password             → ok: whoever gave it controls the account */
};

/* A remote author's own account on the platform (ADAPTER_PUPPET_ACCOUNTS). */
struct adapter_puppet {
    const char *key;    /* of the author */
    const char *native; /* NULL: not made yet, as far as is known */
    const char *handle; /* what it is called, or to be called, there */
    const char *wanted_handle;
    bool hidden; /* it was deactivated */
};

struct operation_input {
    enum operation_kind kind;
    const char *account, *post, *key, *cursor; /* native ids; NULL where not used */
    unsigned limit;                            /* page size, 0 = the adapter's own */
    bool oldest_first;
    const struct remote_post *remote_post;
    const struct remote_author *remote_author;
    const struct remote_relation *remote_relation;
    const struct remote_report *remote_report;
    enum relation_kind relation;
    const struct adapter_puppet *puppet; /* who says it; NULL: the platform's own way */
    const char *password; /* an owner's, for the gateway's hand only: it goes where a request says */
};

/* How the gateway signs in where its credential (the platform's token) buys tokens that expire. Names of
 * members are those of the JSON that goes and comes. */
struct adapter_session {
    const char *login_url;   /* POST {identifier_member: identifier, password_member: the credential} */
    const char *logout_url;  /* POST without a body, as the bearer of the refresh token; NULL: none */
    const char *refresh_url; /* POST without a body, as the bearer of the refresh token */
    const char *identifier, *identifier_member, *password_member, *access_member, *refresh_member;
};

enum adapter_credential {
    CREDENTIAL_PLATFORM, /* the platform's token, or what its session makes of it */
    CREDENTIAL_PUPPET,   /* of the operation's puppet: the request says how to sign in */
    CREDENTIAL_OPERATOR, /* of the server's administrator (HTTP Basic, RFC 7617) */
};

/* One request for the gateway to perform. The gateway adds the credential: adapters never see secrets. */
struct adapter_request {
    const char *method, *url;
    const struct adapter_header *headers;
    size_t header_count;
    struct adapter_bytes body; /* length 0: none */
    const char *content_type;  /* NULL without body */
    bool authenticate;         /* send a credential, this one: */
    enum adapter_credential credential;
    struct adapter_session session; /* with CREDENTIAL_PUPPET; strings as long as the operation */
    /* The puppet's password, or the operation's, goes into the body's JSON object as this; tokens that come
     * with the answer stay with the gateway. NULL: no password goes. */
    const char *password_member;
    bool foreign;        /* others named the host: the address guard is asked */
    unsigned cost;       /* points of the platform's budget for writing; 0: it costs nothing */
    size_t response_max; /* bytes */
    unsigned timeout_ms;
};

struct adapter_response {
    int status; /* HTTP status; 0 = no answer (timeout, refused): see `error` */
    const char *error;
    struct adapter_bytes body;
    int64_t retry_after_ms; /* from Retry-After, -1 = none */
};

enum operation_state {
    OPERATION_REQUEST, /* perform operation_request(), then call operation_step with the answer */
    OPERATION_DONE,
    OPERATION_FAILED,
};

enum answer {
    ANSWER_OK,
    ANSWER_RETRY,        /* try again later: network, 429, 5xx */
    ANSWER_UNAUTHORIZED, /* the credential is dead: tell the operator */
    ANSWER_UNKNOWN,      /* never existed or not federated */
    ANSWER_GONE,         /* deleted, or a tombstone stands against the push */
    ANSWER_REFUSED,      /* blocked, replies closed: drop quietly */
    ANSWER_INVALID,      /* the platform will never take it as it is: drop, say why */
    ANSWER_TOO_LONG,     /* shorten and try once more */
    ANSWER_NO_MEDIA,     /* such attachments are not taken: link them and try once more */
    ANSWER_FULL,
    ANSWER_TAKEN, /* somebody else's account has the name that the puppet was to get */
};

struct post_revision {
    const char *id;
    uint64_t revision; /* 0: the list tells none, see digest */
    uint64_t digest;   /* of a platform that names contents instead of counting edits; else 0 */
    int64_t created;   /* ms; 0: the list does not tell */
    /* Not 0: a record beside a post that came in the list before: this changes the post's digest, by XOR, as
     * it does in what OPERATION_POST tells. */
    uint64_t beside;
};

/* Borrowed from the operation; lives until operation_free. */
struct operation_result {
    enum answer answer;
    const char *reason;     /* what the platform said, cleaned, for logs and owners; may be NULL */
    int64_t retry_after_ms; /* with ANSWER_RETRY: -1 = the caller's own schedule */
    const struct account *accounts;
    size_t account_count;
    const struct post *posts;
    size_t post_count;
    const struct post_revision *revisions;
    size_t revision_count;
    const char *cursor;        /* next page; NULL = end */
    const char *native_id;     /* of what was pushed */
    const char *handle;        /* of a puppet, as it is now */
    const char *wanted_handle; /* a name that the gateway is to prove, then OPERATION_NAME_AUTHOR; NULL */
};

/* ---- streams: byte feeds
 * -------------------------------------------------------------------------------------- */

enum stream_carrier {
    CARRIER_WEBSOCKET,
    CARRIER_POLL,    /* GET `url`, feed the body of a 200 whole, look at the plan again; a 204 has nothing */
    CARRIER_WEBHOOK, /* the platform POSTs to us; each verified body is fed whole */
};

struct stream_plan {
    enum stream_carrier carrier;
    const char *url; /* ws:// or wss://, http:// or https:// to poll; cursor included; NULL: webhook */
    const char *subprotocol; /* or NULL */
    bool authenticate;
    unsigned silence_ms; /* no frame and no pong for so long: dead; to poll: the request's timeout */
    unsigned ping_ms;
    size_t message_max; /* a larger message kills the connection */
};

/* What the gateway does next after the adapter digested a message or a close. */
struct stream_sink {
    void *context;
    /* One event, in order. Borrowed for the call. False stops the feed (the gateway could not take it). */
    bool (*event)(void *context, const struct event *event);
    /* Commit this cursor once every event before it is durable; then `ack` (may be empty) goes to the
     * platform. */
    void (*cursor)(void *context, struct adapter_bytes cursor, struct adapter_bytes ack);
    /* A text frame to send now. */
    void (*send)(void *context, struct adapter_bytes text);
    /* Is anything that this account does of use? NULL: everything is. */
    bool (*wants)(void *context, const char *account);
};

enum stream_next {
    STREAM_RESUME,    /* reconnect with the committed cursor after delay_ms */
    STREAM_RECONCILE, /* the cursor is of no use: drop it, reconcile by REST, then reconnect live */
    STREAM_STOP,      /* the credential is revoked or the platform refuses us: tell the operator */
};

struct stream_close {
    enum stream_next next;
    unsigned delay_ms; /* before jitter and backoff, which are the gateway's */
    const char *reason;
};

struct adapter_puppet_limits {
    unsigned total, hour, day, server_day; /* server_day: of one remote server */
};

struct adapter; /* an open platform instance */
struct operation;
struct stream;

struct adapter_class {
    const char *name; /* as in `[platform NAME] adapter = …` */
    unsigned (*capabilities)(const struct adapter *adapter);

    /* `settings`: the platform's keys from the configuration (url, …), a JSON object of strings, never
     * secrets. NULL on error, with a sentence in `error`. */
    struct adapter *(*open)(const json_t *settings, char *error, size_t error_size);
    void (*close)(struct adapter *adapter);
    struct adapter_limits (*limits)(const struct adapter *adapter);
    /* What the adapter writes before a remote author's text to name the author, in units of the text and in
     * bytes. NULL: nothing. */
    void (*attribution)(const struct adapter *adapter, const struct remote_author *author, size_t *units,
                        size_t *bytes);

    /* The name that a remote author's own account is to get; `attempt` 0, more where names were taken. In the
     * arena. NULL: the adapter makes no such accounts. */
    const char *(*puppet_handle)(const struct adapter *adapter, const struct remote_author *author,
                                 unsigned attempt, struct arena *arena);
    /* The domain below which the names of puppets are proven by the gateway, or NULL. */
    const char *(*puppet_domain)(const struct adapter *adapter);
    /* How many puppets may be made. */
    struct adapter_puppet_limits (*puppet_limits)(const struct adapter *adapter);

    /* NULL, or it returns NULL: the credential itself goes with requests that want one. */
    const struct adapter_session *(*session)(const struct adapter *adapter);
    /* The answer says that the token is no good any more. */
    bool (*session_expired)(const struct adapter_response *response);

    /* One post as the platform writes it, from outside of any operation; false when it is none. NULL: the
     * adapter cannot tell without asking more. */
    bool (*read_post)(const json_t *document, struct arena *arena, struct post *out);

    /* An operation borrows `input` and the adapter until it is freed. operation_step: first with response
     * NULL. */
    struct operation *(*operation_new)(struct adapter *adapter, const struct operation_input *input);
    enum operation_state (*operation_step)(struct operation *operation,
                                           const struct adapter_response *response);
    const struct adapter_request *(*operation_request)(const struct operation *operation);
    const struct operation_result *(*operation_result)(const struct operation *operation);
    void (*operation_free)(struct operation *operation);

    /* A stream from `cursor` (length 0: none yet, live only). */
    struct stream *(*stream_new)(struct adapter *adapter, struct adapter_bytes cursor);
    const struct stream_plan *(*stream_plan)(const struct stream *stream);
    /* One whole message (or body). False: the bytes are broken, close and let stream_closed decide. */
    bool (*stream_feed)(struct stream *stream, struct adapter_bytes message, bool binary,
                        const struct stream_sink *sink);
    /* The connection ended: `http_status` when the upgrade or the poll was refused (else 0), websocket close
     * code (else 0); `reason`: the close frame's or the answer's body. */
    struct stream_close (*stream_closed)(struct stream *stream, int http_status, int close_code,
                                         struct adapter_bytes reason);
    /* The accounts that are of use: once the stream is `opened`, and whenever there are others. False: close
     * and let stream_closed decide. NULL: the platform picks them itself. */
    bool (*stream_watch)(struct stream *stream, const char *const *accounts, size_t count,
                         const struct stream_sink *sink);
    void (*stream_free)(struct stream *stream);
};

/* The class of that name, or NULL. The names, for messages, come from adapter_class_names (comma-separated).
 */
const struct adapter_class *adapter_class_find(const char *name);
const char *adapter_class_names(void);

#endif
