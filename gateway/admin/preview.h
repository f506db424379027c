/* What the fediverse would get of a post; nothing is sent. Waits. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_PREVIEW_H
#define DRAWBRIDGE_GATEWAY_ADMIN_PREVIEW_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "mapping/model.h"

/* {"platform","post","handle","state","stays":[sentence],"activity","text","recipients":[{"host","followers",
 * "why":[…]}],"loss":[{"what","why"}],"told_loss":[…]}: a new reference. `stays` says why the post would not
 * leave at all, `told_loss` what was kept of the last time that it did.
 * NULL with a sentence in *why. */
json_t *preview_make(struct gateway *gateway, struct arena *arena, const char *platform,
                     const struct post *post, const char **why);

#endif
