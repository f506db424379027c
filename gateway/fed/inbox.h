/* The inbox: PROTOCOL §3.1–3.2. Receiving verifies and keeps; processing happens afterwards, in the order of
 * each actor. */
#ifndef DRAWBRIDGE_GATEWAY_FED_INBOX_H
#define DRAWBRIDGE_GATEWAY_FED_INBOX_H

#include "gateway/fed/serve.h"

enum { INBOX_QUEUES = 4 }; /* work:inbox:0 … 3, by actor */

/* Answers a POST to the shared inbox (`aid` NULL) or an account's: 202 only once the store holds it. Waits.
 */
void inbox_receive(struct serving *serving, const char *aid);

/* Starts processing what was kept. */
void inbox_start(struct gateway *gateway);
void inbox_stop(struct gateway *gateway);

#endif
