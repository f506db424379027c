#include "mapping/tags_out.h"

#include <string.h>

enum { SHORTCODE_MAX = 64, LABEL_MAX = 100 };

static bool has_entry(const json_t *tags, const char *member, const char *value)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *known = json_string_value(json_object_get(json_array_get(tags, i), member));
        if (known && strcmp(known, value) == 0)
            return true;
    }
    return false;
}

static void append(json_t *tags, const char *type, const char *href, const char *name)
{
    json_t *tag = json_pack("{ss}", "type", type);
    if (href)
        (void)json_object_set_new(tag, "href", json_string(href));
    (void)json_object_set_new(tag, "name", json_string(name));
    (void)json_array_append_new(tags, tag);
}

void tags_add_mention(json_t *tags, const char *actor_id, const char *handle)
{
    if (has_entry(tags, "href", actor_id))
        return;
    json_t *tag = json_pack("{ss ss}", "type", "Mention", "href", actor_id);
    if (tag && handle)
        (void)json_object_set_new(tag, "name", json_sprintf("@%s", handle));
    else if (tag)
        (void)json_object_set_new(tag, "name", json_string(actor_id));
    if (tag)
        (void)json_array_append_new(tags, tag);
}

/* ":shortcode:" of letters, digits and '_', two at least: what all servers take. */
static bool is_shortcode(const char *text, size_t length)
{
    if (length < 4 || length > SHORTCODE_MAX || text[0] != ':' || text[length - 1] != ':')
        return false;
    for (size_t i = 1; i + 1 < length; i++) {
        char byte = text[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
              byte == '_'))
            return false;
    }
    return true;
}

static bool add_emoji(json_t *tags, const struct link_scope *scope, const char *text, size_t length,
                      const char *image)
{
    if (!is_shortcode(text, length) || !url_is_https(image))
        return false;
    json_t *name = json_stringn(text, length);
    if (!has_entry(tags, "name", json_string_value(name))) {
        json_t *emoji = json_object();
        if (scope->emoji_base)
            (void)json_object_set_new(emoji, "id",
                                      json_sprintf("%s%.*s", scope->emoji_base, (int)length - 2, text + 1));
        (void)json_object_set_new(emoji, "type", json_string("Emoji"));
        (void)json_object_set(emoji, "name", name);
        (void)json_object_set_new(emoji, "icon",
                                  json_pack("{ss ss ss}", "type", "Image", "mediaType",
                                            media_type_of(image, "image/png"), "url", image));
        (void)json_array_append_new(tags, emoji);
    }
    json_decref(name);
    return true;
}

static bool add_mention(json_t *tags, const struct link_scope *scope, const struct span *span)
{
    const struct outbound_link *link = link_of_mention(scope, span);
    if (!link || !link->id)
        return false;
    tags_add_mention(tags, link->id, link->handle);
    return true;
}

bool tags_add_hashtag(json_t *tags, struct arena *arena, const struct link_scope *scope, const char *tag)
{
    if (!scope->tag_base || !hashtag_is_valid(tag))
        return false;
    const char *url = hashtag_url(arena, scope->tag_base, tag);
    if (!has_entry(tags, "href", url) && json_array_size(tags) < TAGS_MAX)
        append(tags, "Hashtag", url, arena_format(arena, "#%s", tag));
    return true;
}

static bool points_somewhere(enum span_kind kind)
{
    return kind <= SPAN_EMOJI;
}

static bool add_tag(json_t *tags, struct arena *arena, const struct rich_text *text,
                    const struct link_scope *scope, const struct span *span)
{
    switch (span->kind) {
    case SPAN_LINK:
        return url_mended(arena, span->target) != NULL;
    case SPAN_MENTION:
    case SPAN_REMOTE_MENTION:
        return add_mention(tags, scope, span);
    case SPAN_HASHTAG:
        return tags_add_hashtag(tags, arena, scope, span->target);
    case SPAN_EMOJI:
        return add_emoji(tags, scope, text->text + span->start, span->end - span->start, span->target);
    default:
        return true;
    }
}

static void tell(struct loss *loss, struct arena *arena, const struct rich_text *text,
                 const struct span *span)
{
    static const char *const what[] = {[SPAN_LINK] = "link",
                                       [SPAN_MENTION] = "mention",
                                       [SPAN_REMOTE_MENTION] = "mention",
                                       [SPAN_HASHTAG] = "hashtag",
                                       [SPAN_EMOJI] = "emoji"};
    static const char *const why[] = {[SPAN_LINK] = "shown as text: its address is no web address",
                                      [SPAN_MENTION] = "shown as text: this account is not in the fediverse",
                                      [SPAN_REMOTE_MENTION] = "this person could not be found: not notified",
                                      [SPAN_HASHTAG] = "shown as text: other servers cannot link such a tag",
                                      [SPAN_EMOJI] = "shown as text: it has no usable name or image"};
    const char *shown =
        plain_text(arena, arena_copy(arena, text->text + span->start, span->end - span->start), LABEL_MAX);
    loss_add(loss, arena_format(arena, "%s %s", what[span->kind], shown ? shown : ""), why[span->kind]);
}

json_t *tags_of_text(struct arena *arena, const struct rich_text *text, const struct link_scope *scope,
                     struct loss *loss)
{
    json_t *tags = json_array();
    for (size_t i = 0; i < text->span_count; i++) {
        const struct span *span = &text->spans[i];
        if (!points_somewhere(span->kind))
            continue;
        if (json_array_size(tags) >= TAGS_MAX) {
            loss_add(loss, "tags", arena_format(arena, "only the first %d are told", TAGS_MAX));
            break;
        }
        if (!add_tag(tags, arena, text, scope, span))
            tell(loss, arena, text, span);
    }
    return tags;
}
