/* What a remote person said, as a record (PLATFORMS §1.5, §1.6): "Alice (@alice@mastodon.example): …". */
#include <string.h>

#include <utf8proc.h>

#include "adapters/bluesky/bluesky_push.h"
#include "mapping/buffer.h"

enum {
    NAME_GRAPHEMES = 40,
    FACETS_MAX = 64,
    DESCRIPTION_BYTES = 1000,
};

/* ---- the attribution
 * -------------------------------------------------------------------------------------------------- */

size_t bluesky_graphemes(const char *text, size_t maximum, size_t *count)
{
    utf8proc_int32_t state = 0;
    utf8proc_int32_t before = -1;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    size_t length = strlen(text);
    size_t used = 0;
    *count = 0;
    while (used < length) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t size = utf8proc_iterate(at + used, (utf8proc_ssize_t)(length - used), &code);
        if (size <= 0)
            break;
        bool begins = before < 0 || utf8proc_grapheme_break_stateful(before, code, &state);
        if (begins && *count == maximum)
            break;
        *count += begins;
        before = code;
        used += (size_t)size;
    }
    return used;
}

struct attribution {
    const char *text;         /* "Alice (@alice@mastodon.example): " */
    size_t start, end;        /* of the handle in it, in bytes */
    size_t graphemes, length; /* of all of it */
};

static struct attribution attribute(struct arena *arena, const struct remote_author *author)
{
    struct attribution out;
    size_t count = 0;
    const char *name = author->name && author->name[0] ? author->name : "";
    size_t length = bluesky_graphemes(name, NAME_GRAPHEMES, &count);
    bool named = length > 0;
    out.text = named ? arena_format(arena, "%.*s (@%s): ", (int)length, name, author->handle)
                     : arena_format(arena, "@%s: ", author->handle);
    out.start = named ? length + 2 : 0;
    out.end = out.start + 1 + strlen(author->handle);
    out.length = strlen(out.text);
    (void)bluesky_graphemes(out.text, SIZE_MAX, &out.graphemes);
    return out;
}

void bluesky_attribution(const struct adapter *adapter, const struct remote_author *author, size_t *units,
                         size_t *bytes)
{
    struct arena *arena = arena_new(1 << 16);
    struct attribution attribution = attribute(arena, author);
    (void)adapter;
    *units = attribution.graphemes;
    *bytes = attribution.length;
    arena_free(arena);
}

/* ---- the record
 * ------------------------------------------------------------------------------------------------------- */

static void add_facet(json_t *facets, size_t start, size_t end, json_t *feature)
{
    if (json_array_size(facets) < FACETS_MAX)
        (void)json_array_append_new(facets, json_pack("{s:{s:I, s:I}, s:[o]}", "index", "byteStart",
                                                      (json_int_t)start, "byteEnd", (json_int_t)end,
                                                      "features", feature));
    else
        json_decref(feature);
}

bool bluesky_is_web(const char *url)
{
    return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);
}

static void add_span(json_t *facets, const struct span *span, size_t offset)
{
    const char *target = span->target ? span->target : "";
    json_t *feature = NULL;
    switch (span->kind) {
    case SPAN_LINK:
    case SPAN_REMOTE_MENTION:
        if (bluesky_is_web(target))
            feature = json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#link", "uri", target);
        break;
    case SPAN_MENTION:
        if (bluesky_did_valid(target))
            feature = json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#mention", "did", target);
        break;
    case SPAN_HASHTAG:
        feature = json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#tag", "tag", target);
        break;
    default:
        break;
    }
    if (feature)
        add_facet(facets, span->start + offset, span->end + offset, feature);
}

/* A warning stands for what it warns of: that is read where it was written, by whoever wants to. */
static struct rich_text body_of(struct arena *arena, const struct remote_post *post)
{
    if (!post->warning || !bluesky_is_web(post->url))
        return post->body;
    size_t count = 0;
    const char *shown = post->url;
    size_t cut = bluesky_graphemes(post->warning, 120, &count);
    const char *text = arena_format(arena, "[%.*s] %s", (int)cut, post->warning, shown);
    struct span *span = arena_alloc(arena, sizeof *span);
    *span = (struct span){.start = cut + 3, .end = strlen(text), .kind = SPAN_LINK, .target = post->url};
    return (struct rich_text){.text = text, .length = strlen(text), .spans = span, .span_count = 1};
}

