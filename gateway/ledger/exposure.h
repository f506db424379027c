/* Which hosts may hold a copy, and why (DESIGN §5). Calls wait; false: the store is away. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_EXPOSURE_H
#define DRAWBRIDGE_GATEWAY_LEDGER_EXPOSURE_H

#include <stdbool.h>

#include "gateway/gateway.h"
#include "gateway/ledger/exposure_codec.h"

/* The actor's host may hold the post (oid NULL: the actor of the account) for that reason: 'm' mentioned, 'r'
 * replied, 'b' boosted, 'l' liked, 'q' quoted, 'f' fetched with a verified signature. A post that is deleted
 * already gets its Delete sent there. */
bool exposure_add(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
                  char reason);

/* The hosts that may hold a post, or anything of an account, by the accounts' and posts' numbers; the list is
 * settled and the caller's (host_list_clear). */
bool exposure_of_post(struct gateway *gateway, const char *account, const char *post, struct host_list *out);
bool exposure_of_account(struct gateway *gateway, const char *account, struct host_list *out);

/* Packs what was noted of a post since. True also when it changed meanwhile and must be packed again later.
 */
bool exposure_compact(struct gateway *gateway, const char *account, const char *post);

#endif
