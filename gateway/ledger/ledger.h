/* What is known of where things are (DESIGN §5): never "deleted everywhere", but what each host was told and
 * said. Calls wait; each result is a new reference, NULL with a sentence in *why. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_H
#define DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_H

#include <jansson.h>

#include "gateway/gateway.h"

/* `what`: the id of a post or an account of ours, name@host of an account, or a remote host ("m.example" or
 * its URL).
 *
 * A post:
 * {"kind":"post","account","post","state","hosts":[{"host","why":["delivered",…],"delete","code","time",
 * "unreachable_since"}]}. `delete` is absent before a Delete, else queued, accepted, refused, observed or "no
 * inbox known"; code is the HTTP status, times are ms. An account: the same without "post", its hosts are all
 * that may know it. A host: as ledger_host. */
json_t *ledger_query(struct gateway *gateway, const char *what, const char **why);

/* {"kind":"host","host","state":"healthy|failing|open|dead","failures","unreachable_since","next_probe","last_accepted",
 * "last_status","last_reason","seen","in_flight","waiting_lanes","tried_in_vain"}; tried_in_vain: entries
 * that wait for it since it was given up. */
json_t *ledger_host(struct gateway *gateway, const char *host, const char **why);

/* All hosts of a state, or all (NULL): an array of the above. */
json_t *ledger_hosts(struct gateway *gateway, const char *state, const char **why);

#endif
