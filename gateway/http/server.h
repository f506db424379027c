/* The edge: HTTP/1.1 on libwebsockets (ENGINE §2). It owns connections, deadlines and limits; what a request
 * means is decided elsewhere. */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_SERVER_H
#define DRAWBRIDGE_GATEWAY_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/loop.h"

struct http_server;
struct http_request;

/* Called on the loop when a whole request (body included) has come. Exactly one http_answer must follow, now
 * or later; the request lives until then, also when the client has left. */
typedef void (*http_handler)(void *context, struct http_request *request);

/* Asked when a head has come, before its body is read: 0 lets the request in, else the status to refuse it
 * with and in *retry_after_s when to come again. Only the head's accessors may be used. */
typedef int (*http_admission)(void *context, const struct http_request *request, unsigned *retry_after_s);

/* Told of each request that the edge refuses by itself, with one of its own sentences. */
typedef void (*http_refusal)(void *context, const char *why);

/* Borrowed for the call of http_server_new. */
struct http_options {
    const char *listen;     /* "127.0.0.1:8080", "[::1]:8080" */
    size_t body_max;        /* larger: 413 */
    size_t header_max;      /* larger: 431 */
    size_t connections_max; /* more: the one that stands still for longest makes room, else 503 */
    size_t held_max; /* bytes of unanswered requests: past it large unfinished ones are shed; 0: no limit */
    http_admission admit; /* with the handler's context; NULL lets all in */
    http_refusal refused; /* with the handler's context; NULL */
    unsigned header_timeout_ms, body_timeout_ms, idle_timeout_ms;
    const char
        *trusted_proxies; /* comma-separated addresses or networks whose X-Forwarded-* is believed; NULL */
    const char *scheme;   /* of requests that no trusted proxy describes: "http" or "https" */
};

/* Listens with SO_REUSEPORT, so that each worker has its own listener. NULL on error with a sentence in
 * `error`. */
struct http_server *http_server_new(struct loop *loop, const struct http_options *options,
                                    http_handler handler, void *context, char *error, size_t error_size);
/* Stops accepting; what is in flight is finished, with Connection: close. A request that has come in part
 * only gets a few seconds more for the rest. Over when no connection is left. */
void http_server_drain(struct http_server *server);
/* Connections that still live, and requests that wait for their answer. */
size_t http_server_connections(const struct http_server *server);
size_t http_server_pending(const struct http_server *server);
/* Closes all at once; answers that still come go nowhere. Not from inside a handler. */
void http_server_free(struct http_server *server);

/* All strings are borrowed from the request. The path is percent-decoded, its empty and dot segments
 * resolved, without the query; a target that hides a slash or a control character is refused before. */
const char *
http_request_method(const struct http_request *request); /* GET HEAD POST PUT DELETE PATCH OPTIONS */
const char *http_request_path(const struct http_request *request);
const char *http_request_query(const struct http_request *request); /* raw, without '?'; "" when none */
/* Raw request target as signed: as it was sent, or from a trusted proxy's X-Original-URI/X-Forwarded-Uri
 * where that names the same path. */
const char *http_request_target(const struct http_request *request);
const char *http_request_authority(
    const struct http_request *request); /* Host, lower case; X-Forwarded-Host if trusted */
const char *http_request_scheme(const struct http_request *request);
const char *http_request_peer(const struct http_request *request); /* client address */
/* A header by lower-case name, several lines joined by ", " in their order; NULL when absent. A second line
 * of host, content-length, content-type, date or authorization is refused before. */
const char *http_request_header(const struct http_request *request, const char *name);
const void *http_request_body(const struct http_request *request, size_t *length);
/* One parameter of the query, percent-decoded, into `out`; false when absent or too long. */
bool http_request_parameter(const struct http_request *request, const char *name, char *out, size_t size);

struct http_header {
    const char *name, *value;
};

enum { HTTP_HEADERS_MAX = 12 };
struct http_answer {
    int status;
    const char *content_type; /* NULL without body */
    const void *body;
    size_t length;
    struct http_header headers[HTTP_HEADERS_MAX]; /* ends at the first NULL name */
};

/* Sends the answer (copied) and ends the request; the pointer is dead afterwards. HEAD sends no body. */
void http_answer(struct http_request *request, const struct http_answer *answer);
/* A plain-text answer: a sentence that says what is wrong and what to do. */
void http_answer_text(struct http_request *request, int status, const char *sentence);

#endif
