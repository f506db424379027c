/* Moving an account of ours to another server or here from one (FEP-7628): who the person is elsewhere, and
 * where the account went. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_MOVING_H
#define DRAWBRIDGE_GATEWAY_FED_MOVING_H

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"
#include "mapping/inbound.h"

enum moving_outcome {
    MOVING_DONE,
    MOVING_REFUSED, /* it may not be: `why` */
    MOVING_LATER,   /* the other server, or the store, does not answer just now: `why` */
};

/* The account's followers are told that it went to `target` (an actor's id), if that one names the account as
 * its own. NULL: it is here after all; who followed there stays there. */
enum moving_outcome moving_out(struct gateway *gateway, struct arena *arena,
                               const struct account_record *record, const char *target, const char *trace,
                               const char **why);
/* The account's actor names `alias` (an actor's id) as the same person's, or (add false) does no more: so
 * that it can move here. */
enum moving_outcome moving_alias(struct gateway *gateway, struct arena *arena,
                                 const struct account_record *record, const char *alias, bool add,
                                 const char *trace, const char **why);

/* Whether an actor names `id` as an account of the same person (alsoKnownAs). */
bool moving_is_same(const struct inbound_actor *actor, const char *id);

#endif
