/* A worker: one process, one loop, one listener; all rooms of the gateway put together. */
#ifndef DRAWBRIDGE_GATEWAY_WORKER_H
#define DRAWBRIDGE_GATEWAY_WORKER_H

#include "gateway/client/fetch.h"
#include "gateway/gateway.h"

enum { WORKER_CANNOT_START = 3 };

/* Runs until SIGTERM or SIGINT, then drains. The exit code of the process: 0, or WORKER_CANNOT_START after a
 * line in the log that says why. `first`: it also tells what of the store's settings is unsafe. */
int worker_run(const struct config *config, bool first);

/* Where the store is: the configured URL, or the private server's socket. malloc'd. */
char *worker_store_url(const struct config *config);

/* The client for all that is fetched, as the configuration and the rules for domains want it. NULL with a
 * sentence. */
struct fetch_client *worker_fetch_client(struct gateway *gateway, char *error, size_t error_size);

#endif
