/* The private redis-server of an installation without redis.url: on a unix socket in the data folder, every
 * write on disk before it is acknowledged. */
#ifndef DRAWBRIDGE_GATEWAY_PRIVATE_REDIS_H
#define DRAWBRIDGE_GATEWAY_PRIVATE_REDIS_H

#include <stdbool.h>
#include <sys/types.h>

/* Starts redis-server for this data folder; the pid, or -1 with a line in the log. */
pid_t private_redis_start(const char *data_dir);
/* True if a server answers on the data folder's socket; *pid is its process (0 unknown). */
bool private_redis_lives(const char *data_dir, pid_t *pid);
/* True while that process runs. One that ended counts as gone even when nobody has buried it yet, as happens
 * to an adopted server below a process 1 that buries nobody. */
bool private_redis_runs(pid_t pid);

#endif
