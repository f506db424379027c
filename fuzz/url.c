/* URLs of strangers: as ids and links, as addresses to ask, as addresses of a websocket. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/address_guard.h"
#include "gateway/client/websocket_url.h"
#include "mapping/inbound.h"
#include "mapping/url_text.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_texts(struct arena *arena, const char *text)
{
    const char *link = url_for_link(arena, text);
    if (link) {
        require(strncmp(link, "http://", 7) == 0 || strncmp(link, "https://", 8) == 0 ||
                strncmp(link, "mailto:", 7) == 0);
        require(!strpbrk(link, "\"<>\r\n\t "));
        /* What may be a link stays the link that it is. */
        const char *again = url_for_link(arena, link);
        require(!again || strcmp(again, link) == 0);
    }
    const char *origin = url_origin(arena, text);
    require(!origin == !url_has_origin(text) || origin);
    if (origin) {
        require(url_same_origin(text, text) && url_same_origin(origin, text));
        require(strcmp(url_origin(arena, origin), origin) == 0);
    }
    const char *authority = url_authority(arena, text);
    for (const char *at = authority; at && *at; at++)
        require(!isupper((unsigned char)*at) && (unsigned char)*at > ' ' && !strchr("/?#@", *at));
}

static void check_guard(const char *text)
{
    static struct address_guard *guard;
    char error[200];
    if (!guard)
        guard = address_guard_new(false, "10.1.0.0/16", error, sizeof error);
    require(guard != NULL);
    struct guarded_url url;
    const char *why = NULL;
    if (!address_guard_url(guard, text, false, &url, &why)) {
        require(why != NULL);
        return;
    }
    require(url.https && url.port > 0 && url.port <= 65535 && url.host[0]);
    for (const char *at = url.host; *at; at++)
        require((unsigned char)*at > ' ' && (unsigned char)*at < 0x7f && !isupper((unsigned char)*at));
    require(!url.literal || address_guard_address(guard, (const struct sockaddr *)&url.address));
    require(strcmp(url.host, "localhost") != 0);
}

/* In capitals, a scheme is left to curl: what is read without curl is what curl reads. */
static void check_plain(struct arena *arena, const char *text)
{
    struct guarded_url url;
    struct guarded_url other;
    const char *why = NULL;
    size_t scheme = strncmp(text, "https:", 6) == 0 ? 5 : 4;
    if (strncmp(text, "http", 4) != 0)
        return;
    char *capitals = arena_string(arena, text);
    for (size_t i = 0; i < scheme; i++)
        capitals[i] = (char)toupper((unsigned char)capitals[i]);
    bool read = address_guard_url(NULL, text, true, &url, &why);
    require(address_guard_url(NULL, capitals, true, &other, &why) == read);
    require(!read ||
            (strcmp(url.host, other.host) == 0 && url.port == other.port && url.https == other.https &&
             url.literal == other.literal && memcmp(&url.address, &other.address, sizeof url.address) == 0));
}

static void check_websocket(const char *text)
{
    struct websocket_url url;
    if (websocket_url_read(text, &url))
        return;
    require(url.port > 0 && url.port <= 65535 && url.host[0] && url.path[0] == '/');
    require(!strpbrk(url.authority, "/?#@ \r\n") && !strpbrk(url.path, "# \r\n"));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *arena = arena_new(1 << 20);
    char *text = arena_copy(arena, data, size);
    if (text) {
        check_texts(arena, text);
        check_guard(text);
        check_plain(arena, text);
        check_websocket(text);
    }
    arena_free(arena);
    return 0;
}
