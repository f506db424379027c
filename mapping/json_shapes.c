#include "mapping/json_shapes.h"

#include <string.h>
#include <strings.h>

#include "mapping/model.h"
#include "mapping/url_text.h"

const json_t *shape_member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

size_t shape_count(const json_t *value)
{
    if (json_is_array(value))
        return json_array_size(value);
    return value && !json_is_null(value) ? 1 : 0;
}

const json_t *shape_item(const json_t *value, size_t index)
{
    return json_is_array(value) ? json_array_get(value, index) : value;
}

static const char *id_of(const json_t *value)
{
    const char *id = json_string_value(value);
    if (!id)
        id = json_string_value(json_object_get(value, "id"));
    if (!id)
        id = json_string_value(json_object_get(value, "href"));
    return url_is_id(id) ? id : NULL;
}

const char *shape_id(const json_t *value, struct arena *arena)
{
    for (size_t i = 0; i < shape_count(value); i++) {
        const char *id = id_of(shape_item(value, i));
        if (id)
            return arena_string(arena, id);
    }
    return NULL;
}

const char *shape_text(const json_t *value)
{
    for (size_t i = 0; i < shape_count(value); i++) {
        const char *text = json_string_value(shape_item(value, i));
        if (text && *text)
            return text;
    }
    return NULL;
}

const char *shape_text_or_map(const json_t *object, const char *name, const char *map_name)
{
    const char *text = shape_text(json_object_get(object, name));
    if (text)
        return text;
    json_t *map = json_object_get(object, map_name);
    const char *language;
    json_t *value;
    json_object_foreach(map, language, value)
    {
        text = shape_text(value);
        if (text)
            return text;
    }
    return NULL;
}

bool shape_is_one_of(const char *type, const char *const *known)
{
    for (; type && *known; known++)
        if (strcmp(type, *known) == 0)
            return true;
    return false;
}

const char *shape_type(const json_t *object, const char *const *known)
{
    const json_t *types = json_object_get(object, "type");
    for (size_t i = 0; i < shape_count(types); i++) {
        const char *type = json_string_value(shape_item(types, i));
        if (shape_is_one_of(type, known))
            return type;
    }
    return shape_text(types);
}

bool shape_is(const json_t *object, const char *type)
{
    const char *const known[] = {type, NULL};
    const char *found = shape_type(object, known);
    return found && strcmp(found, type) == 0;
}

/* ---- values
 * ---------------------------------------------------------------------------------------------------------
 */

static const char *web_url(const json_t *value)
{
    const char *url = json_string_value(value);
    if (!url)
        url = json_string_value(json_object_get(value, "href"));
    if (!url)
        url = json_string_value(json_object_get(value, "url"));
    return url_has_origin(url) ? url : NULL;
}

static bool is_page(const json_t *value)
{
    const char *type = json_string_value(json_object_get(value, "mediaType"));
    return type && strncasecmp(type, "text/html", 9) == 0;
}

const char *shape_url(const json_t *value, bool page, struct arena *arena)
{
    const char *first = NULL;
    for (size_t i = 0; i < shape_count(value); i++) {
        const json_t *item = shape_item(value, i);
        const char *url = web_url(item);
        if (url && page && is_page(item))
            return arena_string(arena, url);
        if (url && !first)
            first = url;
    }
    return arena_string(arena, first);
}

const char *shape_picture(const json_t *emoji, struct arena *arena)
{
    const json_t *icon = json_object_get(emoji, "icon");
    const json_t *url = json_object_get(icon, "url");
    return shape_url(url ? url : icon, false, arena);
}

int64_t shape_time(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    int64_t time = text ? time_parse(text) : 0;
    return time > 0 ? time : 0;
}

uint64_t shape_number(const json_t *object, const char *name, uint64_t maximum)
{
    const json_t *value = json_object_get(object, name);
    double number = json_number_value(value);
    /* Written so that NaN fails too. */
    if (!(number >= 0 && number <= (double)maximum))
        return 0;
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : (uint64_t)number;
}

bool shape_flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

bool shape_has_public(const json_t *addressees)
{
    static const char *const spellings[] = {"https://www.w3.org/ns/activitystreams#Public", "as:Public",
                                            "Public", NULL};
    for (size_t i = 0; i < shape_count(addressees); i++) {
        const json_t *item = shape_item(addressees, i);
        const char *id = json_string_value(item);
        if (!id)
            id = json_string_value(json_object_get(item, "id"));
        if (shape_is_one_of(id, spellings))
            return true;
    }
    return false;
}
