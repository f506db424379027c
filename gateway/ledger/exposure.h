/* Which hosts may hold a copy, and why (DESIGN §5). Calls wait; false: the store is away. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_EXPOSURE_H
#define DRAWBRIDGE_GATEWAY_LEDGER_EXPOSURE_H

#include <stdbool.h>

#include "gateway/gateway.h"

bool exposure_add(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
                  char reason);

#endif
