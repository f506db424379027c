/* The parent of `drawbridge serve` (DESIGN §7): holds the lock on the data folder, owns the private Redis (or
 * adopts one that still lives), forks the workers and starts again what dies. It opens nothing else. */
#ifndef DRAWBRIDGE_GATEWAY_SUPERVISOR_H
#define DRAWBRIDGE_GATEWAY_SUPERVISOR_H

#include "gateway/config.h"

/* Runs until SIGTERM or SIGINT. The exit code of the process. */
int supervisor_run(const struct config *config);

#endif
