/* How the installation fares, minute by minute, for the operator's eyes: what was delivered and received,
 * what waits, how late things leave. A bounded series in the store (health:MINUTE, a day long): every worker
 * adds its own counts every few seconds, and one of them looks at the queues once a minute. What a worker
 * counted and had not added when it died is missing; nothing else rests on these figures. */
#ifndef DRAWBRIDGE_GATEWAY_HEALTH_H
#define DRAWBRIDGE_GATEWAY_HEALTH_H

#include <jansson.h>

#include "gateway/gateway.h"

enum health_count {
    HEALTH_DELIVERED, /* taken by the other server */
    HEALTH_REFUSED,   /* not taken, and not tried again */
    HEALTH_RETRIED,   /* to be tried again */
    HEALTH_UNREACHED, /* the server was not reached */
    HEALTH_LAG,       /* ms from queueing to delivery, of all that were delivered */
    HEALTH_RECEIVED,  /* activities that inboxes took */
    HEALTH_TURNED,    /* activities that inboxes did not take */
    HEALTH_COUNTS
};

void health_start(struct gateway *gateway);
void health_free(struct gateway *gateway);
/* Counts here; does not wait. */
void health_add(struct gateway *gateway, enum health_count what, int64_t amount);

enum { HEALTH_POINTS = 60, HEALTH_HOURS_MAX = 24 };
/* The last hours in HEALTH_POINTS steps of as many minutes each: [{"time":ms, "queue", "inbox", "delivered",
 * "failed", "received", "turned_away", "lag_ms"}], counts per minute; a step in which nothing ran has a time
 * only. Waits. A new reference; NULL: the store is away. */
json_t *health_series(struct gateway *gateway, unsigned hours);
/* The state of now: {"deliveries_waiting", "lanes_ready", "lanes_parked", "fanouts", "inbox_waiting",
 * "hosts_failing", "hosts_dead", "deletes_owed", "oldest_delete", "reports_open", "workers"}. The same. */
json_t *health_now(struct gateway *gateway);

#endif
