/* Private to store/: lets a hiredis connection run on our event loop. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_HIREDIS_LOOP_H
#define DRAWBRIDGE_GATEWAY_STORE_HIREDIS_LOOP_H

#include <hiredis/async.h>

#include "gateway/loop.h"

/* Call before any callback of the context is set: hiredis asks for its first event when they are. */
void hiredis_attach(redisAsyncContext *context, struct loop *loop);

#endif
