/* Private to delivery/: what came of claims, told to the store: one call at a time, with all that came
 * meanwhile. */
#ifndef DRAWBRIDGE_GATEWAY_DELIVERY_RESULTS_H
#define DRAWBRIDGE_GATEWAY_DELIVERY_RESULTS_H

#include "gateway/delivery/engine.h"

/* As delivery_done takes it; the texts are borrowed until `told`. */
struct result {
    const char *worker, *claim, *outcome, *health, *reason, *remember;
    int status;
    int64_t delay_ms, pause_ms;          /* from when it is told; pause 0: none */
    void (*told)(struct result *result); /* the store has it; the result is the caller's again */
    struct result *next;
    bool alone; /* the store refused a call that it was in: it goes by itself, lest it hold up others */
};

struct results *results_new(struct gateway *gateway);
void results_free(struct results *results);

/* Is told again until the store has it: else what was sent would be sent anew. Does not wait. */
void results_tell(struct results *results, struct result *result);

#endif
