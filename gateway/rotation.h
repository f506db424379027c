/* A new key for an account: the old one tells of it (Update of the actor), those who know the account are
 * told, then it takes over. Each step is in the store before the next begins, so any death may come between.
 * Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_ROTATION_H
#define DRAWBRIDGE_GATEWAY_ROTATION_H

#include "gateway/gateway.h"
#include "gateway/work.h"

/* Makes the next key and queues the Update that tells of it. A key that waits already is told of. */
enum work_result rotation_begin(struct gateway *gateway, const char *aid, const char *trace);
/* Looks at each account that has a next key whether it can take over: everybody was told, or everybody who
 * answers was, and some minutes have passed. */
void rotation_finish_all(struct gateway *gateway);

#endif
