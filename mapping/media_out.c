/* Attachments (FEP-1311): four are shown, the rest is linked. */
#include <string.h>

#include "mapping/json_out.h"
#include "mapping/note_out.h"

enum { ALT_IN_LINK_MAX = 200, LINKS_MAX = 8192 };

static const char *kind_name(enum media_kind kind)
{
    switch (kind) {
    case MEDIA_IMAGE:
        return "image";
    case MEDIA_VIDEO:
        return "video";
    case MEDIA_AUDIO:
        return "audio";
    case MEDIA_FILE:
        break;
    }
    return "file";
}

static const char *attachment_type(enum media_kind kind)
{
    return kind == MEDIA_IMAGE ? "Image" : kind == MEDIA_VIDEO ? "Video" : "Audio";
}

/* Pixelfed and PeerTube drop what has no media type, so the usual one of the kind stands in. */
static const char *type_of(const struct media *media)
{
    static const char *const usual[] = {
        [MEDIA_IMAGE] = "image/jpeg", [MEDIA_VIDEO] = "video/mp4", [MEDIA_AUDIO] = "audio/mpeg"};
    return media->type ? media->type : media_type_of(media->url, usual[media->kind]);
}

static bool can_be_attached(struct draft *draft, const struct media *media)
{
    return media->kind != MEDIA_FILE && url_is_https(url_mended(draft->arena, media->url));
}

static double clamp(double value)
{
    return value < -1 ? -1 : value > 1 ? 1 : value;
}

static void put_measures(json_t *object, const struct media *media)
{
    if (media->width && media->height) {
        put_new(object, "width", json_integer(media->width));
        put_new(object, "height", json_integer(media->height));
    }
    size_t blurhash = media->blurhash ? strlen(media->blurhash) : 0;
    if (blurhash >= 6 && blurhash <= 164)
        put_text(object, "blurhash", media->blurhash);
    if (media->has_focus)
        put_new(object, "focalPoint", json_pack("[ff]", clamp(media->focus_x), clamp(media->focus_y)));
    if (media->duration_ms % 1000)
        put_new(object, "duration",
                json_sprintf("PT%u.%03uS", media->duration_ms / 1000, media->duration_ms % 1000));
    else if (media->duration_ms)
        put_new(object, "duration", json_sprintf("PT%uS", media->duration_ms / 1000));
}

static json_t *image_of(const char *url)
{
    json_t *image = json_object();
    put_text(image, "type", "Image");
    put_text(image, "mediaType", media_type_of(url, "image/jpeg"));
    put_text(image, "url", url);
    return image;
}

static const char *place_of(struct draft *draft, size_t index)
{
    const struct post *post = draft->post;
    return arena_format(draft->arena, "%s %zu of %zu", kind_name(post->media[index].kind), index + 1,
                        post->media_count);
}

static json_t *attachment_of(struct draft *draft, size_t index)
{
    const struct media *media = &draft->post->media[index];
    json_t *object = json_object();
    put_text(object, "type", attachment_type(media->kind));
    put_text(object, "mediaType", type_of(media));
    put_text(object, "url", url_mended(draft->arena, media->url));
    put_text(object, "name", plain_text(draft->arena, media->alt, draft->alt_max));
    if (media->alt && strlen(media->alt) > draft->alt_max)
        loss_add(&draft->loss, place_of(draft, index), "its description was shortened");
    put_measures(object, media);
    if (url_is_https(media->thumbnail_url) && media->kind != MEDIA_IMAGE)
        put_new(object, "icon", image_of(media->thumbnail_url));
    return object;
}

json_t *media_attachments(struct draft *draft)
{
    json_t *list = json_array();
    for (size_t i = 0; i < draft->post->media_count && json_array_size(list) < ATTACHMENTS_MAX; i++)
        if (can_be_attached(draft, &draft->post->media[i]))
            (void)json_array_append_new(list, attachment_of(draft, i));
    return list;
}

static void add_media_link(struct draft *draft, struct buffer *html, size_t index)
{
    const struct media *media = &draft->post->media[index];
    const char *alt = plain_text(draft->arena, media->alt, ALT_IN_LINK_MAX);
    char *label =
        arena_format(draft->arena, "%s%s%s", place_of(draft, index), alt ? ": " : "", alt ? alt : "");
    label[0] = (char)(label[0] - 'a' + 'A');
    html_add_link(html, url_mended(draft->arena, media->url), NULL, label);
}

static const char *reason_of(struct draft *draft, const struct media *media)
{
    if (media->kind == MEDIA_FILE)
        return "linked, other servers show no files";
    if (!url_is_https(url_mended(draft->arena, media->url)))
        return "linked, its address is not https";
    return arena_format(draft->arena, "linked, %d are shown", ATTACHMENTS_MAX);
}

void media_add_links(struct draft *draft, struct buffer *html)
{
    const struct post *post = draft->post;
    size_t before = html->length;
    size_t attached = 0;
    size_t linked = 0;
    for (size_t i = 0; i < post->media_count; i++) {
        const struct media *media = &post->media[i];
        if (can_be_attached(draft, media) && attached++ < ATTACHMENTS_MAX)
            continue;
        if (!url_mended(draft->arena, media->url)) {
            loss_add(&draft->loss, place_of(draft, i), "left out, it has no public address");
            continue;
        }
        if (html->length - before > LINKS_MAX) {
            loss_add(&draft->loss, place_of(draft, i), "left out, there are too many to link");
            continue;
        }
        loss_add(&draft->loss, place_of(draft, i), reason_of(draft, media));
        if (media->alt && strlen(media->alt) > ALT_IN_LINK_MAX)
            loss_add(&draft->loss, place_of(draft, i), "its description was shortened");
        buffer_add_string(html, linked++ ? "<br>" : "<p>");
        add_media_link(draft, html, i);
    }
    if (linked)
        buffer_add_string(html, "</p>");
}

json_t *media_cover(struct draft *draft)
{
    for (size_t i = 0; i < draft->post->media_count; i++) {
        const struct media *media = &draft->post->media[i];
        if (media->kind != MEDIA_IMAGE || !can_be_attached(draft, media))
            continue;
        json_t *image = json_object();
        put_text(image, "type", "Image");
        put_text(image, "mediaType", type_of(media));
        put_text(image, "url", url_mended(draft->arena, media->url));
        put_text(image, "name", plain_text(draft->arena, media->alt, ALT_IN_LINK_MAX));
        return image;
    }
    return NULL;
}
