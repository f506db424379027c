/* Names to addresses, on threads of its own (getaddrinfo blocks), with a small cache; lookups of one name are
 * one lookup. */
#ifndef DRAWBRIDGE_GATEWAY_CLIENT_RESOLVER_H
#define DRAWBRIDGE_GATEWAY_CLIENT_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "gateway/loop.h"

enum { RESOLVER_ADDRESSES_MAX = 16 };

struct addresses {
    struct sockaddr_storage list[RESOLVER_ADDRESSES_MAX]; /* without a port */
    size_t count;                                         /* 0: the name has none */
    bool more;                                            /* it has others that are not in the list */
};

struct resolver;
struct resolver_wait;

struct resolver *resolver_new(struct loop *loop, unsigned threads);
/* No lookup may wait any more. */
void resolver_free(struct resolver *resolver);

/* `done` is called on the loop, later than this call, with addresses borrowed for the call; unless the wait
 * is given up before. */
typedef void (*resolver_done)(void *context, const struct addresses *addresses);
struct resolver_wait *resolver_lookup(struct resolver *resolver, const char *host, resolver_done done,
                                      void *context);
void resolver_give_up(struct resolver_wait *wait);

#endif
