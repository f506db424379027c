/* Text with facets (PLATFORMS §1.5): their offsets are UTF-8 bytes, as the model's are. */
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum { TAG_MAX = 640 };

/* A copy in which control characters are blanks of the same width, so that every offset stays true. */
static const char *copy_text(const json_t *value, size_t length_max, struct arena *arena, size_t *length)
{
    const char *text = json_string_value(value);
    *length = json_string_length(value);
    if (!text || *length > length_max || memchr(text, 0, *length))
        return NULL;
    char *copy = arena_copy(arena, text, *length);
    for (size_t i = 0; i < *length; i++)
        if ((unsigned char)copy[i] < ' ' && !strchr("\t\n\r", copy[i]))
            copy[i] = ' ';
    return text_is_clean(copy, *length) ? copy : NULL;
}

static bool ends_with(const json_t *feature, const char *type)
{
    static const char prefix[] = "app.bsky.richtext.facet#";
    const char *text = json_string_value(json_object_get(feature, "$type"));
    return text && strncmp(text, prefix, sizeof prefix - 1) == 0 &&
           strcmp(text + sizeof prefix - 1, type) == 0;
}

static bool read_feature(const struct adapter *adapter, const json_t *feature, struct arena *arena,
                         struct span *out)
{
    if (ends_with(feature, "mention")) {
        out->kind = SPAN_MENTION;
        out->target = bluesky_text(json_object_get(feature, "did"), BLUESKY_DID_MAX, arena);
        if (!out->target || !bluesky_did_valid(out->target))
            return false;
        out->label = bluesky_page(adapter, arena, out->target, NULL);
        return true;
    }
    if (ends_with(feature, "link")) {
        out->kind = SPAN_LINK;
        out->target = bluesky_url(json_object_get(feature, "uri"), arena);
        return out->target != NULL;
    }
    if (ends_with(feature, "tag")) {
        out->kind = SPAN_HASHTAG;
        out->target = bluesky_text(json_object_get(feature, "tag"), TAG_MAX, arena);
        return out->target && out->target[0];
    }
    return false;
}

/* The first feature that is understood; a facet without one is left out: the text says the same. */
static bool read_facet(const struct adapter *adapter, const json_t *facet, struct arena *arena,
                       struct span *out)
{
    const json_t *index = json_object_get(facet, "index");
    const json_t *features = json_object_get(facet, "features");
    int64_t start = 0;
    int64_t end = 0;
    if (!bluesky_number(json_object_get(index, "byteStart"), &start) ||
        !bluesky_number(json_object_get(index, "byteEnd"), &end))
        return false;
    for (size_t i = 0; i < json_array_size(features); i++) {
        *out = (struct span){.start = (size_t)start, .end = (size_t)end};
        if (read_feature(adapter, json_array_get(features, i), arena, out))
            return true;
    }
    return false;
}

void bluesky_read_text(const struct adapter *adapter, const json_t *text, const json_t *facets,
                       size_t length_max, struct arena *arena, struct rich_text *out)
{
    size_t count = json_array_size(facets) < MODEL_SPANS_MAX ? json_array_size(facets) : MODEL_SPANS_MAX;
    *out = (struct rich_text){.text = ""};
    const char *copy = copy_text(text, length_max, arena, &out->length);
    if (!copy) {
        out->length = 0;
        return;
    }
    out->text = copy;
    if (!count)
        return;
    struct span *spans = arena_alloc(arena, count * sizeof *spans);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (read_facet(adapter, json_array_get(facets, i), arena, &spans[kept]))
            kept++;
    out->spans = spans;
    out->span_count = spans_normalize(out->text, out->length, spans, kept);
}
