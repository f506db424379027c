/* Those who ask to follow an account whose owner decides: requests:AID, actor → "SINCE_MS FOLLOW_ID". Calls
 * wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_FOLLOWERS_H
#define DRAWBRIDGE_GATEWAY_FED_FOLLOWERS_H

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"

/* Takes or refuses the request of `actor_id`; their server hears the Accept or Reject. LOOKUP_ABSENT: that
 * one did not ask. LOOKUP_DOWN: again later; *why says it when it is the other server that cannot be asked,
 * else it is NULL and the store is away. */
enum lookup follower_decide(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                            const char *actor_id, bool accept, const char *trace, const char **why);

#endif
