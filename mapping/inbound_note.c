#include "mapping/inbound.h"

#include <string.h>
#include <strings.h>

#include "mapping/addressees.h"
#include "mapping/buffer.h"
#include "mapping/inbound_parts.h"
#include "mapping/json_shapes.h"
#include "mapping/url_text.h"
#include "mapping/utf8_text.h"

enum { CONTENT_MAX = 131072, SUMMARY_MAX = 8192, NAME_MAX = 1024 };

static const char *const known_objects[] = {"Note",  "Article", "Page",     "Question",    "Video", "Audio",
                                            "Image", "Event",   "Document", "ChatMessage", NULL};

/* ---- who and where
 * -------------------------------------------------------------------------------------------------- */

/* Of several owners (PeerTube: a person and the channel) the one who acts, else the first person, else the
 * first. */
static const char *owner_of(const json_t *object, const json_t *activity, struct arena *arena)
{
    const json_t *owners = shape_member(object, "attributedTo");
    if (!owners)
        owners = json_object_get(object, "actor"); /* Mobilizon's Event */
    const char *actor = shape_id(json_object_get(activity, "actor"), arena);
    const char *person = NULL;
    for (size_t i = 0; i < shape_count(owners); i++) {
        const json_t *owner = shape_item(owners, i);
        const char *id = shape_id(owner, arena);
        if (id && actor && strcmp(id, actor) == 0)
            return id;
        if (id && !person && shape_is(owner, "Person"))
            person = id;
    }
    return person ? person : shape_id(owners, arena);
}

static const char *context_of(const json_t *object, struct arena *arena)
{
    const char *context = shape_id(shape_member(object, "context"), arena);
    return context ? context : shape_id(shape_member(object, "conversation"), arena);
}

/* In Mastodon's order; last the Link of FEP-e232. */
static const char *quote_of(const json_t *object, struct arena *arena)
{
    static const char *const names[] = {"quote", "_misskey_quote", "quoteUrl", "quoteUri"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *id = shape_id(shape_member(object, names[i]), arena);
        if (url_has_origin(id))
            return id;
    }
    const json_t *tags = json_object_get(object, "tag");
    for (size_t i = 0; i < shape_count(tags); i++) {
        const json_t *tag = shape_item(tags, i);
        const json_t *relations = json_object_get(tag, "rel");
        for (size_t k = 0; shape_is(tag, "Link") && k < shape_count(relations); k++) {
            const char *relation = json_string_value(shape_item(relations, k));
            if (relation && strcmp(relation, "https://misskey-hub.net/ns#_misskey_quote") == 0)
                return shape_id(tag, arena);
        }
    }
    return NULL;
}

/* ---- content
 * -------------------------------------------------------------------------------------------------------- */

/* PeerTube's videos carry Markdown, others plain text: as HTML that says the same. */
static const char *html_of_plain(struct arena *arena, const char *text)
{
    struct buffer out;
    buffer_init(&out, CONTENT_MAX);
    for (; *text && !out.failed; text++) {
        switch (*text) {
        case '&':
            buffer_add_string(&out, "&amp;");
            break;
        case '<':
            buffer_add_string(&out, "&lt;");
            break;
        case '>':
            buffer_add_string(&out, "&gt;");
            break;
        case '\n':
            buffer_add_string(&out, "<br>");
            break;
        default:
            buffer_add_char(&out, *text);
        }
    }
    const char *html = arena_copy(arena, buffer_text(&out), out.length);
    buffer_clear(&out);
    return html;
}

static const char *content_of(const json_t *object, struct arena *arena)
{
    const char *content =
        utf8_clean_copy(arena, shape_text_or_map(object, "content", "contentMap"), CONTENT_MAX);
    const char *type = json_string_value(json_object_get(object, "mediaType"));
    bool plain =
        type && (strncasecmp(type, "text/markdown", 13) == 0 || strncasecmp(type, "text/plain", 10) == 0);
    return content && plain ? html_of_plain(arena, content) : content;
}

