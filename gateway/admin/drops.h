/* What other servers' software is known to drop of a post, by gateway/ledger/servers.json. Pure. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_DROPS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_DROPS_H

#include <jansson.h>

/* {"server":"Mastodon","drops":[{"says","source"}]} for an activity; NULL when nothing is known of a software
 * of that name. A new reference. */
json_t *server_drops(const char *name, const json_t *activity);

/* The names that server_drops knows, comma-separated; malloc'd, the caller's. */
char *server_drops_names(void);

#endif
