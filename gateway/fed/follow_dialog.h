/* Following from the page of an account: people are sent to their own server. Wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_FOLLOW_DIALOG_H
#define DRAWBRIDGE_GATEWAY_FED_FOLLOW_DIALOG_H

#include "gateway/fed/serve.h"

/* GET /@NAME/follow: the form. */
void serve_follow_dialog(struct serving *serving, const char *name);
/* POST: asks the server that was typed how its people follow, and shows where that leads. Nobody is sent
 * anywhere without having seen it. */
void serve_follow_way(struct serving *serving, const char *name);

#endif
