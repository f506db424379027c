/* Private to `drawbridge contract check`: one run against one platform's service (docs/contract). The checks
 * are functions that ask the service and say what is wrong; they run one after the other, in a task. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_CONTRACT_H
#define DRAWBRIDGE_GATEWAY_ADMIN_CONTRACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/client/fetch.h"
#include "gateway/client/websocket.h"
#include "gateway/loop.h"
#include "gateway/sig/webhook.h"
#include "gateway/task.h"

enum {
    CONTRACT_ID_MAX = 255,
    CONTRACT_LEVELS = 4,
    CONTRACT_FINDINGS_MAX = 6, /* of one check; what comes after is only counted */
    CONTRACT_FINDING_MAX = 500
};

/* Features of the discovery document. */
enum {
    FEATURE_POLL = 1u << 0,
    FEATURE_WEBSOCKET = 1u << 1,
    FEATURE_WEBHOOK = 1u << 2,
    FEATURE_REMOTE_POSTS = 1u << 3,
    FEATURE_REMOTE_RELATIONS = 1u << 4,
    FEATURE_SANDBOX = 1u << 5,
    FEATURE_TIMELINE = 1u << 7,
    FEATURE_REPORTS = 1u << 8,
    FEATURE_ACCOUNT = 1u << 6, /* none of the service's words: a federated account is there to work on */
};

struct contract;
struct contract_hooks;

struct contract_check {
    const char *name;
    int level;
    const char *section;  /* of docs/contract/README.md */
    const char *sentence; /* what is true of a good service */
    void (*run)(struct contract *contract);
    unsigned needs; /* features, all of them */
};

enum contract_state { CONTRACT_NOT_RUN, CONTRACT_GOOD, CONTRACT_WRONG, CONTRACT_SKIPPED };

struct contract_outcome {
    enum contract_state state;
    int64_t took_ms;
    size_t finding_count;
    char findings[CONTRACT_FINDINGS_MAX][CONTRACT_FINDING_MAX]; /* or the one reason why it was skipped */
};

struct contract {
    struct loop *loop;
    struct task_pool *tasks;
    struct fetch_client *fetch;
    struct websocket_client *websockets;
    char *base, *token;
    char api[1024], stream[1024];
    json_t *discovery;
    unsigned features, requests_per_minute;
    int level; /* the highest that is checked */
    int64_t next_request_ms;
    const char *hook_listen; /* where webhooks are taken; NULL: nowhere */
    struct contract_hooks *hooks;
    unsigned hook_pings;

    /* What the checks work on, once it is known; "" before. */
    char account[CONTRACT_ID_MAX + 1]; /* a federated account */
    char post[CONTRACT_ID_MAX + 1];    /* a public post of it */
    char hidden[CONTRACT_ID_MAX + 1];  /* the sandbox's account before it federates */
    char actor[CONTRACT_ID_MAX + 1];   /* key of a person of another server that the service holds */
    int64_t actor_rev;
    char run[16]; /* random: keys of one run are its own */

    bool stream_taken;                /* by somebody else, while the check ran */
    struct contract_outcome *outcome; /* of the check that runs */
};

/* ---- contract_report.c: what is wrong, and telling it ---- */

void contract_wrong(struct contract *contract, const char *format, ...) __attribute__((format(printf, 2, 3)));
void contract_skip(struct contract *contract, const char *reason);
/* Whether the check that runs has found nothing wrong so far. */
bool contract_good(const struct contract *contract);
/* Returns the number of checks that failed. */
size_t contract_print(const struct contract_check *checks, const struct contract_outcome *outcomes,
                      size_t count, const struct contract *contract);
size_t contract_print_json(const struct contract_check *checks, const struct contract_outcome *outcomes,
                           size_t count, const struct contract *contract);

/* ---- contract_service.c: asking ---- */

struct contract_answer {
    int status; /* 0: no answer, see error */
    json_t *body;
    char content_type[128], etag[128], error[160];
};

