/* What the benches of the store share: a private Redis, scripts sent in pipelines, and figures with their
 * budgets. */
#ifndef DRAWBRIDGE_BENCH_REDIS_BENCH_H
#define DRAWBRIDGE_BENCH_REDIS_BENCH_H

#include "tests/unit/gateway/delivery/redis_lab.h"

enum { PIPELINE = 200 };

static struct redis_lab lab;
static inline void figure(const char *name, double value, const char *unit)
{
    printf("figure %s %.3f%s%s\n", name, value, unit[0] ? " " : "", unit);
    (void)fflush(stdout);
}

static bool exceeded;

/* A figure that may not be larger than what docs/store.md promises. */
static inline void figure_within(const char *name, double value, const char *unit, double most)
{
    figure(name, value, unit);
    if (value <= most)
        return;
    (void)fprintf(stderr, "%s is %.3f %s, more than the %.3g that docs/store.md promises\n", name, value,
                  unit, most);
    exceeded = true;
}

static inline void check(const redisReply *reply)
{
    if (reply && reply->type != REDIS_REPLY_ERROR)
        return;
    (void)fprintf(stderr, "redis: %s\n", reply ? reply->str : "no answer");
    exit(1);
}

static inline double info(const char *section, const char *name)
{
    redisReply *reply = redisCommand(lab.redis, "INFO %s", section);
    check(reply);
    const char *at = strstr(reply->str, name);
    double value = at ? strtod(at + strlen(name) + 1, NULL) : 0;
    freeReplyObject(reply);
    return value;
}

static inline double bytes_now(void)
{
    return info("memory", "used_memory");
}

static inline double cpu_now(void)
{
    return info("cpu", "used_cpu_user") + info("cpu", "used_cpu_sys");
}

static inline void command(const char *text)
{
    redisReply *reply = redisCommand(lab.redis, text);
    check(reply);
    freeReplyObject(reply);
}

static unsigned waiting;

static inline void drain(void)
{
    for (; waiting; waiting--) {
        redisReply *reply = NULL;
        if (redisGetReply(lab.redis, (void **)&reply) != REDIS_OK)
            exit(1);
        check(reply);
        freeReplyObject(reply);
    }
}

static inline const char *digest_of_script(const char *name)
{
    for (size_t i = 0; script_table[i].name; i++)
        if (strcmp(script_table[i].name, name) == 0)
            return lab.digests[i];
    abort();
}

static inline void queued(void)
{
    if (++waiting == PIPELINE)
        drain();
}

static inline void queue_script(const char *name, int count, const char **arguments)
{
    const char *all[32] = {"EVALSHA", digest_of_script(name), "0"};
    for (int i = 0; i < count; i++)
        all[i + 3] = arguments[i];
    (void)redisAppendCommandArgv(lab.redis, count + 3, all, NULL);
    queued();
}

#endif
