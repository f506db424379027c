/* A request from its first byte to its answer; inside the edge only. It is the edge's own object: the
 * connection may go while a handler still works on it, then `connection` is NULL and the answer is dropped.
 */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_REQUEST_H
#define DRAWBRIDGE_GATEWAY_HTTP_REQUEST_H

#include <netinet/in.h>

#include "gateway/http/head.h"
#include "gateway/http/server.h"
#include "gateway/http/trusted_proxy.h"

struct http_connection;

struct http_request {
    struct http_head head;
    struct http_server *server;         /* NULL once the server is freed */
    struct http_connection *connection; /* NULL once the client has left */
    struct http_request *previous, *next;
    const char *target, *scheme;
    char *authority, *body;
    size_t body_received, body_size; /* size: what is allocated */
    size_t *held;                    /* where body_size is counted; NULL: nowhere */
    char peer[INET6_ADDRSTRLEN];
};

/* Fills in what a trusted proxy says of the client, or what the connection itself shows. */
void http_request_describe(struct http_request *request, const char *peer,
                           const struct trusted_proxies *proxies, const char *scheme);
void http_request_free(struct http_request *request);

#endif
