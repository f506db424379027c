#include "gateway/client/websocket_url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *read_port(const char *text, size_t length, struct websocket_url *url)
{
    url->port = url->secure ? 443 : 80;
    if (!length)
        return NULL;
    if (*text != ':' || length < 2 || length > 6 || strspn(text + 1, "0123456789") < length - 1)
        return "the port is malformed";
    url->port = (unsigned)strtoul(text + 1, NULL, 10);
    return url->port >= 1 && url->port <= 65535 ? NULL : "the port is malformed";
}

static bool is_name(const char *text, size_t length, const char *besides)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr(besides, text[i]))
            return false;
    return length > 0;
}

static const char *read_authority(const char *text, size_t length, struct websocket_url *url)
{
    if (length > WEBSOCKET_AUTHORITY_MAX)
        return "the host is too long";
    const char *host = text;
    size_t host_length;
    size_t rest;
    if (*text == '[') {
        host++;
        host_length = strcspn(host, "]/?");
        rest = host_length + 2;
        if (rest > length || !is_name(host, host_length, ":."))
            return "the host is malformed";
    } else {
        host_length = strcspn(host, ":/?");
        rest = host_length;
        if (!is_name(host, host_length, "-._"))
            return "the host is malformed";
    }
    for (size_t i = 0; i < host_length; i++)
        url->host[i] = (char)tolower((unsigned char)host[i]);
    url->host[host_length] = '\0';
    const char *wrong = read_port(text + rest, length - rest, url);
    if (wrong)
        return wrong;
    bool usual = url->port == (url->secure ? 443u : 80u);
    size_t shown = usual ? rest : length;
    for (size_t i = 0; i < shown; i++)
        url->authority[i] = (char)tolower((unsigned char)text[i]);
    url->authority[shown] = '\0';
    return NULL;
}

const char *websocket_url_read(const char *text, struct websocket_url *url)
{
    *url = (struct websocket_url){0};
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return "the URL has characters that no URL has";
    if (strncasecmp(text, "wss://", 6) == 0)
        url->secure = true;
    else if (strncasecmp(text, "ws://", 5) != 0)
        return "the URL begins with neither ws:// nor wss://";
    text = strchr(text, ':') + 3;
    if (strchr(text, '#'))
        return "the URL has a fragment";
    size_t length = strcspn(text, "/?");
    const char *wrong = read_authority(text, length, url);
    if (wrong)
        return wrong;
    const char *path = text + length;
    size_t slash = *path == '/' ? 0 : 1;
    if (strlen(path) + slash > WEBSOCKET_PATH_MAX)
        return "the path is too long";
    url->path[0] = '/';
    memcpy(url->path + slash, path, strlen(path) + 1);
    return NULL;
}
