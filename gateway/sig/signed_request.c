#include "gateway/sig/signed_request.h"

#include <string.h>
#include <strings.h>

static char *lower(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_copy(arena, text, length);
    for (char *at = copy; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    return copy;
}

static bool is_clean(const char *url)
{
    size_t length = strnlen(url, URL_MAX + 1);
    if (length > URL_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)url[i] <= 0x20 || url[i] == 0x7f || strchr("\\\"<>", url[i]))
            return false;
    return true;
}

static void drop_default_port(char *authority, const char *port)
{
    size_t length = strlen(authority), suffix = strlen(port);
    if (length > suffix && strcmp(authority + length - suffix, port) == 0)
        authority[length - suffix] = '\0';
}

bool url_take_apart(struct arena *arena, const char *url, struct url_parts *out)
{
    *out = (struct url_parts){0};
    if (!is_clean(url))
        return false;
    bool tls = strncasecmp(url, "https://", 8) == 0;
    if (!tls && strncasecmp(url, "http://", 7) != 0)
        return false;
    const char *start = url + (tls ? 8 : 7);
    size_t length = strcspn(start, "/?#");
    if (length == 0 || memchr(start, '@', length))
        return false;
    char *authority = lower(arena, start, length);
    drop_default_port(authority, tls ? ":443" : ":80");
    if (authority[0] == '\0' || authority[0] == ':')
        return false;
    const char *rest = start + length;
    size_t rest_length = strcspn(rest, "#");
    out->scheme = tls ? "https" : "http";
    out->authority = authority;
    out->target = rest_length > 0 && *rest == '/' ? arena_copy(arena, rest, rest_length)
                                                  : arena_format(arena, "/%.*s", (int)rest_length, rest);
    return true;
}

bool url_on_same_origin(struct arena *arena, const char *one, const char *other)
{
    struct url_parts first, second;
    return url_take_apart(arena, one, &first) && url_take_apart(arena, other, &second) &&
           strcmp(first.scheme, second.scheme) == 0 && strcmp(first.authority, second.authority) == 0;
}
