/* The inbox: PROTOCOL §3.1–3.2. Receiving verifies and keeps; processing happens afterwards, in the order of
 * each actor. */
#ifndef DRAWBRIDGE_GATEWAY_FED_INBOX_H
#define DRAWBRIDGE_GATEWAY_FED_INBOX_H

#include "gateway/fed/serve.h"

enum { INBOX_QUEUES = 4 }; /* work:inbox:0 … 3, by actor */

/* Answers a POST to the shared inbox (`aid` NULL) or an account's: 202 only once the store holds it. Waits.
 */
void inbox_receive(struct serving *serving, const char *aid);

/* What somebody says of another's activity (hearsay.h): kept to be looked after. Waits. False: the store is
 * away. */
struct hearsay {
    const char *teller, *trace; /* teller: id of who says it */
    const char *body;           /* the activity's JSON */
    size_t length;
};
struct inbound_activity;
bool inbox_keep_hearsay(struct gateway *gateway, struct arena *arena, const struct inbound_activity *activity,
                        const struct hearsay *hearsay);

/* Starts processing what was kept. */
void inbox_start(struct gateway *gateway);
void inbox_stop(struct gateway *gateway);

#endif
