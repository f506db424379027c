/* Private to the operations: a row of steps, each one request. bluesky_operation.c: the machine;
 * bluesky_identity.c, bluesky_account.c, bluesky_read.c: what is read; bluesky_relay.c, bluesky_push.c: what
 * is written. */
#ifndef DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_OPERATION_H
#define DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_OPERATION_H

#include "adapters/bluesky/bluesky.h"

struct bluesky_answer {
    enum answer answer;
    char error[64];
    char reason[200];
    int64_t retry_after_ms; /* -1: none */
};
void bluesky_answer(const struct adapter_response *response, const json_t *body, struct bluesky_answer *out);

struct bluesky_step;

/* Who writes: the operator's account, or a puppet. */
struct bluesky_speaker {
    const char *did, *pds;
    bool puppet;
};

struct operation {
    struct adapter *adapter;
    const struct operation_input *input;
    struct arena *arena;
    struct adapter_request request;
    char *body;
    struct operation_result result;
    struct bluesky_answer answer;
    const struct bluesky_step *step; /* the one whose answer is awaited */
    bool asked_anew;                 /* the account's server was looked up again */
    const char *did, *pds, *handle;  /* handle: as the DID document claims it */
    bool handle_holds;
    const char *collection, *rkey; /* of the record that is asked for */
    uint64_t revision;
    struct account *account;
    struct post *post;
    const char *profile; /* of the account that speaks for remote people, to be written: as JSON */
    struct bluesky_push *push;
    struct bluesky_puppet_work *puppet;
    struct bluesky_speaker speaker;
    /* The answer is wanted as it is: `take` gets NULL and looks at `response`. */
    bool raw;
    bool planned; /* a request, since the last answer */
    const struct adapter_response *response;
};

/* One step. `ask` plans the request,
 * or returns DONE to pass the step over; `take` reads a good answer; `miss` (or NULL) an answer that is none:
 * it may mend it. Each returns what is next: REQUEST goes on to the next step. The last step has no `ask`. */
struct bluesky_step {
    enum operation_state (*ask)(struct operation *operation);
    enum operation_state (*take)(struct operation *operation, const json_t *body);
    enum operation_state (*miss)(struct operation *operation);
};

enum operation_state bluesky_done(struct operation *operation);
enum operation_state bluesky_fail(struct operation *operation, enum answer answer, const char *reason);
/* Goes to a row of steps. */
enum operation_state bluesky_go(struct operation *operation, const struct bluesky_step *step);
/* Plans a GET, from a host that the operator named or (`foreign`) one that others named. */
enum operation_state bluesky_get(struct operation *operation, const char *url, bool foreign);
/* Plans a POST of JSON (stolen) to a server, without a credential. */
enum operation_state bluesky_post_to(struct operation *operation, const char *server, const char *method,
                                     json_t *body);
/* Plans a POST of JSON (stolen) to the speaker's own server, with its session. */
enum operation_state bluesky_post(struct operation *operation, const char *method, json_t *body);
/* Plans a POST without a body to it, of whose answer nothing is read. */
enum operation_state bluesky_post_nothing(struct operation *operation, const char *method);
/* Plans a POST of bytes to it; they live until the answer. */
enum operation_state bluesky_post_bytes(struct operation *operation, const char *method, const char *type,
                                        struct adapter_bytes bytes);
/* getRecord of the account's own server. */
enum operation_state bluesky_get_record(struct operation *operation, const char *did, const char *pds,
                                        const char *collection, const char *rkey);

/* Steps of bluesky_identity.c. The handle of `input->account` → its DID. */
enum operation_state bluesky_ask_handle(struct operation *operation);
enum operation_state bluesky_take_handle(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_handle(struct operation *operation);
enum operation_state bluesky_resolve(struct operation *operation, const char *handle);
const char *bluesky_document_url(struct operation *operation);
/* The handle of the DID document must lead back to it: handle_holds. */
enum operation_state bluesky_ask_handle_host(struct operation *operation);
enum operation_state bluesky_take_handle_host(struct operation *operation, const json_t *body);
enum operation_state bluesky_ask_handle_back(struct operation *operation);
enum operation_state bluesky_take_handle_back(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_handle_back(struct operation *operation);
enum operation_state bluesky_miss_identity(struct operation *operation);
/* Where the account `did` lives: passes over what is known. */
enum operation_state bluesky_ask_identity(struct operation *operation);
enum operation_state bluesky_take_identity(struct operation *operation, const json_t *body);

/* The last request is to be made in the speaker's session. */
void bluesky_speak(struct operation *operation);
/* putRecord and deleteRecord of the speaker's. */
enum operation_state bluesky_put(struct operation *operation, const char *collection, const char *rkey,
                                 json_t *record);
enum operation_state bluesky_remove(struct operation *operation, const char *collection, const char *rkey);
/* Steps that go on whatever the answer was. */
enum operation_state bluesky_pass(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_pass(struct operation *operation);
/* Looks up the speaker's server, where that is not known; then a step without a request. */
enum operation_state bluesky_ask_speaker(struct operation *operation);
enum operation_state bluesky_use_speaker(struct operation *operation);

/* bluesky_puppet.c, bluesky_relation.c. Steps: what the server says that puppets live on. */
enum operation_state bluesky_ask_puppets(struct operation *operation);
enum operation_state bluesky_take_puppets(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_puppets(struct operation *operation);
enum operation_state bluesky_begin_author(struct operation *operation);
enum operation_state bluesky_begin_name(struct operation *operation);
enum operation_state bluesky_begin_farewell(struct operation *operation);
enum operation_state bluesky_begin_relation(struct operation *operation);

enum operation_state bluesky_begin_delete(struct operation *operation);
enum operation_state bluesky_begin_discover(struct operation *operation);
enum operation_state bluesky_begin_account(struct operation *operation);
enum operation_state bluesky_begin_prove(struct operation *operation);
enum operation_state bluesky_begin_post(struct operation *operation);
enum operation_state bluesky_begin_posts(struct operation *operation);
enum operation_state bluesky_begin_post_ids(struct operation *operation);
enum operation_state bluesky_begin_push(struct operation *operation);

#endif
