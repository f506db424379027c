/* A new key for an account: the old one tells of it (Update of the actor), those who know the account are
 * told, then it takes over. Each step is in the store before the next begins, so any death may come between.
 * Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_ROTATION_H
#define DRAWBRIDGE_GATEWAY_ROTATION_H

#include "gateway/gateway.h"
#include "gateway/work.h"

/* Makes the next key and queues the Update that tells of it. A key that waits already is told of. */
enum work_result rotation_begin(struct gateway *gateway, const char *aid, const char *trace);
/* Looks whether the next key of an account of "rotations" can take over: everybody was told, or everybody who
 * answers was, and some minutes have passed since `since` (ms). */
void rotation_finish(struct gateway *gateway, const char *aid, int64_t since);

#endif
