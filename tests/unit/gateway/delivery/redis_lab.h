/* A private redis-server for tests, and the scripts of script_table run against it without the loop. */
#ifndef DRAWBRIDGE_TESTS_REDIS_LAB_H
#define DRAWBRIDGE_TESTS_REDIS_LAB_H

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/store/script_table.h"

enum { LAB_SCRIPTS_MAX = 64 };

struct redis_lab {
    pid_t server;
    char folder[64], socket[96];
    redisContext *redis;
    char digests[LAB_SCRIPTS_MAX][41];
};

static inline bool lab_connect(struct redis_lab *lab)
{
    for (int tries = 0; tries < 500; tries++) {
        redisContext *redis = redisConnectUnix(lab->socket);
        redisReply *reply = redis && !redis->err ? redisCommand(redis, "PING") : NULL;
        bool good = reply && reply->type == REDIS_REPLY_STATUS;
        if (reply)
            freeReplyObject(reply);
        if (good) {
            lab->redis = redis;
            return true;
        }
        if (redis)
            redisFree(redis);
        usleep(10000);
    }
    return false;
}

/* False when there is no redis-server. */
static inline bool lab_start(struct redis_lab *lab)
{
    memset(lab, 0, sizeof *lab);
    strcpy(lab->folder, "/tmp/drawbridge-lab-XXXXXX");
    if (!mkdtemp(lab->folder))
        return false;
    (void)snprintf(lab->socket, sizeof lab->socket, "%s/redis.sock", lab->folder);
    lab->server = fork();
    if (lab->server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", lab->socket, "--save", "",
               "--appendonly", "no", "--dir", lab->folder, "--logfile", "/dev/null", (char *)NULL);
        _exit(127);
    }
    if (!lab_connect(lab))
        return false;
    for (size_t i = 0; i < LAB_SCRIPTS_MAX && script_table[i].name; i++) {
        redisReply *reply =
            redisCommand(lab->redis, "SCRIPT LOAD %b", script_table[i].text, script_table[i].length);
        if (!reply || reply->type != REDIS_REPLY_STRING) {
            (void)fprintf(stderr, "%s: %s\n", script_table[i].name, reply ? reply->str : "no answer");
            return false;
        }
        memcpy(lab->digests[i], reply->str, sizeof lab->digests[i]);
        freeReplyObject(reply);
    }
    return true;
}

static inline void lab_stop(struct redis_lab *lab)
{
    redisFree(lab->redis);
    (void)kill(lab->server, SIGKILL);
    (void)waitpid(lab->server, NULL, 0);
    (void)unlink(lab->socket);
    (void)rmdir(lab->folder);
}

/* Runs a script; an error ends the test program with its text. */
static inline redisReply *lab_script(struct redis_lab *lab, const char *name, int count, const char **texts,
                                     const size_t *lengths)
{
    size_t at = 0;
    while (script_table[at].name && strcmp(script_table[at].name, name) != 0)
        at++;
    if (!script_table[at].name) {
        (void)fprintf(stderr, "no script %s\n", name);
        abort();
    }
    const char **all = calloc((size_t)count + 3, sizeof *all);
    size_t *sizes = calloc((size_t)count + 3, sizeof *sizes);
    if (!all || !sizes)
        abort();
    all[0] = "EVALSHA";
    all[1] = lab->digests[at];
    all[2] = "0";
    for (int i = 0; i < count; i++)
        all[i + 3] = texts[i];
    for (int i = 0; i < count + 3; i++)
        sizes[i] = i >= 3 && lengths ? lengths[i - 3] : strlen(all[i]);
    redisReply *reply = redisCommandArgv(lab->redis, count + 3, all, sizes);
    free(all);
    free(sizes);
    if (!reply || reply->type == REDIS_REPLY_ERROR) {
        (void)fprintf(stderr, "script %s: %s\n", name, reply ? reply->str : "no answer");
        abort();
    }
    return reply;
}

#define LAB_SCRIPT(lab, name, ...)                                                                           \
    lab_script(lab, name, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),               \
               (const char *[]){__VA_ARGS__}, NULL)

#endif
