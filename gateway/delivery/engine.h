/* Private to delivery/: the engine of one worker. */
#ifndef DRAWBRIDGE_GATEWAY_DELIVERY_ENGINE_H
#define DRAWBRIDGE_GATEWAY_DELIVERY_ENGINE_H

#include "gateway/delivery/delivery.h"
#include "gateway/fed/signer.h"

/* LEASE_SURE_MS: what a worker may count on after a beat; the store goes by 7 s. */
enum { SEEN_SLOTS = 1024, TROUBLES_MAX = 8, LEASE_SURE_MS = 6000, WORKER_NAME_SIZE = 48 };

/* The body of an activity, shared by all that is in flight of it. */
struct body;

struct sending; /* a claim on its way */

struct results; /* what came of claims (results.h) */
struct ahead;   /* a signature made before its claim (signing.h) */

struct bodies; /* the last ones used */
struct bodies *bodies_new(void);
void bodies_free(struct bodies *bodies);
/* The body of activity number `number`, a new reference; a Delete with the LD signature of `signer`. Waits
 * when it is not kept so. NULL: not to be had. */
struct body *bodies_get(struct gateway *gateway, const char *number, const struct signer *signer);
/* The body of an activity that is about to be queued here, a new reference; NULL when it is signed when it is
 * sent. Neither waits. */
struct body *body_of_new(const void *text, size_t length);
void bodies_put(struct bodies *bodies, const char *number, struct body *body);
struct body *body_ref(struct body *body);
void body_unref(struct body *body);
const char *body_text(const struct body *body, size_t *length);
const char *body_digest_header(const struct body *body);         /* "SHA-256=…" */
const char *body_content_digest_header(const struct body *body); /* "sha-256=:…:" */

/* A task that runs its round again and again until the gateway stops: at once while there is more, else after
 * a kick or `idle_ms`. One that drains goes on until nothing is in flight, then gives this worker's name up.
 */
struct rounds {
    struct gateway *gateway;
    bool (*round)(struct gateway *gateway); /* waits; true: there is more */
    int64_t idle_ms;
    bool drains; /* goes on while anything is in flight */
    struct task *parked;
    struct loop_timer *timer;
    bool kicked, ended;
};
void rounds_start(struct rounds *rounds, struct gateway *gateway, bool (*round)(struct gateway *gateway),
                  int64_t idle_ms, bool drains);
void rounds_kick(struct rounds *rounds);
void rounds_free(struct rounds *rounds);

struct delivery {
    struct gateway *gateway;
    struct rounds pump, fan, beat;
    struct bodies *bodies;
    struct results *results;
    struct ahead *ahead;
    struct sending *sendings; /* by the names of their claims */
    size_t flying;
    /* In whose name this worker claims. Once it was taken for dead it needs another one: what it claimed
     * before may be others' by now, and a lease that is good again must not speak for it. */
    char name[WORKER_NAME_SIZE];
    unsigned burials;
    int64_t leased_until; /* monotonic: what was claimed in that name is this worker's until then at least */
    bool claims_unsure;   /* an answer was lost: the store may hold claims that nobody here knows of */
    size_t troubles;      /* inboxes that are looked into just now */
    struct {
        uint32_t origin;
        int64_t at; /* monotonic */
    } seen[SEEN_SLOTS];
    /* the fan-out in hand: hosts of its present source */
    struct host_list *fan_hosts;
    char fan_for[64];
};

enum { FLYING_MAX = 2000, CLAIM_MAX = 200, AUDIENCE_PAGE = 500 };

/* fanout.c */
bool fanout_round(struct gateway *gateway);
void fanout_forget(struct delivery *delivery);

/* troubles.c: an inbox moved or its owner may be gone: the actor's own server is asked. `inbox`: its number
 * or URL; `aid`: whose delivery met it. Does not wait. */
void inbox_trouble(struct gateway *gateway, const char *aid, const char *actor_id, const char *inbox,
                   const char *url);

#endif
