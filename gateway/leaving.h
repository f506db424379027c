/* An account leaves (DESIGN §6): each post gets its Delete, then the actor; when no reachable host is owed
 * anything any more, or after seven days, it is gone. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_LEAVING_H
#define DRAWBRIDGE_GATEWAY_LEAVING_H

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"
#include "gateway/work.h"

/* Moves an account that is on or paused to leaving and queues the work. *moved is false when it is neither.
 * The platform's word alone does not bring it back (left_*). False: the store is away. */
bool leaving_start(struct gateway *gateway, const char *aid, const char *trace, bool *moved);

/* An owner who left here stays away, whatever the platform says, until it said meanwhile that federation is
 * off, or the owner comes back here. False: the store is away. */
bool left_note(struct gateway *gateway, const char *platform, const char *native);
bool left_forget(struct gateway *gateway, const char *platform, const char *native);
enum lookup left_find(struct gateway *gateway, const char *platform, const char *native);

/* All posts become tombstones, their Deletes and then the farewell are queued as work. Resumes where it was
 * interrupted. */
enum work_result leaving_begin(struct gateway *gateway, const char *aid, const struct work_entry *entry);
/* The farewell: Delete of the actor. False: the store is away. */
bool leaving_tell(struct gateway *gateway, const char *aid, const char *trace);
/* Looks whether an account of "leaves" can be gone: it said its farewell, and nobody who can be reached has
 * still to answer, or it is `until` (ms). */
void leaving_finish(struct gateway *gateway, const char *aid, int64_t until);

#endif
