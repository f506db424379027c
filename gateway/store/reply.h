/* Private to store/: replies are copied out of hiredis, whose own live only as long as its callback. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_REPLY_H
#define DRAWBRIDGE_GATEWAY_STORE_REPLY_H

#include <hiredis/hiredis.h>

#include "gateway/store/store.h"

enum { REPLY_DEPTH_MAX = 8 };

/* A copy, for the command of that name (kept in the copy). NULL becomes a REPLY_DOWN. Lists that are nested
 * deeper than REPLY_DEPTH_MAX become NIL. Free with reply_free. */
struct reply *reply_copy(const struct redisReply *source, const char *command);
/* A REPLY_ERROR of our own making. */
struct reply *reply_refusal(const char *command, const char *text);

#endif
