/* The doors for owners and the operator on a listener of their own ([admin] listen): the API
 * (docs/admin/openapi.yaml) below /v1/, pages elsewhere. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_ADMIN_H
#define DRAWBRIDGE_GATEWAY_ADMIN_ADMIN_H

#include "gateway/gateway.h"
#include "gateway/http/server.h"
#include "mapping/arena.h"

/* Opens the listener where one is configured. False with a sentence in `error`. */
bool admin_start(struct gateway *gateway, char *error, size_t error_size);
/* Stops accepting; what is in flight is finished. */
void admin_drain(struct gateway *gateway);
size_t admin_connections(const struct gateway *gateway);
void admin_free(struct gateway *gateway);

/* ---- inside */

/* False when the one of that name asks too often. */
bool admin_take(struct gateway *gateway, const char *name);
/* Answers one request. Both wait. */
void api_serve(struct gateway *gateway, struct http_request *request, struct arena *arena);
void pages_serve(struct gateway *gateway, struct http_request *request, struct arena *arena);

#endif
