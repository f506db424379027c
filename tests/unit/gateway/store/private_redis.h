/* For tests: a redis-server of one's own on a unix socket in a temporary folder. */
#ifndef DRAWBRIDGE_TESTS_PRIVATE_REDIS_H
#define DRAWBRIDGE_TESTS_PRIVATE_REDIS_H

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct private_redis {
    char folder[64], socket[96], url[128];
    const char *password; /* NULL: none */
    pid_t process;
};

static inline void private_redis_start(struct private_redis *redis)
{
    pid_t parent = getpid();
    redis->process = fork();
    if (redis->process)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    int nothing = open("/dev/null", O_RDWR);
    (void)dup2(nothing, 0);
    (void)dup2(nothing, 1);
    (void)dup2(nothing, 2);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", redis->socket, "--dir",
           redis->folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
           redis->password ? "--requirepass" : NULL, redis->password, (char *)NULL);
    _exit(127);
}

/* The server comes up in the background. */
static inline void private_redis_new(struct private_redis *redis, const char *password)
{
    *redis = (struct private_redis){.folder = "/tmp/drawbridge-redis-XXXXXX", .password = password};
    if (!mkdtemp(redis->folder))
        abort();
    (void)snprintf(redis->socket, sizeof redis->socket, "%s/redis.sock", redis->folder);
    (void)snprintf(redis->url, sizeof redis->url, "unix://%s", redis->socket);
    private_redis_start(redis);
}

static inline void private_redis_kill(struct private_redis *redis)
{
    if (redis->process > 0) {
        (void)kill(redis->process, SIGKILL);
        (void)waitpid(redis->process, NULL, 0);
    }
    redis->process = 0;
}

static inline int private_redis_remove(const char *path, const struct stat *status, int type,
                                       struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void private_redis_free(struct private_redis *redis)
{
    private_redis_kill(redis);
    (void)nftw(redis->folder, private_redis_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
