/* Leases: who of all workers on all machines does a thing that one must do at a time (a stream, a queue). */
#ifndef DRAWBRIDGE_GATEWAY_LEASE_H
#define DRAWBRIDGE_GATEWAY_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/gateway.h"

enum { LEASE_MS = 8000, LEASE_RENEW_MS = 2000 };

struct lease {
    const char *name;
    int64_t valid_until; /* on the monotonic clock */
};

/* Takes or renews. Waits. True while this worker holds it. */
bool lease_take(struct gateway *gateway, struct lease *lease);
/* Whether it is to be renewed by now, or is not held at all. */
bool lease_is_due(const struct lease *lease);
/* As lease_take for one that is renewed again and again: asks the store only when that is due. */
bool lease_keep(struct gateway *gateway, struct lease *lease);
/* True as far as this worker knows without asking: a holder stops acting once this is false. */
bool lease_held(const struct lease *lease);
/* Gives it up, so that another need not wait for its end. Waits. */
void lease_give_up(struct gateway *gateway, struct lease *lease);

#endif
