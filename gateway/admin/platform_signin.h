/* A platform lets a member of its own in to the owner's pages (docs/contract §10.3). Waits. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_PLATFORM_SIGNIN_H
#define DRAWBRIDGE_GATEWAY_ADMIN_PLATFORM_SIGNIN_H

#include "gateway/fed/serve.h"

/* POST /hooks/contract/NAME/sign-in, signed as the platform signs its webhooks: answers with a link that lets
 * in once. */
void platform_signin_serve(struct serving *serving, const char *platform);

#endif
