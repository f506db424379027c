/* Private to upstream/: sessions with platforms whose credential buys tokens that expire: of the platform's
 * own account, and of puppets. They are kept sealed in the store (session:NAME), so that neither a restart
 * nor another worker signs in anew. */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_SESSION_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_SESSION_H

#include "gateway/upstream/platform.h"

struct session_tokens;

/* Whose session. Borrowed for the call. */
struct session_owner {
    struct platform *platform;
    const char *puppet; /* key of a remote author; NULL: the platform's own account */
    const struct adapter_session *how;
    const char *password; /* NULL: there is none */
};

/* The token to send; NULL with a sentence in *why: not just now, or (*refused) not before somebody mends the
 * password. Signs in when there is none. `expired`: a token that the platform did not take any more; then
 * another one comes, by refreshing (one at a time, of all workers). Waits. Borrowed until the next call. */
const char *session_token(const struct session_owner *owner, const char *expired, const char **why,
                          bool *refused);
/* Takes the tokens that came with an answer of another kind: a new account's. Waits. */
bool session_accept(const struct session_owner *owner, const json_t *answer);
/* Forgets a puppet's session. Waits. */
bool session_forget(struct platform *platform, const char *puppet);
void session_free(struct platform *platform);

#endif
