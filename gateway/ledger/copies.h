/* Looks at public copies of deleted posts (DESIGN §5, evidence): only where a server itself told us such a
 * page, in a boost or a quote; anonymous, at most twice, and only when the operator wants it. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_COPIES_H
#define DRAWBRIDGE_GATEWAY_LEDGER_COPIES_H

#include "gateway/gateway.h"
#include "gateway/ledger/evidence.h"

/* The actor's server shows the post at `url`, on its own origin; anything else is ignored. */
bool copy_note(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
               const char *url, const char *post_id);
/* It was taken back there by somebody's own will: that it is gone would say nothing. */
bool copy_forget(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id);

/* One look that is due. False: none was. */
bool copies_look(struct gateway *gateway);

/* What an answer shows: `status` 0 when none came. Pure. */
enum copy_look copy_judge(int status, const char *body, const char *post_id);

#endif
