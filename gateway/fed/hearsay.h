/* Activities that somebody else than their actor brought: which of them are looked after. Their handler is
 * handle_hearsay (handle.h). */
#ifndef DRAWBRIDGE_GATEWAY_FED_HEARSAY_H
#define DRAWBRIDGE_GATEWAY_FED_HEARSAY_H

#include "mapping/inbound.h"

/* Whether its object, or itself, can be looked at where it was made: Create, Update and Delete of what is on
 * the actor's own origin; Announce, Like and EmojiReact with an id. Nobody else can bring anything else. */
bool hearsay_takes(const struct inbound_activity *activity);

#endif
