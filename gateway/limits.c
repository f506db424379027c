#include "gateway/limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/fed/inbox.h"
#include "gateway/http/server.h"
#include "gateway/log.h"
#include "gateway/memory.h"
#include "gateway/token_buckets.h"
#include "mapping/arena.h"
#include "mapping/url_text.h"

enum { LOOK_EVERY_MS = 1000, TRIM_EVERY_LOOKS = 30, TRIM_ABOVE = 64 << 20, ORIGIN_BUDGET = 8192 };

struct limits {
    struct gateway *gateway;
    struct token_buckets *addresses, *hosts; /* NULL: no limit */
    struct token_buckets *rare;              /* what nobody does often */
    struct loop_timer *look;
    bool memory_full, store_full, queue_full;
    unsigned looks;
    bool asking; /* for the store's own memory */
    int64_t queued[INBOX_QUEUES];
    unsigned queue_answers; /* still to come */
};

/* ---- marks
 * ----------------------------------------------------------------------------------------------------------
 */

static void turn(bool *mark, bool full, const char *what)
{
    if (*mark == full)
        return;
    *mark = full;
    log_write(full ? LOG_WARNING : LOG_INFO,
              full ? "requests are refused: there is no room" : "there is room again", "where", what,
              (char *)NULL);
}

static size_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* What was freed shall be free for others too, and count as such; looking for it takes some milliseconds. */
static void look_at_memory(struct limits *limits)
{
    size_t maximum = (size_t)limits->gateway->config->limits.memory_mib << 20;
    size_t bytes = resident_bytes();
    bool due = limits->looks++ % TRIM_EVERY_LOOKS == 0 && bytes > TRIM_ABOVE;
    if (due || bytes > maximum) {
        memory_give_back();
        bytes = resident_bytes();
    }
    turn(&limits->memory_full, bytes > maximum, "memory of the worker");
}

static unsigned long long number_in(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void heard_memory(void *context, const struct reply *reply)
{
    struct limits *limits = context;
    limits->asking = false;
    if (reply_failed(reply))
        return;
    const char *text = reply_text(reply);
    unsigned long long maximum = number_in(text, "\nmaxmemory:");
    if (!maximum)
        maximum = number_in(text, "\ntotal_system_memory:");
    bool full = maximum && number_in(text, "\nused_memory:") > maximum / 100 * LIMIT_REDIS_PERCENT;
    turn(&limits->store_full, full, "memory of Redis");
}

static void look_at_store(struct limits *limits)
{
    if (limits->asking)
        return;
    limits->asking = true;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "INFO");
    arguments_text(arguments, "memory");
    store_start(limits->gateway->store, arguments, heard_memory, limits);
}

static void heard_queue(void *context, const struct reply *reply)
{
    struct limits *limits = context;
    if (reply_kind(reply) == REPLY_NUMBER)
        limits->queued[limits->queue_answers - 1] = reply_number(reply);
    if (--limits->queue_answers)
        return;
    int64_t total = 0;
    for (unsigned i = 0; i < INBOX_QUEUES; i++)
        total += limits->queued[i];
    turn(&limits->queue_full, total > limits->gateway->config->limits.inbox_queue, "queue of the inbox");
}

/* The answers come in the order of the questions. */
static void look_at_queues(struct limits *limits)
{
    if (limits->queue_answers)
        return;
    limits->queue_answers = INBOX_QUEUES;
    for (unsigned i = 0; i < INBOX_QUEUES; i++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "XLEN");
        arguments_format(arguments, "work:inbox:%u", i);
        store_start(limits->gateway->store, arguments, heard_queue, limits);
    }
}

static void look(void *context)
{
    struct limits *limits = context;
    look_at_memory(limits);
    look_at_store(limits);
    look_at_queues(limits);
    loop_timer_set(limits->look, LOOK_EVERY_MS);
}

/* ---- rates
 * ----------------------------------------------------------------------------------------------------------
 */

static struct token_buckets *buckets_of(unsigned per_second)
{
    return per_second ? token_buckets_new(per_second, per_second * LIMIT_BURST_SECONDS) : NULL;
}

