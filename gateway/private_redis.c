#include "gateway/private_redis.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/log.h"

enum { PATH_MAX_BYTES = 4096 };

static const char settings[] = "port 0\n"
                               "unixsocketperm 700\n"
                               "appendonly yes\n"
                               "appendfsync always\n"
                               "aof-use-rdb-preamble yes\n"
                               "save \"\"\n"
                               "maxmemory-policy noeviction\n"
                               "daemonize no\n"
                               "dir .\n"
                               "unixsocket redis.sock\n"
                               "logfile redis.log\n";

static bool write_settings(const char *data_dir)
{
    char path[PATH_MAX_BYTES];
    if (snprintf(path, sizeof path, "%s/redis.conf", data_dir) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    bool good = fputs(settings, file) >= 0;
    return fclose(file) == 0 && good;
}

pid_t private_redis_start(const char *data_dir)
{
    if (!write_settings(data_dir)) {
        log_write(LOG_ERROR,
                  "redis.conf cannot be written into the data folder; check its owner and the disk",
                  "data_dir", data_dir, (char *)NULL);
        return -1;
    }
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    /* A group of its own: what is typed at the terminal reaches the supervisor, which stops it in order. */
    (void)setpgid(0, 0);
    /* The supervisor waits for its signals with a mask, which would live on through exec: Redis must hear
     * SIGTERM. */
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (chdir(data_dir) != 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(126);
    execlp("redis-server", "redis-server", "redis.conf", (char *)NULL);
    _exit(127);
}

/* The process id from an answer to INFO server. */
static pid_t pid_in(const char *answer)
{
    const char *line = strstr(answer, "\nprocess_id:");
    return line ? (pid_t)strtol(line + strlen("\nprocess_id:"), NULL, 10) : 0;
}

bool private_redis_lives(const char *data_dir, pid_t *pid)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[8192];
    *pid = 0;
    if (snprintf(address.sun_path, sizeof address.sun_path, "%s/redis.sock", data_dir) >=
        (int)sizeof address.sun_path)
        return false;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return false;
    const struct timeval deadline = {.tv_sec = 2};
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    static const char question[] = "INFO server\r\n";
    bool lives = connect(descriptor, (const void *)&address, sizeof address) == 0 &&
                 send(descriptor, question, sizeof question - 1, MSG_NOSIGNAL) == sizeof question - 1;
    ssize_t length = lives ? recv(descriptor, answer, sizeof answer - 1, 0) : -1;
    (void)close(descriptor);
    if (length <= 0)
        return false;
    answer[length] = '\0';
    *pid = pid_in(answer);
    return true;
}

bool private_redis_runs(pid_t pid)
{
    char path[32];
    char text[512];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    /* The state follows the name, which may hold anything, in its last bracket. */
    const char *state = strrchr(text, ')');
    return state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}
