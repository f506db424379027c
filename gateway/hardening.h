/* What the gateway gives up of its own rights before it reads a stranger's first byte. Each step says in the
 * log where the system does not have it; none of them is needed to work. A build with sanitizers, which need
 * some of these rights, takes the steps in lab mode only, when DRAWBRIDGE_TEST_HARDENING is set. */
#ifndef DRAWBRIDGE_GATEWAY_HARDENING_H
#define DRAWBRIDGE_GATEWAY_HARDENING_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/config.h"

enum {
    DESCRIPTORS_MAX = 65536,
    LOCKED_KEYS_BYTES = 4 << 20, /* room of private keys in locked memory: some 4,000 */
};

/* In the supervisor, inherited by all it starts: no new privileges, no core dumps, no other process of the
 * user may look inside, files are for their owner only, and only the data folder can be written (Landlock).
 */
void hardening_confine_all(const struct config *config);

/* In a worker, as it starts: a heap in locked memory for private keys; the key that opens them is locked too.
 * A soft limit of open files that the work needs and no more (libwebsockets allocates by it). */
void hardening_prepare_worker(const struct config *config);

/* In a worker, once all that it needs is open: a system call that is not on the list fails with EPERM. Files
 * cannot be opened for writing any more, programs cannot be started, memory cannot be made executable. */
void hardening_confine_worker(const struct config *config);

/* The steps themselves; false with errno where the system refuses. */
bool hardening_restrict_writes(const char *folder);
bool hardening_restrict_calls(void);

#endif
