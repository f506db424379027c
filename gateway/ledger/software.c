#include "gateway/ledger/software.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/fed/json_guard.h"
#include "mapping/inbound.h"

enum { NODEINFO_MAX = 1 << 16, NODEINFO_TIMEOUT_MS = 10000, URL_SIZE = 2048 };
static const int64_t KNOWN_MS = (int64_t)7 * 86400 * 1000;
static const int64_t UNKNOWN_MS = (int64_t)86400 * 1000;

/* ---- what it says
 * --------------------------------------------------------------------------------------------- */

/* Printable text, shortened; "" for anything else. */
static void take_text(const json_t *value, char *out, size_t size)
{
    const char *text = json_string_value(value);
    size_t length = 0;
    for (; text && text[length] >= 0x20 && text[length] < 0x7f && length + 1 < size; length++)
        out[length] = text[length];
    out[length] = '\0';
}

const char *nodeinfo_document_url(const json_t *links, const char *origin, struct software *out)
{
    size_t i;
    const json_t *link;
    const char *found = NULL;
    json_array_foreach(json_object_get(links, "links"), i, link)
    {
        const char *rel = json_string_value(json_object_get(link, "rel"));
        const char *href = json_string_value(json_object_get(link, "href"));
        if (!rel || !href || strlen(href) >= URL_SIZE || !url_same_origin(href, origin))
            continue;
        if (strncmp(rel, "http://nodeinfo.diaspora.software/ns/schema/2.", 46) == 0)
            found = href; /* the later ones stand last */
        else if (strcmp(rel, "https://www.w3.org/ns/activitystreams#Application") == 0)
            take_text(json_object_get(link, "href"), out->contact, sizeof out->contact);
    }
    return found;
}

static void read_contact(const json_t *metadata, struct software *out)
{
    static const char *const people[] = {"maintainer", "contact", "admin"};
    char text[CONTACT_SIZE] = "";
    for (size_t i = 0; i < sizeof people / sizeof people[0] && !text[0]; i++) {
        const json_t *person = json_object_get(metadata, people[i]);
        take_text(json_is_object(person) ? json_object_get(person, "email") : person, text, sizeof text);
    }
    if (text[0])
        (void)snprintf(out->contact, sizeof out->contact, "%s", text);
}

bool nodeinfo_read(const json_t *document, struct software *out)
{
    const json_t *software = json_object_get(document, "software");
    take_text(json_object_get(software, "name"), out->name, sizeof out->name);
    take_text(json_object_get(software, "version"), out->version, sizeof out->version);
    read_contact(json_object_get(document, "metadata"), out);
    for (char *at = out->name; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    return out->name[0] != '\0';
}

/* ---- asking
 * --------------------------------------------------------------------------------------------------- */

static json_t *get_json(struct gateway *gateway, const char *url)
{
    struct fetch_header headers[] = {{"Accept", "application/json"}};
    struct fetch_request request = {.method = "GET",
                                    .url = url,
                                    .headers = headers,
                                    .header_count = 1,
                                    .response_max = NODEINFO_MAX,
                                    .timeout_ms = NODEINFO_TIMEOUT_MS};
    struct fetch_result result = {0};
    const char *why = NULL;
    fetch(gateway->fetch, &request, &result);
    json_t *document = result.error == FETCH_OK && result.status == 200 && result.body
                           ? json_load_guarded(result.body, result.length, &why)
                           : NULL;
    fetch_result_clear(&result);
    return document;
}

static bool ask(struct gateway *gateway, const char *origin, struct software *out)
{
    char url[URL_SIZE];
    (void)snprintf(url, sizeof url, "%s/.well-known/nodeinfo", origin);
    json_t *links = get_json(gateway, url);
    const char *href = links ? nodeinfo_document_url(links, origin, out) : NULL;
    json_t *document = href ? get_json(gateway, href) : NULL;
    bool known = document && nodeinfo_read(document, out);
    json_decref(document);
    json_decref(links);
    return known;
}

static void keep(struct gateway *gateway, const char *host, const struct software *software, bool known)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_format(arguments, "host:%s", host);
    arguments_text(arguments, "software_next");
    arguments_number(arguments, clock_now_ms() + (known ? KNOWN_MS : UNKNOWN_MS));
    if (known) {
        arguments_text(arguments, "software");
        arguments_text(arguments, software->name);
        arguments_text(arguments, "software_version");
        arguments_text(arguments, software->version);
        arguments_text(arguments, "contact");
        arguments_text(arguments, software->contact);
    }
    reply_free(store_run(gateway->store, arguments));
}

static void ask_host(struct gateway *gateway, const char *host)
{
    char key[32];
    struct software software = {.name = ""};
    (void)snprintf(key, sizeof key, "host:%s", host);
    struct reply *fields = store_call(gateway->store, "HMGET", key, "origin", "software_next", (char *)NULL);
    const char *next = reply_text(reply_at(fields, 1));
    if (!reply_failed(fields) && reply_kind(reply_at(fields, 0)) == REPLY_TEXT &&
        strtoll(next, NULL, 10) <= clock_now_ms())
        keep(gateway, host, &software, ask(gateway, reply_text(reply_at(fields, 0)), &software));
    reply_free(fields);
}

bool software_ask(struct gateway *gateway)
{
    struct reply *wanted = store_call(gateway->store, "SPOP", "software_wanted", (char *)NULL);
    bool found = !reply_failed(wanted) && reply_kind(wanted) == REPLY_TEXT;
    if (found)
        ask_host(gateway, reply_text(wanted));
    reply_free(wanted);
    return found;
}
