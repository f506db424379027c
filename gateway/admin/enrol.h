/* What the verbs of `account` share that are no acts. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_ENROL_H
#define DRAWBRIDGE_GATEWAY_ADMIN_ENROL_H

#include "gateway/gateway.h"
#include "mapping/arena.h"
#include "mapping/ids.h"

/* AID of PLATFORM:NATIVE, PLATFORM:HANDLE (as it was told last), an actor's id or name@host. Waits. False:
 * *why is a sentence. */
bool enrol_find(struct gateway *gateway, struct arena *arena, const char *what, char aid[AID_LENGTH + 1],
                const char **why);
/* How an account is and its platform's stream; `what` NULL: all of them. */
int command_status(struct gateway *gateway, const char *what, bool json);

#endif
