/* What the ledger looks after by itself, in one worker at a time by lease: software of servers, public
 * copies, notices to owners. One request to the outside at a time, a second apart. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_WATCH_H
#define DRAWBRIDGE_GATEWAY_LEDGER_WATCH_H

#include "gateway/gateway.h"

void watch_start(struct gateway *gateway);
/* After gateway->stopping and the end of all tasks. */
void watch_free(struct gateway *gateway);

#endif
