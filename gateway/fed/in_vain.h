/* Documents that were asked for in vain: their servers are not asked again for a while (PROTOCOL §6.2). Of
 * this process, bounded; the oldest go first. */
#ifndef DRAWBRIDGE_GATEWAY_FED_IN_VAIN_H
#define DRAWBRIDGE_GATEWAY_FED_IN_VAIN_H

#include "gateway/fed/remote.h"

/* What a server said for good: not for REMOTE_OK and REMOTE_LATER. */
void in_vain_note(struct gateway *gateway, const char *url, enum remote_outcome outcome);
bool in_vain_find(struct gateway *gateway, const char *url, enum remote_outcome *outcome);
void in_vain_free(struct gateway *gateway);

#endif
