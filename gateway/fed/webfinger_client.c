/* Finding @user@host: PROTOCOL §1.1, client side. */
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "gateway/client/fetch.h"
#include "gateway/fed/json_guard.h"
#include "gateway/fed/remote.h"
#include "mapping/buffer.h"

enum { JRD_MAX = 1 << 20, JRD_TIMEOUT_MS = 10000, HANDLE_MAX = 320 };

static bool is_activity_link(const json_t *link)
{
    const char *rel = json_string_value(json_object_get(link, "rel"));
    const char *type = json_string_value(json_object_get(link, "type"));
    return rel && type && strcmp(rel, "self") == 0 &&
           (strncasecmp(type, "application/activity+json", 25) == 0 ||
            strncasecmp(type, "application/ld+json", 19) == 0);
}

static const char *self_link(const json_t *jrd, struct arena *arena)
{
    const json_t *links = json_object_get(jrd, "links");
    for (size_t i = 0; i < json_array_size(links) && i < 64; i++) {
        const json_t *link = json_array_get(links, i);
        if (is_activity_link(link))
            return arena_string(arena, json_string_value(json_object_get(link, "href")));
    }
    return NULL;
}

static const char *percent_encoded(struct arena *arena, const char *text)
{
    struct buffer out;
    buffer_init(&out, 3 * HANDLE_MAX);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
            strchr("-._~", byte))
            buffer_add_char(&out, (char)byte);
        else
            buffer_format(&out, "%%%02X", byte);
    }
    const char *copy = arena_string(arena, buffer_text(&out));
    buffer_clear(&out);
    return copy;
}

/* Lab installations speak http; everybody else https. */
static const char *scheme_of(const struct gateway *gateway)
{
    return gateway->config->lab ? "http" : "https";
}

json_t *webfinger_fetch(struct gateway *gateway, struct arena *arena, const char *handle, const char **url)
{
    handle += *handle == '@';
    const char *at = strrchr(handle, '@');
    if (!at || at == handle || !at[1] || strlen(handle) > HANDLE_MAX || strpbrk(handle, " /?#\\\r\n"))
        return NULL;
    *url = arena_format(arena, "%s://%s/.well-known/webfinger?resource=acct%%3A%s", scheme_of(gateway),
                        at + 1, percent_encoded(arena, handle));
    const struct fetch_header headers[] = {{"Accept", "application/jrd+json, application/json"}};
    struct fetch_result result = {0};
    fetch(gateway->fetch,
          &(struct fetch_request){.method = "GET",
                                  .url = *url,
                                  .headers = headers,
                                  .header_count = 1,
                                  .response_max = JRD_MAX,
                                  .timeout_ms = JRD_TIMEOUT_MS},
          &result);
    const char *why = NULL;
    json_t *jrd = result.error == FETCH_OK && result.status == 200
                      ? json_load_guarded(result.body ? result.body : "", result.length, &why)
                      : NULL;
    fetch_result_clear(&result);
    return jrd;
}

const char *webfinger_resolve(struct gateway *gateway, struct arena *arena, const char *handle)
{
    const char *url = NULL;
    json_t *jrd = webfinger_fetch(gateway, arena, handle, &url);
    const char *id = jrd ? self_link(jrd, arena) : NULL;
    json_decref(jrd);
    /* The actor must live where the handle says; anything else needs a proof that is not made here. */
    if (!id || !url_same_origin(id, url))
        return NULL;
    return id;
}
