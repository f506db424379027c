/* What is known of other servers' software: gateway/ledger/servers.json, compiled in. Pure. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_SERVERS_H
#define DRAWBRIDGE_GATEWAY_LEDGER_SERVERS_H

#include <jansson.h>

extern const char servers_text[];

/* The whole document: a new reference. */
json_t *servers_load(void);

/* The entry for the name that nodeinfo gives a software, borrowed from `servers`; NULL: nothing is known. */
const json_t *servers_find(const json_t *servers, const char *software);

#endif
