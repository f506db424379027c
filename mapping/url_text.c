#include "mapping/url_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mapping/buffer.h"
#include "mapping/inbound.h"

enum { HOST_MAX = 253, LABEL_MAX = 63, PORT_MAX = 65535 };

struct origin {
    bool secure;
    char host[HOST_MAX + 1];
    unsigned port;
};

bool url_is_id(const char *text)
{
    if (!text || !*text)
        return false;
    size_t length = 0;
    for (; text[length]; length++)
        if ((unsigned char)text[length] <= ' ' || text[length] == 0x7f || length >= URL_TEXT_MAX)
            return false;
    return true;
}

/* Letters, digits, '-' and '_' in labels of 1..63, no dot at the end. Names outside ASCII are punycode in
 * ids; anything else is refused rather than guessed at. */
static bool host_read(const char *text, size_t length, char out[HOST_MAX + 1])
{
    if (length == 0 || length > HOST_MAX)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte + ('a' - 'A'));
        bool plain =
            (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
        if (plain ? ++label > LABEL_MAX : byte != '.' || label == 0)
            return false;
        if (!plain)
            label = 0;
        out[i] = byte;
    }
    out[length] = '\0';
    return label > 0;
}

static bool port_read(const char *text, size_t length, unsigned *out)
{
    unsigned port = 0;
    if (length == 0 || length > 5 || text[0] == '0')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    *out = port;
    return port <= PORT_MAX;
}

static bool origin_read(const char *url, struct origin *out)
{
    if (!url_is_id(url))
        return false;
    out->secure = strncasecmp(url, "https://", 8) == 0;
    if (!out->secure && strncasecmp(url, "http://", 7) != 0)
        return false;
    const char *authority = url + (out->secure ? 8 : 7);
    size_t length = strcspn(authority, "/?#");
    const char *colon = memchr(authority, ':', length);
    size_t host = colon ? (size_t)(colon - authority) : length;
    out->port = out->secure ? 443 : 80;
    return host_read(authority, host, out->host) &&
           (!colon || port_read(colon + 1, length - host - 1, &out->port));
}

static const char *authority_of(struct arena *arena, const struct origin *origin)
{
    return origin->port == (origin->secure ? 443u : 80u)
               ? arena_string(arena, origin->host)
               : arena_format(arena, "%s:%u", origin->host, origin->port);
}

const char *url_origin(struct arena *arena, const char *url)
{
    struct origin origin;
    if (!origin_read(url, &origin))
        return NULL;
    return arena_format(arena, "%s://%s", origin.secure ? "https" : "http", authority_of(arena, &origin));
}

bool url_same_origin(const char *one, const char *other)
{
    struct origin first;
    struct origin second;
    return origin_read(one, &first) && origin_read(other, &second) && first.secure == second.secure &&
           first.port == second.port && strcmp(first.host, second.host) == 0;
}

bool url_has_origin(const char *text)
{
    struct origin origin;
    return origin_read(text, &origin);
}

const char *url_authority(struct arena *arena, const char *url)
{
    struct origin origin;
    return origin_read(url, &origin) ? authority_of(arena, &origin) : NULL;
}

/* ---- hrefs in HTML
 * -------------------------------------------------------------------------------------------------- */

static const char *link_scheme(const char *text)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            return schemes[i];
    return NULL;
}

/* "https://bank.example@evil.example" and backslashes read as one host and lead to another. */
static bool authority_is_plain(const char *rest)
{
    size_t length = strcspn(rest, "/?#");
    return length > 0 && !memchr(rest, '@', length) && !memchr(rest, '\\', length);
}

const char *url_for_link(struct arena *arena, const char *href)
{
    if (!href)
        return NULL;
    href += strspn(href, " \t\r\n\f");
    const char *scheme = link_scheme(href);
    if (!scheme)
        return NULL;
    const char *rest = href + strlen(scheme);
    if (strcmp(scheme, "mailto:") == 0 ? !strchr(rest, '@') : !authority_is_plain(rest))
        return NULL;
    size_t length = strlen(rest);
    while (length && strchr(" \t\r\n\f", rest[length - 1]))
        length--;
    struct buffer out;
    buffer_init(&out, URL_TEXT_MAX);
    buffer_add_string(&out, scheme);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)rest[i];
        if (byte == '\t' || byte == '\n' || byte == '\r')
            continue; /* HTML drops them from URLs */
        if (byte <= ' ' || byte == 0x7f || strchr("\"<>`{}|\\^", byte))
            buffer_format(&out, "%%%02X", byte);
        else
            buffer_add_char(&out, (char)byte);
    }
    const char *url =
        out.failed || out.length == strlen(scheme) ? NULL : arena_string(arena, buffer_text(&out));
    buffer_clear(&out);
    return url;
}