/* BCP 47 in its common form: letters, then parts of letters and digits. */
static const char *language_tag(const char *text, struct arena *arena)
{
    size_t first = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;
    if (first < 2 || first > 3 || strncasecmp(text, "und", first + 1) == 0 || strlen(text) > 35)
        return NULL;
    static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    return text[first + strspn(text + first, rest)] == '\0' && (text[first] == '\0' || text[first] == '-')
               ? arena_string(arena, text)
               : NULL;
}

/* The key in contentMap of what `content` says, else the first key. */
static const char *language_of(json_t *object, struct arena *arena)
{
    const char *content = shape_text(json_object_get(object, "content"));
    const char *first = NULL;
    const char *language;
    json_t *value;
    json_object_foreach(json_object_get(object, "contentMap"), language, value)
    {
        const char *text = json_string_value(value);
        const char *tag = language_tag(language, arena);
        if (tag && content && text && strcmp(text, content) == 0)
            return tag;
        if (tag && text && !first)
            first = tag;
    }
    if (first)
        return first;
    const json_t *named = json_object_get(object, "language"); /* Lemmy: {identifier, name} */
    const char *identifier = json_string_value(json_object_get(named, "identifier"));
    if (!identifier)
        identifier = json_string_value(named);
    if (!identifier)
        identifier = json_string_value(json_object_get(object, "inLanguage")); /* Mobilizon */
    return language_tag(identifier, arena);
}

static void read_text(const json_t *object, struct arena *arena, struct inbound_note *out)
{
    out->content_html = content_of(object, arena);
    const char *summary = shape_text_or_map(object, "summary", "summaryMap");
    out->summary = utf8_clean_copy(arena, summary, SUMMARY_MAX);
    out->name = utf8_clean_line(arena, shape_text_or_map(object, "name", "nameMap"), NAME_MAX);
    out->language = language_of((json_t *)object, arena);
    out->sensitive = shape_flag(object, "sensitive");
    out->language_count = json_object_size(json_object_get(object, "contentMap"));
}

/* Where and when (Mobilizon, Gancio): a Place, or its name alone. */
static void read_event(const json_t *object, struct arena *arena, struct inbound_note *out)
{
    const json_t *location = shape_member(object, "location");
    const json_t *place = shape_count(location) ? shape_item(location, 0) : NULL;
    const char *name = json_string_value(place);
    out->place = utf8_clean_line(arena, name ? name : shape_text_or_map(place, "name", "nameMap"), NAME_MAX);
    out->starts = shape_time(object, "startTime");
    out->ends = shape_time(object, "endTime");
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------------ */

const char *inbound_note_read(const json_t *object, const json_t *fallback, struct arena *arena,
                              struct inbound_note *out)
{
    *out = (struct inbound_note){0};
    if (!json_is_object(object))
        return "it is no JSON object";
    const char *id = json_string_value(json_object_get(object, "id"));
    if (!url_is_id(id))
        return "the id is missing";
    out->type = arena_string(arena, shape_type(object, known_objects));
    if (!shape_is_one_of(out->type, known_objects))
        return "it is of no kind that can be shown";
    out->id = arena_string(arena, id);
    out->attributed_to = owner_of(object, fallback, arena);
    out->in_reply_to = shape_id(shape_member(object, "inReplyTo"), arena);
    out->url = shape_url(json_object_get(object, "url"), true, arena);
    out->context = context_of(object, arena);
    out->quote_of = quote_of(object, arena);
    read_text(object, arena, out);
    out->is_vote = out->name && out->in_reply_to && !out->content_html && strcmp(out->type, "Note") == 0;
    out->published = shape_time(object, "published");
    out->updated = shape_time(object, "updated");
    read_event(object, arena, out);
    out->visibility =
        strcmp(out->type, "ChatMessage") == 0 ? VISIBILITY_DIRECT : addressees_visibility(object, fallback);
    out->tags = shape_member(object, "tag");
    inbound_tags_read(out->tags, arena, out);
    inbound_media_read(object, arena, out);
    out->poll = inbound_poll_read(object, arena);
    return NULL;
}
