#include "gateway/admin/drops.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/ledger/servers.h"
#include "mapping/buffer.h"

enum { NAMES_MAX = 4096 };

/* ---- what there is to be dropped: each is a number that a rule's "if" names
 * ------------------------------------------------- */

static const json_t *object_of(const json_t *activity)
{
    const json_t *object = json_object_get(activity, "object");
    return json_is_object(object) ? object : activity;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static json_int_t count_type(const json_t *list, const char *type)
{
    json_int_t count = 0;
    size_t index;
    const json_t *one;
    json_array_foreach(list, index, one) count += strcmp(text_of(one, "type"), type) == 0;
    return count;
}

static json_int_t count_elements(const char *html, const char *const *names)
{
    json_int_t count = 0;
    for (; *names; names++)
        for (const char *at = strstr(html, *names); at; at = strstr(at + 1, *names))
            count++;
    return count;
}

/* Characters outside of tags; an entity is one. */
static json_int_t count_characters(const char *html)
{
    json_int_t count = 0;
    while (*html) {
        if (*html == '<')
            html += strcspn(html, ">");
        else if (*html == '&')
            html += strcspn(html, ";");
        if (!*html)
            break;
        count += *html != '>' && ((unsigned char)*html & 0xC0) != 0x80;
        html++;
    }
    return count;
}

static bool has(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value && !json_is_null(value);
}

static json_int_t measure(const json_t *activity, const char *what)
{
    static const char *const markup[] = {"<strong",     "<em", "<del", "<code", "<pre",
                                         "<blockquote", "<ul", "<ol",  NULL};
    static const char *const lists[] = {"<ul", "<ol", NULL};
    static const char *const headings[] = {"<h1", "<h2", "<h3", "<h4", "<h5", "<h6", NULL};
    const json_t *object = object_of(activity);
    const json_t *attachments = json_object_get(object, "attachment");
    const char *content = text_of(object, "content");
    const struct {
        const char *name;
        json_int_t number;
    } facts[] = {
        {"attachments", (json_int_t)json_array_size(attachments)},
        {"no_images", count_type(attachments, "Image") == 0 && !has(object, "inReplyTo")},
        {"no_reply", !has(object, "inReplyTo")},
        {"article", strcmp(text_of(object, "type"), "Article") == 0},
        {"poll", strcmp(text_of(object, "type"), "Question") == 0},
        {"quote", has(object, "quote")},
        {"quote_without_permission", has(object, "quote") && !has(object, "quoteAuthorization")},
        {"edited", has(object, "updated")},
        {"repost", strcmp(text_of(activity, "type"), "Announce") == 0},
        {"emoji", count_type(json_object_get(object, "tag"), "Emoji")},
        {"markup", count_elements(content, markup)},
        {"lists", count_elements(content, lists)},
        {"headings", count_elements(content, headings)},
        {"content_characters", count_characters(content)},
        {"activity_bytes", (json_int_t)json_dumpb(activity, NULL, 0, JSON_COMPACT)},
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (strcmp(facts[i].name, what) == 0)
            return facts[i].number;
    return 0;
}

/* ---- the table
 * ----------------------------------------------------------------------------------------------------- */

json_t *server_drops(const char *name, const json_t *activity)
{
    json_t *servers = servers_load();
    const json_t *server = servers_find(servers, name);
    const json_t *rules = json_object_get(server, "drops");
    json_t *result = NULL;
    if (rules) {
        json_t *drops = json_array();
        size_t index;
        json_t *rule;
        json_array_foreach(rules, index, rule)
        {
            if (measure(activity, text_of(rule, "if")) > json_integer_value(json_object_get(rule, "above")))
                (void)json_array_append_new(drops, json_pack("{sO sO}", "says", json_object_get(rule, "says"),
                                                             "source", json_object_get(rule, "source")));
        }
        result = json_pack("{sO so}", "server", json_object_get(server, "title"), "drops", drops);
    }
    json_decref(servers);
    return result;
}

char *server_drops_names(void)
{
    json_t *servers = servers_load();
    struct buffer names;
    buffer_init(&names, NAMES_MAX);
    size_t index;
    const json_t *server;
    json_array_foreach(json_object_get(servers, "servers"), index, server)
    {
        if (json_object_get(server, "drops"))
            buffer_format(&names, "%s%s", names.length ? ", " : "", text_of(server, "name"));
    }
    char *copy = strdup(buffer_text(&names));
    buffer_clear(&names);
    json_decref(servers);
    if (!copy)
        abort();
    return copy;
}
