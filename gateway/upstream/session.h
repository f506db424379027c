/* Private to upstream/: sessions of platforms whose credential buys tokens that expire. They are kept sealed
 * in the store (session:PLATFORM), so that neither a restart nor another worker signs in anew. */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_SESSION_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_SESSION_H

#include "gateway/upstream/platform.h"

struct session_tokens;

/* The token to send; NULL with a sentence in *why: not just now. Signs in when there is none. `expired`: a
 * token that the platform did not take any more; then another one comes, by refreshing (one at a time, of all
 * workers). Waits. Borrowed until the next call. */
const char *session_token(struct platform *platform, const char *expired, const char **why);
void session_free(struct platform *platform);

#endif