/* One request below the API (a path with `/` first) or, with a full URL, to that. `body` is taken over, may
 * be NULL. Asks again after a 429. Waits. Clear the answer. */
struct contract_ask {
    const char *method, *path;
    json_t *body;
    const char *raw;           /* instead of body: as it is */
    const char *if_none_match; /* or NULL */
    const char *token;         /* NULL: the real one; "": none */
    unsigned timeout_ms;       /* 0: 20 s */
};
struct contract_answer contract_ask(struct contract *contract, const struct contract_ask *ask);
void contract_answer_clear(struct contract_answer *answer);

/* GET, answered 200 with a JSON object (new reference), or NULL and a finding. */
json_t *contract_get(struct contract *contract, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The request must be answered with `status`; from 400 on as an RFC 9457 problem with `code` (NULL: any). The
 * body (new reference; an empty object where there is none), or NULL and a finding. `body` is taken over. */
json_t *contract_must(struct contract *contract, const char *method, int status, const char *code,
                      json_t *body, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* A problem document with that status and code? Says what is wrong with it. */
void contract_check_problem(struct contract *contract, const struct contract_answer *answer, int status,
                            const char *code, const char *what);

/* What the sandbox does; its answer, or NULL and a finding. `format` is jansson's, for the members after
 * "do".
 */
json_t *contract_sandbox(struct contract *contract, const char *what, const char *format, ...);

/* What the platform's readers must see of a remote post (NULL: nothing); skipped without a sandbox. */
void contract_must_show(struct contract *contract, const char *key, const char *text);

/* Writes an event of type ping; false with a finding when the service did not take it. */
bool contract_ping(struct contract *contract, const char *nonce);

/* Runs work(context, 0 … count-1), `at_once` at a time, and waits for all. */
void contract_parallel(struct contract *contract, size_t count, size_t at_once,
                       void (*work)(void *context, size_t index), void *context);

const char *contract_text(const json_t *object, const char *name); /* "" when it is no text */
int64_t contract_number(const json_t *object, const char *name);   /* -1 when it is none of 0 … 2^53-1 */
/* A limit of the discovery document, `otherwise` where it says none. */
int64_t contract_limit(const struct contract *contract, const char *group, const char *name,
                       int64_t otherwise);

/* ---- contract_shape.c: whether documents are as the contract says; false and findings when not ---- */

bool contract_shape_discovery(struct contract *contract, const json_t *document);
bool contract_shape_account(struct contract *contract, const json_t *account, const char *where);
bool contract_shape_post(struct contract *contract, const json_t *post, const char *where);
bool contract_shape_event(struct contract *contract, const json_t *event, const char *where);
bool contract_is_id(const json_t *value);

/* ---- contract_read.c, contract_pages.c ---- */

/* All items of a paged list (new reference), each page at most `limit` long; NULL and a finding. */
json_t *contract_list(struct contract *contract, const char *path, const char *query, int limit);

/* Lets the sandbox write a post and delete it. False and a finding when it cannot. */
bool contract_deleted_post(struct contract *contract, char id[CONTRACT_ID_MAX + 1]);

/* ---- contract_stream.c: the websocket ---- */

struct contract_stream;
struct contract_stream_options {
    int64_t cursor; /* -1: none */
    const char *token;
    unsigned via_port;
};
/* Opens; what comes is read by contract_stream_next. NULL and a finding when the address is none. */
struct contract_stream *contract_stream_open(struct contract *contract,
                                             const struct contract_stream_options *options);
/* The next message (new reference), or NULL: nothing came in time, or the connection ended. Waits. */
json_t *contract_stream_next(struct contract_stream *stream, int64_t timeout_ms);
void contract_stream_send(struct contract_stream *stream, const char *text);
bool contract_stream_is_closed(const struct contract_stream *stream);
/* After its end: the close code, or the HTTP status of a refused upgrade; 0 for a broken connection. */
int contract_stream_close_code(const struct contract_stream *stream);
/* Waits for the end, at most so long. */
bool contract_stream_await_end(struct contract_stream *stream, int64_t timeout_ms);
/* Closes and frees. Waits. */
void contract_stream_free(struct contract_stream *stream);

/* ---- contract_reader.c: events by whichever carrier ---- */

enum contract_carrier { CONTRACT_BY_POLL, CONTRACT_BY_WEBSOCKET, CONTRACT_BY_WEBHOOK, CONTRACT_BY_NONE };

struct contract_reader {
    struct contract *contract;
    enum contract_carrier carrier;
    int64_t cursor; /* of the last event that was read */
    char epoch[256];
    struct contract_stream *stream;
    json_t *batch;
    size_t at;
};
/* From behind `cursor`. */
void contract_reader_open(struct contract_reader *reader, struct contract *contract,
                          enum contract_carrier carrier, int64_t cursor);
/* The next event (new reference) or NULL: none came in time, or something was wrong (a finding). Waits. */
json_t *contract_reader_next(struct contract_reader *reader, int64_t timeout_ms);
void contract_reader_close(struct contract_reader *reader);
/* The number of the last event that there is; -1 and a finding when it cannot be learnt. Writes a ping.
 * Waits. */
int64_t contract_latest(struct contract *contract);
/* The simplest that the service has and that can be read here. */
enum contract_carrier contract_carrier(const struct contract *contract);

/* ---- contract_hook.c: webhooks as they come ---- */

/* What is answered: 202; 503; or nothing yet, to the first, and 202 to all others. */
enum contract_hook_mode { CONTRACT_HOOKS_TAKEN, CONTRACT_HOOKS_REFUSED, CONTRACT_HOOKS_HELD };

enum { CONTRACT_HOOK_PAUSE_MS = 40000 }; /* for so long a service may wait before it tries again */

struct contract_hook {
    struct contract_hook *next;
    char id[WEBHOOK_ID_MAX + 1];
    char *body;
    size_t length;
    json_t *batch;     /* the body, NULL when it is no JSON */
    const char *wrong; /* NULL when it is signed as it must be */
    bool refused;
};

/* Listens at contract->hook_listen; false with a sentence. */
bool contract_hooks_open(struct contract *contract, const struct webhook_secret *secret, char *error,
                         size_t error_size);
/* From now on; what was held is answered. */
void contract_hooks_mode(struct contract *contract, enum contract_hook_mode mode);
/* The oldest that was not looked at yet (free it), or NULL: none came in time. Waits. */
struct contract_hook *contract_hook_next(struct contract *contract, int64_t timeout_ms);
void contract_hook_free(struct contract_hook *hook);
/* As contract_latest. What came before is passed over. */
int64_t contract_hooks_latest(struct contract *contract);
/* Takes what still comes, until nothing does. Waits. */
void contract_hooks_settle(struct contract *contract);
void contract_hooks_close(struct contract *contract);

/* ---- contract_relay.c: a relay on loopback that cuts what the service sends after so many bytes ---- */

struct contract_relay;
/* NULL and a finding when it cannot be opened. Waits (resolves). */
struct contract_relay *contract_relay_open(struct contract *contract, const char *url);
unsigned contract_relay_port(const struct contract_relay *relay);
/* For the next connection. 0: no cut. */
void contract_relay_cut_after(struct contract_relay *relay, size_t bytes);
/* Bytes that the service sent on the last connection, and whether they were cut. */
size_t contract_relay_passed(const struct contract_relay *relay);
void contract_relay_free(struct contract_relay *relay);

/* ---- the checks ---- */

extern const struct contract_check contract_checks_read[], contract_checks_pages[], contract_checks_poll[],
    contract_checks_websocket[], contract_checks_webhook[], contract_checks_events[],
    contract_checks_remote[], contract_checks_last[], contract_checks_social[], contract_checks_timeline[],
    contract_checks_reports[]; /* each ends with a name NULL */

#endif
