#include "gateway/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/hardening.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "gateway/private_redis.h"
#include "gateway/worker.h"

enum {
    WORKERS_MAX = 64,
    TICK_MS = 200,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 10000,
    STEADY_MS = 10000,
    STOP_WORKERS_MS = 35000,
    STOP_REDIS_MS = 20000,
    PATH_MAX_BYTES = 4096
};

/* A child that is started again when it dies: at once the first time, later and later when it dies young. */
struct child {
    pid_t pid; /* 0: not running */
    int64_t started, next_start, backoff;
};

struct supervisor {
    const struct config *config;
    struct child redis, workers[WORKERS_MAX];
    unsigned worker_count;
    bool stopping, hopeless;
    int lock;
};

/* ---- the lock
 * --------------------------------------------------------------------------------------------------- */

static bool take_lock(struct supervisor *supervisor)
{
    char path[PATH_MAX_BYTES];
    const char *folder = supervisor->config->data_dir;
    if (snprintf(path, sizeof path, "%s/lock", folder) >= (int)sizeof path)
        return false;
    supervisor->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (supervisor->lock < 0) {
        log_write(LOG_ERROR, "the data folder cannot be written; check its owner", "data_dir", folder,
                  "reason", strerror(errno), (char *)NULL);
        return false;
    }
    if (flock(supervisor->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    log_write(LOG_ERROR, "another drawbridge serves this data folder; stop it first or name another data_dir",
              "data_dir", folder, (char *)NULL);
    return false;
}

/* ---- children
 * --------------------------------------------------------------------------------------------------- */

static bool may_start(const struct child *child, int64_t now)
{
    return child->pid == 0 && now >= child->next_start;
}

static void note_start(struct child *child, pid_t pid, int64_t now)
{
    child->pid = pid;
    child->started = now;
}

static void note_death(struct child *child, int64_t now)
{
    bool young = now - child->started < STEADY_MS;
    child->backoff = !young ? 0 : child->backoff ? child->backoff * 2 : BACKOFF_FIRST_MS;
    if (child->backoff > BACKOFF_MAX_MS)
        child->backoff = BACKOFF_MAX_MS;
    child->next_start = now + child->backoff;
    child->pid = 0;
}

static void start_worker(struct supervisor *supervisor, unsigned index, int64_t now)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        log_write(LOG_ERROR, "a worker cannot be forked", "reason", strerror(errno), (char *)NULL);
        note_death(&supervisor->workers[index], now);
        return;
    }
    if (pid > 0) {
        note_start(&supervisor->workers[index], pid, now);
        return;
    }
    /* A worker whose supervisor was killed drains and ends: the next supervisor brings its own. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0);
    (void)close(supervisor->lock);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    exit(worker_run(supervisor->config, index == 0));
}

static void start_redis(struct supervisor *supervisor, int64_t now)
{
    pid_t pid;
    if (private_redis_lives(supervisor->config->data_dir, &pid)) {
        if (pid > 0)
            note_start(&supervisor->redis, pid, now);
        return;
    }
    pid = private_redis_start(supervisor->config->data_dir);
    if (pid > 0)
        note_start(&supervisor->redis, pid, now);
    else
        note_death(&supervisor->redis, now);
}

/* An adopted server is no child of ours: its death is seen by asking. */
static void look_after_redis(struct supervisor *supervisor, int64_t now)
{
    if (supervisor->config->redis_url)
        return;
    struct child *redis = &supervisor->redis;
    if (redis->pid > 0 && !private_redis_runs(redis->pid))
        note_death(redis, now);
    if (may_start(redis, now))
        start_redis(supervisor, now);
}

static void tell_death(const char *what, int status)
{
    if (WIFSIGNALED(status))
        log_number(LOG_WARNING, what, "signal", WTERMSIG(status), (char *)NULL);
    else
        log_number(LOG_WARNING, what, "exit_code", WEXITSTATUS(status), (char *)NULL);
}

static void bury(struct supervisor *supervisor, pid_t pid, int status, int64_t now)
{
    if (pid == supervisor->redis.pid) {
        tell_death("the private redis-server ended", status);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
            log_write(LOG_ERROR,
                      "redis-server is not installed; apt-get install redis-server, or set [redis] url",
                      (char *)NULL);
        note_death(&supervisor->redis, now);
        return;
    }
    for (unsigned i = 0; i < supervisor->worker_count; i++) {
        if (supervisor->workers[i].pid != pid)
            continue;
        if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_CANNOT_START)
            supervisor->hopeless = true; /* its reason is in the log; another try would fail alike */
        else if (!supervisor->stopping)
            tell_death("a worker ended and is started again", status);
        note_death(&supervisor->workers[i], now);
    }
}

