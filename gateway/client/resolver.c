#include "gateway/client/resolver.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/task.h"

enum { CACHED_MAX = 16384, KEPT_MS = 60000, KEPT_EMPTY_MS = 10000 };

struct resolver_wait {
    struct name *name;
    resolver_done done;
    void *context;
    struct resolver_wait *next;
};

struct name {
    struct crypto_job job; /* first: the pool hands it back */
    struct resolver *resolver;
    struct addresses addresses;
    int64_t valid_until; /* monotonic ms; 0 while the lookup runs */
    bool running, answering;
    struct name *next_answering;
    struct resolver_wait *waits;
    UT_hash_handle hh;
    char host[256];
};

struct resolver {
    struct loop *loop;
    struct crypto_pool *threads;
    struct name *names;     /* oldest first */
    struct name *answering; /* their cached answers are told when the timer fires */
    struct loop_timer *timer;
};

static void answer_cached(void *context);

struct resolver *resolver_new(struct loop *loop, unsigned threads)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver)
        abort();
    resolver->loop = loop;
    resolver->timer = loop_timer_new(loop, answer_cached, resolver);
    resolver->threads = crypto_pool_new(loop, threads);
    return resolver;
}

static void free_waits(struct name *name)
{
    while (name->waits) {
        struct resolver_wait *wait = name->waits;
        name->waits = wait->next;
        free(wait);
    }
}

void resolver_free(struct resolver *resolver)
{
    struct name *name;
    struct name *next;
    if (!resolver)
        return;
    loop_timer_free(resolver->timer);
    crypto_pool_free(resolver->threads); /* ends the lookups that still run */
    HASH_ITER(hh, resolver->names, name, next)
    {
        HASH_DEL(resolver->names, name);
        free_waits(name);
        free(name);
    }
    free(resolver);
}

/* On a thread: touches its own name only. */
static void look_up(struct crypto_job *job)
{
    struct name *name = (struct name *)job;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    name->addresses.count = 0;
    name->addresses.more = false;
    if (getaddrinfo(name->host, NULL, &hints, &found) != 0)
        return;
    for (const struct addrinfo *one = found; one; one = one->ai_next) {
        name->addresses.more = name->addresses.count == RESOLVER_ADDRESSES_MAX ||
                               one->ai_addrlen > sizeof name->addresses.list[0];
        if (name->addresses.more)
            break;
        memcpy(&name->addresses.list[name->addresses.count++], one->ai_addr, one->ai_addrlen);
    }
    freeaddrinfo(found);
}

static void tell_waits(struct name *name)
{
    while (name->waits) {
        struct resolver_wait *wait = name->waits;
        name->waits = wait->next;
        wait->done(wait->context, &name->addresses);
        free(wait);
    }
}

static void looked_up(struct crypto_job *job)
{
    struct name *name = (struct name *)job;
    name->running = false;
    name->valid_until = loop_monotonic_ms() + (name->addresses.count ? KEPT_MS : KEPT_EMPTY_MS);
    tell_waits(name);
}

static void answer_cached(void *context)
{
    struct resolver *resolver = context;
    struct name *name = resolver->answering;
    resolver->answering = NULL; /* who hears an answer may ask again */
    while (name) {
        struct name *next = name->next_answering;
        name->answering = false;
        tell_waits(name);
        name = next;
    }
}

static void forget_oldest(struct resolver *resolver)
{
    struct name *name;
    struct name *next;
    HASH_ITER(hh, resolver->names, name, next)
    {
        if (HASH_COUNT(resolver->names) < CACHED_MAX)
            return;
        if (name->running || name->answering || name->waits)
            continue;
        HASH_DEL(resolver->names, name);
        free(name);
    }
}

static struct name *name_of(struct resolver *resolver, const char *host)
{
    struct name *name;
    HASH_FIND_STR(resolver->names, host, name);
    if (name)
        return name;
    forget_oldest(resolver);
    name = calloc(1, sizeof *name);
    if (!name)
        abort();
    name->resolver = resolver;
    strncpy(name->host, host, sizeof name->host - 1);
    HASH_ADD_STR(resolver->names, host, name);
    return name;
}

struct resolver_wait *resolver_lookup(struct resolver *resolver, const char *host, resolver_done done,
                                      void *context)
{
    struct name *name = name_of(resolver, host);
    struct resolver_wait *wait = calloc(1, sizeof *wait);
    if (!wait)
        abort();
    *wait = (struct resolver_wait){.name = name, .done = done, .context = context, .next = name->waits};
    name->waits = wait;
    if (name->running || name->answering)
        return wait;
    if (loop_monotonic_ms() < name->valid_until) {
        name->answering = true;
        name->next_answering = resolver->answering;
        resolver->answering = name;
        loop_timer_set(resolver->timer, 0);
        return wait;
    }
    name->running = true;
    name->job.work = look_up;
    name->job.done = looked_up;
    crypto_pool_submit(resolver->threads, &name->job);
    return wait;
}

void resolver_give_up(struct resolver_wait *wait)
{
    struct resolver_wait **at = &wait->name->waits;
    while (*at && *at != wait)
        at = &(*at)->next;
    if (*at)
        *at = wait->next;
    free(wait);
}
