/* Posts that their owner keeps home: by a marker in their words, by taking them back, by writing them while
 * the account is paused (DESIGN §6). What was kept home goes out when its words are edited and it may, not
 * when a setting changes. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_KEEP_HOME_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_KEEP_HOME_H

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"

/* Notes that the post stays home as it is worded now. False: the store is away. */
bool home_keep(struct gateway *gateway, struct arena *arena, const char *aid, const struct post *post);
/* A post is gone from its platform, or goes out again. False: the store is away. */
bool home_forget(struct gateway *gateway, const struct account_record *record, const char *native);
/* Whether a post that is not out stays home: it was kept there as it is worded now, or was written in a
 * pause.
 */
enum lookup home_find(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                      const struct post *post);

/* True when `time` (ms) is within one of the pauses ("FROM-TO FROM-TO FROM-"; NULL: none). Pure. */
bool pauses_cover(const char *pauses, int64_t time);

#endif