static void bury_all(struct supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        bury(supervisor, pid, status, loop_monotonic_ms());
}

/* ---- stopping
 * --------------------------------------------------------------------------------------------------- */

static void wait_a_tick(const sigset_t *signals, struct supervisor *supervisor)
{
    const struct timespec tick = {.tv_nsec = (long)TICK_MS * 1000000};
    int number = sigtimedwait(signals, NULL, &tick);
    if (number == SIGTERM || number == SIGINT)
        supervisor->stopping = true;
}

static unsigned living_workers(const struct supervisor *supervisor)
{
    unsigned living = 0;
    for (unsigned i = 0; i < supervisor->worker_count; i++)
        living += supervisor->workers[i].pid > 0;
    return living;
}

static void signal_workers(const struct supervisor *supervisor, int number)
{
    for (unsigned i = 0; i < supervisor->worker_count; i++)
        if (supervisor->workers[i].pid > 0)
            (void)kill(supervisor->workers[i].pid, number);
}

static void stop_redis(struct supervisor *supervisor, const sigset_t *signals)
{
    struct child *redis = &supervisor->redis;
    if (redis->pid <= 0)
        return;
    (void)kill(redis->pid, SIGTERM);
    int64_t until = loop_monotonic_ms() + STOP_REDIS_MS;
    while (redis->pid > 0 && loop_monotonic_ms() < until) {
        wait_a_tick(signals, supervisor);
        bury_all(supervisor);
        if (redis->pid > 0 && !private_redis_runs(redis->pid))
            redis->pid = 0;
    }
}

static void stop_all(struct supervisor *supervisor, const sigset_t *signals)
{
    supervisor->stopping = true;
    log_write(LOG_INFO, "stopping: what is in flight is finished", (char *)NULL);
    signal_workers(supervisor, SIGTERM);
    int64_t until = loop_monotonic_ms() + STOP_WORKERS_MS;
    while (living_workers(supervisor) && loop_monotonic_ms() < until) {
        wait_a_tick(signals, supervisor);
        bury_all(supervisor);
    }
    signal_workers(supervisor, SIGKILL);
    stop_redis(supervisor, signals);
}

int supervisor_run(const struct config *config)
{
    struct supervisor *supervisor = calloc(1, sizeof *supervisor);
    if (!supervisor)
        abort();
    supervisor->config = config;
    supervisor->worker_count = config->workers < WORKERS_MAX ? config->workers : WORKERS_MAX;
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    hardening_confine_all(config);
    if (!take_lock(supervisor)) {
        free(supervisor);
        return 1;
    }
    while (!supervisor->stopping && !supervisor->hopeless) {
        int64_t now = loop_monotonic_ms();
        look_after_redis(supervisor, now);
        for (unsigned i = 0; i < supervisor->worker_count; i++)
            if (may_start(&supervisor->workers[i], now))
                start_worker(supervisor, i, now);
        wait_a_tick(&signals, supervisor);
        bury_all(supervisor);
    }
    bool hopeless = supervisor->hopeless;
    stop_all(supervisor, &signals);
    (void)close(supervisor->lock);
    free(supervisor);
    return hopeless ? 1 : 0;
}
