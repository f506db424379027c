/* The second door: the admin API, JSON over HTTP on a listener of its own ([admin] listen), described in
 * docs/admin/openapi.yaml. Errors are RFC 9457 problems. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_API_H
#define DRAWBRIDGE_GATEWAY_ADMIN_API_H

#include "gateway/gateway.h"
#include "gateway/http/server.h"

/* The http_handler of the admin listener; `gateway` is a struct gateway. */
void admin_request(void *gateway, struct http_request *request);

/* Opens the listener where one is configured. False with a sentence in `error`. */
bool admin_start(struct gateway *gateway, char *error, size_t error_size);
/* Stops accepting; what is in flight is finished. */
void admin_drain(struct gateway *gateway);
size_t admin_connections(const struct gateway *gateway);
void admin_free(struct gateway *gateway);

#endif