static unsigned seconds_of(int64_t milliseconds)
{
    int64_t seconds = (milliseconds + 999) / 1000;
    return seconds > LIMIT_RETRY_MAX_S ? LIMIT_RETRY_MAX_S : (unsigned)seconds;
}

/* Whom an address stands for: of IPv6 a whole network is given to each customer. 0 for loopback. */
static size_t address_name(const char *peer, unsigned char out[16])
{
    struct in6_addr six;
    if (inet_pton(AF_INET, peer, out) == 1)
        return out[0] == 127 ? 0 : 4;
    if (inet_pton(AF_INET6, peer, &six) != 1 || IN6_IS_ADDR_LOOPBACK(&six))
        return 0;
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(out, six.s6_addr + 12, 4);
        return out[0] == 127 ? 0 : 4;
    }
    memcpy(out, six.s6_addr, 8);
    return 8;
}

static unsigned take_address(struct limits *limits, const char *peer)
{
    unsigned char name[16];
    size_t length = limits->addresses ? address_name(peer, name) : 0;
    return length ? seconds_of(token_buckets_take(limits->addresses, name, length, loop_monotonic_ms())) : 0;
}

static int busy(unsigned seconds, unsigned *retry_after_s)
{
    *retry_after_s = seconds;
    return 503;
}

int limits_admit(void *context, const struct http_request *request, unsigned *retry_after_s)
{
    const struct gateway *gateway = context;
    struct limits *limits = gateway->limits;
    const char *path = http_request_path(request);
    if (!limits || strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0)
        return 0;
    if (limits->memory_full)
        return busy(LIMIT_MEMORY_RETRY_S, retry_after_s);
    if ((limits->queue_full || limits->store_full) && strcmp(http_request_method(request), "POST") == 0)
        return busy(LIMIT_QUEUE_RETRY_S, retry_after_s);
    *retry_after_s = take_address(limits, http_request_peer(request));
    return *retry_after_s ? 429 : 0;
}

unsigned limits_take_host(struct gateway *gateway, const char *actor_id)
{
    struct limits *limits = gateway->limits;
    if (!limits || !limits->hosts)
        return 0;
    struct arena *arena = arena_new(ORIGIN_BUDGET);
    const char *host = url_authority(arena, actor_id);
    int64_t wait = host ? token_buckets_take(limits->hosts, host, strlen(host), loop_monotonic_ms()) : 0;
    arena_free(arena);
    return seconds_of(wait);
}

bool limits_take_dialog(struct gateway *gateway, const char *peer, const char *server)
{
    struct limits *limits = gateway->limits;
    unsigned char name[16];
    size_t length = address_name(peer, name);
    if (!limits)
        return true;
    int64_t now = loop_monotonic_ms();
    return (!length || token_buckets_take(limits->rare, name, length, now) == 0) &&
           limits_take_rare(gateway, server);
}

bool limits_take_rare(struct gateway *gateway, const char *name)
{
    struct limits *limits = gateway->limits;
    return !limits || token_buckets_take(limits->rare, name, strlen(name), loop_monotonic_ms()) == 0;
}

void limits_start(struct gateway *gateway)
{
    struct limits *limits = calloc(1, sizeof *limits);
    if (!limits)
        abort();
    limits->gateway = gateway;
    limits->addresses = buckets_of(gateway->config->limits.address_per_second);
    limits->hosts = buckets_of(gateway->config->limits.host_per_second);
    limits->rare = token_buckets_new(1, LIMIT_RARE_BURST);
    limits->look = loop_timer_new(gateway->loop, look, limits);
    loop_timer_set(limits->look, 0);
    gateway->limits = limits;
}

void limits_free(struct gateway *gateway)
{
    struct limits *limits = gateway->limits;
    if (!limits)
        return;
    loop_timer_free(limits->look);
    token_buckets_free(limits->addresses);
    token_buckets_free(limits->hosts);
    token_buckets_free(limits->rare);
    free(limits);
    gateway->limits = NULL;
}
