/* The address guard (PROTOCOL §6.2): which URLs and which network addresses an outgoing request may touch.
 * Pure: it resolves and connects nothing. */
#ifndef DRAWBRIDGE_GATEWAY_CLIENT_ADDRESS_GUARD_H
#define DRAWBRIDGE_GATEWAY_CLIENT_ADDRESS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct address_guard;

/* `lab`: http and loopback are permitted. `allow_private`: comma-separated addresses or networks
 * ("10.1.0.0/16,
 * ::1") that are permitted although they are private; NULL none. NULL on error with a sentence in `error`. */
struct address_guard *address_guard_new(bool lab, const char *allow_private, char *error, size_t error_size);
void address_guard_free(struct address_guard *guard);

/* A URL taken apart by the same parser that connects, or before it where no two parsers could differ. */
struct guarded_url {
    char host[256]; /* lower case, punycode; an IPv6 literal without brackets */
    unsigned port;
    bool https, literal;             /* literal: the host is an address */
    struct sockaddr_storage address; /* when literal */
};

/* False with a reason in *why (a constant sentence) when the URL may not be asked. `trusted`: the operator
 * configured it; only its shape is checked. */
bool address_guard_url(const struct address_guard *guard, const char *url, bool trusted,
                       struct guarded_url *out, const char **why);

/* Whether one address that a name resolved to may be connected. */
bool address_guard_address(const struct address_guard *guard, const struct sockaddr *address);

#endif
