/* Private to store/: where Redis is, read from its URL. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_ADDRESS_H
#define DRAWBRIDGE_GATEWAY_STORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct store_address {
    char *host;            /* NULL for a unix socket */
    char *path;            /* of the unix socket, else NULL */
    char *user, *password; /* NULL: none; never shown */
    int port, database;
};

/* redis://[user][:password]@host[:port][/database] or unix://[user:password@]/path.sock[?db=N]. Userinfo is
 * percent-decoded. On error false and a sentence that does not repeat the URL (it may hold a password). */
bool store_address_read(const char *url, struct store_address *out, char *error, size_t error_size);
void store_address_clear(struct store_address *address);

#endif
