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
    /* The answer is wanted as it is: `take` gets NULL and looks at `response`. */
    bool raw;
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
/* Plans a POST of JSON (stolen) to the relay's own server, with its session. */
enum operation_state bluesky_post(struct operation *operation, const char *method, json_t *body);
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
enum operation_state bluesky_ask_handle_back(struct operation *operation);
enum operation_state bluesky_take_handle_back(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_handle_back(struct operation *operation);
enum operation_state bluesky_miss_identity(struct operation *operation);
/* Where the account `did` lives: passes over what is known. */
enum operation_state bluesky_ask_identity(struct operation *operation);
enum operation_state bluesky_take_identity(struct operation *operation, const json_t *body);

extern const struct bluesky_step bluesky_steps_delete[];
enum operation_state bluesky_begin_discover(struct operation *operation);
enum operation_state bluesky_begin_account(struct operation *operation);
enum operation_state bluesky_begin_post(struct operation *operation);
enum operation_state bluesky_begin_posts(struct operation *operation);
enum operation_state bluesky_begin_post_ids(struct operation *operation);
enum operation_state bluesky_begin_push(struct operation *operation);

#endif
