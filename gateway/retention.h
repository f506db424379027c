/* How long copies are kept of what people elsewhere wrote to an account: after the days that its owner set,
 * their words go from here. What the platform shows stays, and so do the ids, by which an edit, a Delete or a
 * block still reaches it. Replies that waited for the owner for so long are refused. */
#ifndef DRAWBRIDGE_GATEWAY_RETENTION_H
#define DRAWBRIDGE_GATEWAY_RETENTION_H

#include "gateway/gateway.h"
#include "gateway/work.h"

/* Of posts that are here only because accounts follow their authors, and that no owner can set. */
enum { RETENTION_TIMELINE_DAYS = 30 };

/* Drops all that is older now, page by page; goes on where it was interrupted. AID "": the posts of people
 * whom accounts follow. Waits. */
enum work_result retention_apply(struct gateway *gateway, const char *aid);

#endif
