/* What was refused, counted by reason: for the operator's monitoring. Counted in memory and added to the
 * store from time to time, so that who is refused often writes nothing often. */
#ifndef DRAWBRIDGE_GATEWAY_REFUSALS_H
#define DRAWBRIDGE_GATEWAY_REFUSALS_H

#include "gateway/gateway.h"
#include "mapping/buffer.h"

/* What was refused. */
enum refused {
    REFUSED_REQUEST,   /* at the edge, before anybody read it: its size, its shape, its pace */
    REFUSED_SIGNATURE, /* of a request or a proof: nobody stands for it, or not now */
    REFUSED_ACTIVITY,  /* that somebody stands for */
    REFUSED_DOCUMENT,  /* that another server showed */
    REFUSED_COUNT
};

void refusals_start(struct gateway *gateway);
/* After the store, whose answers go there. */
void refusals_free(struct gateway *gateway);

/* One more. `reason` is one of our own sentences (copied), never what somebody sent: each is a figure of its
 * own. Without effect before refusals_start. */
void refusals_add(struct gateway *gateway, enum refused what, const char *reason);

/* All that were counted by all workers, as lines for Prometheus. Waits. */
void refusals_write(struct gateway *gateway, struct buffer *out);

#endif
