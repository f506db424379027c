/* Tells an owner when a Delete stays unanswered: which servers, why, and what can be done. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_NOTICES_H
#define DRAWBRIDGE_GATEWAY_LEDGER_NOTICES_H

#include <jansson.h>

#include "gateway/gateway.h"

/* Writes the notices that have become due since the last time: one an account. */
void notices_write(struct gateway *gateway);

/* The notices of an account, newest first; NULL: the store is away. A notice: {"time","days","of":[ID…],
 * "hosts":[{"host","deletes","state","queued","unreachable_since","failures","software","contact","says"}],
 * "more_hosts","advice":[TEXT…]}; times are ms; "more_hosts" is how many more there are than a notice names.
 */
json_t *notices_of(struct gateway *gateway, const char *aid);

/* Adds the hosts of a ledger document that have not answered to a notice ({"of":[],"hosts":{}}). Pure. True
 * when there was one. */
bool notice_add(json_t *notice, const json_t *ledger);

#endif
