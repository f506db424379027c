/* Delivery: what is queued for whom (DESIGN §5). Calls wait; false: the store is away. */
#ifndef DRAWBRIDGE_GATEWAY_DELIVERY_DELIVERY_H
#define DRAWBRIDGE_GATEWAY_DELIVERY_DELIVERY_H

#include <stdbool.h>

#include "gateway/gateway.h"

bool delivery_follower_add(struct gateway *gateway, const char *aid, const char *actor_id,
                           const char *follow_id, const char *inbox, const char *shared_inbox);
bool delivery_follower_remove(struct gateway *gateway, const char *aid, const char *actor_id);
bool delivery_follower_forget(struct gateway *gateway, const char *actor_id);

/* Verified traffic came from that actor's host: it lives. Returns at once. */
void delivery_host_seen(struct gateway *gateway, const char *actor_id);

#endif
