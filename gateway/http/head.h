/* The head of an HTTP/1.1 request (RFC 9112 §2–6), read strictly; no I/O. It is read here and not by
 * libwebsockets because signatures cover what that library's parser drops: the target as it was sent and the
 * second line of a header. Whatever two readers could understand differently is refused. */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_HEAD_H
#define DRAWBRIDGE_GATEWAY_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_FIELDS_MAX = 100 };

struct http_field {
    const char *name; /* lower case */
    const char *value;
};

struct http_head {
    const char *method;
    const char *target;    /* path and query as sent */
    const char *query;     /* as sent, without '?'; "" when none */
    const char *authority; /* of the Host header, or of an absolute target; not yet lower case */
    char *path;            /* percent-decoded, dot segments and empty segments resolved */
    bool keep_alive, expects_continue;
    size_t body_length;
    struct http_field fields[HTTP_FIELDS_MAX]; /* one per name: lines of one name are joined by ", " */
    size_t field_count;
    char *text, *joined; /* what the strings point into */
};

enum http_head_end { HTTP_HEAD_WHOLE, HTTP_HEAD_UNFINISHED, HTTP_HEAD_BROKEN };
/* Looks for the empty line that ends a head. `*at` is where to go on looking, 0 at first; when whole, it is
 * the head's length with that line. A line that ends in a bare LF makes it broken. */
enum http_head_end http_head_find(const char *bytes, size_t length, size_t *at);

/* Reads a whole head. Returns 0, or the status to answer before closing, with a sentence in `*why`.
 * http_head_clear is due in both cases. */
int http_head_read(struct http_head *head, const char *bytes, size_t length, const char **why);
void http_head_clear(struct http_head *head);

/* A header by lower-case name; NULL when absent. */
const char *http_head_field(const struct http_head *head, const char *name);

/* Whether this is a host name or address with or without a port, by its characters. */
bool http_authority_is_valid(const char *text, size_t length);

/* Decodes and resolves the path of a target (up to '?') into `out`, which holds at least the target's length
 * plus one. False when it is malformed, leaves the printable characters, or hides a slash behind %2F. */
bool http_path_resolve(const char *target, char *out);
/* One parameter of a query, percent-decoded ('+' stays '+'); false when absent, malformed or too long. */
bool http_query_parameter(const char *query, const char *name, char *out, size_t size);

#endif
