/* What kinds of servers are known to drop of a post: a table with sources (servers.json), compiled in. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_SERVERS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_SERVERS_H

#include <jansson.h>

/* {"server":"Mastodon","drops":[{"says","source"}]} for an activity; NULL when the name is unknown. A new
 * reference. */
json_t *server_drops(const char *name, const json_t *activity);

/* The names, comma-separated; malloc'd, the caller's. */
char *server_names(void);

#endif
