/* Long work that survives any death: leaving, sweeps, changes of keys. One durable queue, a chain per
 * account. */
#ifndef DRAWBRIDGE_GATEWAY_JOBS_H
#define DRAWBRIDGE_GATEWAY_JOBS_H

#include "gateway/gateway.h"

/* Queues a job once (a job of the same kind and account that waits already is not doubled). Waits. False: the
 * store is away. */
bool job_queue(struct gateway *gateway, const char *kind, const char *aid, const char *trace);

void jobs_start(struct gateway *gateway);
void jobs_free(struct gateway *gateway);

#endif
