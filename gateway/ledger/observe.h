/* Fetches with a verified signature are exposures, and a verified fetch of our 410 is the best evidence of a
 * Delete (DESIGN §5). The signature is read before the request is answered and checked after it: never on the
 * way of an answer. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_OBSERVE_H
#define DRAWBRIDGE_GATEWAY_LEDGER_OBSERVE_H

#include "gateway/fed/serve.h"
#include "gateway/sig/signature.h"

struct observation {
    bool is_signed, reads;      /* reads: a GET, not a HEAD */
    const char *actor_id;       /* who signed, where that was checked before the answer; else NULL */
    struct signature signature; /* in the serving's arena */
};

enum observed { OBSERVED_ACTOR, OBSERVED_POST, OBSERVED_GONE /* our 410 */ };

/* Before the answer. */
void observe_request(struct serving *serving, struct observation *observation);
/* After the answer: the request is not touched any more. Waits. `oid` NULL for an actor. */
void observe_answered(struct serving *serving, const struct observation *observation, enum observed what,
                      const char *aid, const char *oid);
/* The same for a page that showed several posts of an account whole. */
void observe_posts(struct serving *serving, const struct observation *observation, const char *aid,
                   const char *const *oids, size_t count);

#endif
