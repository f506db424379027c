#include "mapping/inbound.h"

#include <string.h>

#include "mapping/addressees.h"
#include "mapping/json_shapes.h"
#include "mapping/url_text.h"
#include "mapping/utf8_text.h"

enum { ACTIVITY_CONTENT_MAX = 65536 };

static const char *const known_activities[] = {
    "Create",     "Update",   "Delete", "Follow", "Accept", "Reject", "Undo",   "Like",         "Dislike",
    "EmojiReact", "Announce", "Block",  "Flag",   "Move",   "Add",    "Remove", "QuoteRequest", NULL};

/* FEP-fe34: an id counts only on the origin of who says it. */
static const char *own_id(const json_t *document, const char *actor, struct arena *arena)
{
    const char *id = json_string_value(json_object_get(document, "id"));
    return url_is_id(id) && url_same_origin(id, actor) ? arena_string(arena, id) : NULL;
}

static bool is_bare_reference(const json_t *object)
{
    return json_object_size(object) == 1 && json_object_get(object, "id");
}

static void read_objects(const json_t *value, struct arena *arena, struct inbound_activity *out)
{
    size_t count = shape_count(value);
    for (size_t i = 0; i < count && out->object_count < INBOUND_IDS_MAX; i++) {
        const char *id = shape_id(shape_item(value, i), arena);
        if (id)
            out->objects[out->object_count++] = id;
    }
    const json_t *first = count ? shape_item(value, 0) : NULL;
    out->object_id = first ? shape_id(first, arena) : NULL;
    if (!json_is_object(first) || is_bare_reference(first))
        return;
    out->object = first;
    out->object_type = utf8_clean_line(arena, shape_type(first, known_activities), 64);
}

static void read_inner(struct arena *arena, struct inbound_activity *out)
{
    out->inner_actor = shape_id(json_object_get(out->object, "actor"), arena);
    out->inner_object = shape_id(json_object_get(out->object, "object"), arena);
}

/* ":blob:", "blob", ":blob@m.example:" and ":blob@.:" are one emoji. */
static bool same_shortcode(const char *one, const char *other)
{
    one += *one == ':';
    other += *other == ':';
    size_t length = strcspn(one, "@:");
    return length > 0 && length == strcspn(other, "@:") && memcmp(one, other, length) == 0;
}

static const char *read_emoji_url(const json_t *tags, const char *content, struct arena *arena)
{
    for (size_t i = 0; content && *content == ':' && i < shape_count(tags) && i < INBOUND_IDS_MAX; i++) {
        const json_t *tag = shape_item(tags, i);
        const char *name = json_string_value(json_object_get(tag, "name"));
        if (name && shape_is(tag, "Emoji") && same_shortcode(name, content))
            return shape_picture(tag, arena);
    }
    return NULL;
}

const char *inbound_activity_read(const json_t *document, struct arena *arena, struct inbound_activity *out)
{
    *out = (struct inbound_activity){0};
    if (!json_is_object(document))
        return "it is no JSON object";
    out->type = utf8_clean_line(arena, shape_type(document, known_activities), 64);
    if (!out->type)
        return "the type is missing";
    out->actor = shape_id(json_object_get(document, "actor"), arena);
    if (!out->actor)
        return "the actor is missing";
    if (!url_has_origin(out->actor))
        return "the actor is no web address";
    out->id = own_id(document, out->actor, arena);
    read_objects(json_object_get(document, "object"), arena, out);
    read_inner(arena, out);
    out->target = shape_id(json_object_get(document, "target"), arena);
    out->instrument = shape_id(json_object_get(document, "instrument"), arena);
    out->result = shape_id(json_object_get(document, "result"), arena);
    const char *content = shape_text_or_map(document, "content", "contentMap");
    if (!content) /* Misskey's name for the emoji of a Like (FEP-c0e0) */
        content = json_string_value(json_object_get(document, "_misskey_reaction"));
    out->content = utf8_clean_copy(arena, content, ACTIVITY_CONTENT_MAX);
    out->emoji_url = read_emoji_url(json_object_get(document, "tag"), out->content, arena);
    out->visibility = addressees_visibility(out->object, document);
    out->published = shape_time(document, "published");
    return NULL;
}
