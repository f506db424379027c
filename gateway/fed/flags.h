/* Reports that leave (Flag): signed by the instance actor, so that the other server does not learn who
 * reported. A queue of their own, work:flags, a chain for each server. */
#ifndef DRAWBRIDGE_GATEWAY_FED_FLAGS_H
#define DRAWBRIDGE_GATEWAY_FED_FLAGS_H

#include "gateway/gateway.h"

/* Starts sending. */
void flags_start(struct gateway *gateway);
/* After gateway->stopping and the end of all tasks. */
void flags_stop(struct gateway *gateway);
/* One was queued: look now. Also from a command, which sends none itself. */
void flags_kick(struct gateway *gateway);

#endif
