/* Which request goes where. */
#ifndef DRAWBRIDGE_GATEWAY_ROUTES_H
#define DRAWBRIDGE_GATEWAY_ROUTES_H

#include "gateway/http/server.h"

/* The http_handler of a worker; `gateway` is a struct gateway. */
void route_request(void *gateway, struct http_request *request);

#endif