static json_t *image_of(const struct media *media, const char *blob)
{
    json_t *image =
        json_pack("{s:o, s:s}", "image", json_loads(blob, 0, NULL), "alt", media->alt ? media->alt : "");
    if (image && media->width && media->height)
        (void)json_object_set_new(
            image, "aspectRatio",
            json_pack("{s:I, s:I}", "width", (json_int_t)media->width, "height", (json_int_t)media->height));
    return image;
}

/* The pictures that were carried over; NULL when there are none. */
static json_t *images_of(const struct remote_post *post, const struct bluesky_push *push)
{
    if (!push->image_count)
        return NULL;
    json_t *images = json_array();
    for (size_t i = 0; i < push->image_count; i++)
        (void)json_array_append_new(images, image_of(&post->media[i], push->blobs[i]));
    return json_pack("{s:s, s:o}", "$type", "app.bsky.embed.images", "images", images);
}

/* Pictures and films that are not carried over are linked, with what is said of them. */
static json_t *media_card(struct arena *arena, const struct remote_post *post)
{
    struct buffer said;
    if (!post->media_count || !bluesky_is_web(post->url) || post->warning)
        return NULL;
    buffer_init(&said, DESCRIPTION_BYTES);
    for (size_t i = 0; i < post->media_count; i++)
        if (post->media[i].alt)
            buffer_format(&said, "%s%s", said.length ? " · " : "", post->media[i].alt);
    const char *title = arena_format(arena, "%zu attachment%s of @%s", post->media_count,
                                     post->media_count == 1 ? "" : "s", post->author->handle);
    json_t *card = json_pack("{s:s, s:{s:s, s:s, s:s}}", "$type", "app.bsky.embed.external", "external",
                             "uri", post->url, "title", title, "description", buffer_text(&said));
    buffer_clear(&said);
    return card;
}

static json_t *strong(const char *uri, const char *cid)
{
    return json_pack("{s:s, s:s}", "uri", uri, "cid", cid);
}

/* Pictures or a card, the post that is quoted, or both; NULL: nothing. */
static json_t *embed_of(struct arena *arena, const struct remote_post *post, const struct bluesky_push *push)
{
    json_t *media = images_of(post, push);
    if (!media)
        media = media_card(arena, post);
    if (!push->quoted)
        return media;
    json_t *record = json_pack("{s:s, s:o}", "$type", "app.bsky.embed.record", "record",
                               strong(push->quoted, push->quoted_cid));
    return media ? json_pack("{s:s, s:o, s:o}", "$type", "app.bsky.embed.recordWithMedia", "record", record,
                             "media", media)
                 : record;
}

json_t *bluesky_compose(struct operation *operation)
{
    const struct remote_post *post = operation->input->remote_post;
    const struct bluesky_push *push = operation->push;
    struct arena *arena = operation->arena;
    struct attribution attribution = {.text = ""};
    if (!operation->speaker.puppet)
        attribution = attribute(arena, post->author);
    const struct rich_text body = body_of(arena, post);
    json_t *facets = json_array();
    char created[TIME_TEXT_MAX];
    time_format(post->created > 0 ? post->created : 0, created);
    if (attribution.length && (bluesky_is_web(post->author->url) || bluesky_is_web(post->author->actor_id)))
        add_facet(facets, attribution.start, attribution.end,
                  json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#link", "uri",
                            bluesky_is_web(post->author->url) ? post->author->url : post->author->actor_id));
    for (size_t i = 0; i < body.span_count; i++)
        add_span(facets, &body.spans[i], attribution.length);
    json_t *record = json_pack("{s:s, s:s, s:s, s:o}", "$type", BLUESKY_POST, "text",
                               arena_format(arena, "%s%s", attribution.text, body.text), "createdAt", created,
                               "facets", facets);
    if (push->parent)
        (void)json_object_set_new(record, "reply",
                                  json_pack("{s:o, s:o}", "root", strong(push->root, push->root_cid),
                                            "parent", strong(push->parent, push->parent_cid)));
    json_t *embed = embed_of(arena, post, push);
    if (embed)
        (void)json_object_set_new(record, "embed", embed);
    json_t *languages = json_array();
    for (size_t i = 0; i < post->language_count; i++)
        (void)json_array_append_new(languages, json_string(post->languages[i]));
    if (json_array_size(languages))
        (void)json_object_set_new(record, "langs", languages);
    else
        json_decref(languages);
    if (bluesky_is_web(post->url))
        (void)json_object_set_new(record, BLUESKY_ORIGINAL, json_string(post->url));
    return record;
}
