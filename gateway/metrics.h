/* Figures for the operator's monitoring, in the text format of Prometheus. */
#ifndef DRAWBRIDGE_GATEWAY_METRICS_H
#define DRAWBRIDGE_GATEWAY_METRICS_H

#include "gateway/fed/serve.h"

/* Answers /metrics: to whoever asks this machine's listener itself, on loopback and not through a proxy; to
 * all others there is no such page. Waits. */
void metrics_serve(struct serving *serving);

#endif
