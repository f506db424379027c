/* Private to delivery/: one claim on its way: signed in the crypto pool, sent, its answer told to the store.
 */
#ifndef DRAWBRIDGE_GATEWAY_DELIVERY_SEND_H
#define DRAWBRIDGE_GATEWAY_DELIVERY_SEND_H

#include "gateway/delivery/engine.h"
#include "gateway/fed/signer.h"

/* What delivery_claim says of an entry, and in whose name it was claimed; texts are borrowed. */
struct claim {
    const char *worker, *name, *url, *actor_id, *aid, *kind, *id, *trace, *origin, *scheme;
    int64_t created, key_generation;
};
enum { CLAIM_TEXTS = 11 };

/* Sends it; all is copied, the body's reference is taken. Does not wait. */
void send_claim(struct gateway *gateway, const struct claim *claim, struct body *body,
                const struct signer *signer);
/* Gives it back, to be tried again soon: something of ours was missing. Does not wait. */
void send_put_off(struct gateway *gateway, const struct claim *claim, const char *reason);

/* True while this worker works on the claim of that name, made in its present name. */
bool send_is_under_way(const struct delivery *delivery, const char *name);

#endif
