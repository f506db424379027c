/* Who is signed in to the pages. A link from the command line lets one in once; then a cookie names the
 * session. What the store holds is hashes. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_SESSIONS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_SESSIONS_H

#include "gateway/admin/secret.h"
#include "gateway/store/accounts.h"
#include "gateway/store/store.h"

enum { SAID_SIZE = 512, LINK_MINUTES = 15 };

struct page_session {
    char aid[AID_LENGTH + 1]; /* "": the operator */
    char form[SECRET_SIZE];   /* what every form of this session carries */
    char said[SAID_SIZE];     /* what the last act came to, shown once */
    bool wrong;
};

/* The secret of a link that lets in once within LINK_MINUTES. */
enum lookup signin_make(struct store *store, const char *aid, char out[SECRET_SIZE]);
/* Uses it up and begins a session; its secret goes to `cookie`. LOOKUP_ABSENT: used, too old, or never given.
 */
enum lookup signin_use(struct store *store, const char *link, char cookie[SECRET_SIZE]);
/* The session of a cookie's value; what was said is taken out. */
enum lookup session_find(struct store *store, const char *cookie, struct page_session *out);
/* To be shown on the next page. */
bool session_say(struct store *store, const char *cookie, const char *said, bool wrong);
bool session_end(struct store *store, const char *cookie);

#endif
