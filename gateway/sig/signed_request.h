/* A request as signatures see it, and URLs as signers see them. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_SIGNED_REQUEST_H
#define DRAWBRIDGE_GATEWAY_SIG_SIGNED_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/sig/digest.h"
#include "mapping/arena.h"

struct signed_request {
    const char *method;    /* as sent: "POST" */
    const char *scheme;    /* "https" */
    const char *authority; /* lower case, as the Host header says */
    const char *target;    /* raw: path and query */
    /* A header by lower-case name, several values joined by ", "; NULL when absent. */
    const char *(*header)(const void *context, const char *name);
    const void *context;
    const char *actor; /* who is said to have sent it, to choose between several signatures; NULL */
    bool has_body;     /* POST: the digest must be signed */
    struct body_digest body;
};

/* A URL that requests can be signed for: http or https, no user information, no blank or control character,
 * at most 2048 bytes; taken apart in the arena. The fragment is dropped, a default port too. */
struct url_parts {
    const char *scheme;    /* lower case */
    const char *authority; /* lower case, "host" or "host:port" */
    const char *target;    /* "/path?query", at least "/" */
};
enum { URL_MAX = 2048 };
bool url_take_apart(struct arena *arena, const char *url, struct url_parts *out);

/* True when both are such URLs with the same scheme, host and port. */
bool url_on_same_origin(struct arena *arena, const char *one, const char *other);

#endif
