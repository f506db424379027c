/* The proxies whose word on the client is believed: addresses and networks, IPv4 and IPv6. */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_TRUSTED_PROXY_H
#define DRAWBRIDGE_GATEWAY_HTTP_TRUSTED_PROXY_H

#include <stdbool.h>
#include <stddef.h>

struct trusted_proxies;

/* `list`: "127.0.0.1, 10.0.0.0/8, ::1, fd00::/8"; NULL or empty trusts nobody. NULL with a sentence in
 * `error` when an entry is neither. */
struct trusted_proxies *trusted_proxies_new(const char *list, char *error, size_t error_size);
void trusted_proxies_free(struct trusted_proxies *proxies);

/* Whether an address (as text) is one of them. */
bool trusted_proxies_have(const struct trusted_proxies *proxies, const char *address);

/* The client that X-Forwarded-For names: the last address in it that is no proxy of ours, since only what our
 * own proxies added is true. False when there is none; `out` holds 46 bytes. */
bool trusted_proxies_client(const struct trusted_proxies *proxies, const char *forwarded_for, char *out);

#endif
