#include "gateway/http/request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The last element of a list: what the proxy nearest to us added. Not terminated. */
static const char *last_element(const char *list, size_t *length)
{
    const char *comma = strrchr(list, ',');
    const char *element = comma ? comma + 1 : list;
    element += strspn(element, " \t");
    *length = strcspn(element, " \t");
    return element;
}

static char *copy_lower(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy)
        abort();
    for (size_t i = 0; i < length; i++)
        copy[i] = (char)tolower((unsigned char)text[i]);
    copy[length] = '\0';
    return copy;
}

/* A proxy that does not set the header passes on the client's own. So it is believed only where it names the
 * resource that is asked for: it may spell it differently, as the signature does, and no more. */
static bool names_same_resource(const char *target, const char *path)
{
    for (const char *at = target; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    char *resolved = malloc(strlen(target) + 1);
    if (!resolved)
        abort();
    bool same = http_path_resolve(target, resolved) && strcmp(resolved, path) == 0;
    free(resolved);
    return same;
}

static void believe_proxy(struct http_request *request, const struct trusted_proxies *proxies)
{
    const struct http_head *head = &request->head;
    const char *client = http_head_field(head, "x-forwarded-for");
    if (client)
        (void)trusted_proxies_client(proxies, client, request->peer);
    size_t length;
    const char *scheme = http_head_field(head, "x-forwarded-proto");
    if (scheme) {
        scheme = last_element(scheme, &length);
        if (length == 5 && strncasecmp(scheme, "https", length) == 0)
            request->scheme = "https";
        else if (length == 4 && strncasecmp(scheme, "http", length) == 0)
            request->scheme = "http";
    }
    const char *host = http_head_field(head, "x-forwarded-host");
    if (host) {
        host = last_element(host, &length);
        if (http_authority_is_valid(host, length)) {
            free(request->authority);
            request->authority = copy_lower(host, length);
        }
    }
    const char *target = http_head_field(head, "x-original-uri");
    if (!target)
        target = http_head_field(head, "x-forwarded-uri");
    if (target && names_same_resource(target, head->path))
        request->target = target;
}

void http_request_describe(struct http_request *request, const char *peer,
                           const struct trusted_proxies *proxies, const char *scheme)
{
    request->scheme = scheme;
    request->target = request->head.target;
    request->authority = copy_lower(request->head.authority, strlen(request->head.authority));
    memcpy(request->peer, peer, strnlen(peer, sizeof request->peer - 1) + 1);
    if (trusted_proxies_have(proxies, peer))
        believe_proxy(request, proxies);
}

void http_request_free(struct http_request *request)
{
    if (!request)
        return;
    if (request->held)
        *request->held -= request->body_size;
    http_head_clear(&request->head);
    free(request->authority);
    free(request->body);
    free(request);
}

const char *http_request_method(const struct http_request *request)
{
    return request->head.method;
}

const char *http_request_path(const struct http_request *request)
{
    return request->head.path;
}

const char *http_request_query(const struct http_request *request)
{
    return request->head.query;
}

const char *http_request_target(const struct http_request *request)
{
    return request->target;
}

const char *http_request_authority(const struct http_request *request)
{
    return request->authority;
}

const char *http_request_scheme(const struct http_request *request)
{
    return request->scheme;
}

const char *http_request_peer(const struct http_request *request)
{
    return request->peer;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return http_head_field(&request->head, name);
}

const void *http_request_body(const struct http_request *request, size_t *length)
{
    *length = request->body_received;
    return request->body ? request->body : "";
}

bool http_request_parameter(const struct http_request *request, const char *name, char *out, size_t size)
{
    return http_query_parameter(request->head.query, name, out, size);
}
