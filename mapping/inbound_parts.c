#include "mapping/inbound_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mapping/json_shapes.h"
#include "mapping/url_text.h"
#include "mapping/utf8_text.h"

enum { TAG_NAME_MAX = 320, ALT_MAX = 10000, BLURHASH_MAX = 164, OPTION_MAX = 500, TYPE_MAX = 128 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- tags
 * -----------------------------------------------------------------------------------------------------------
 */

static void add_mention(const json_t *tag, struct arena *arena, struct inbound_note *out)
{
    const char *href = shape_id(json_object_get(tag, "href"), arena);
    if (!url_has_origin(href) || out->mention_count == COUNT(out->mentions))
        return;
    const char *name = utf8_clean_line(arena, json_string_value(json_object_get(tag, "name")), TAG_NAME_MAX);
    out->mentions[out->mention_count++] = (struct inbound_mention){.href = href, .name = name};
}

static void add_hashtag(const json_t *tag, struct arena *arena, struct inbound_note *out)
{
    const char *name = utf8_clean_line(arena, json_string_value(json_object_get(tag, "name")), TAG_NAME_MAX);
    if (!name || out->hashtag_count == COUNT(out->hashtags))
        return;
    name += *name == '#';
    if (*name && !strchr(name, ' '))
        out->hashtags[out->hashtag_count++] = name;
}

void inbound_tags_read(const json_t *tags, struct arena *arena, struct inbound_note *out)
{
    for (size_t i = 0; i < shape_count(tags); i++) {
        const json_t *tag = shape_item(tags, i);
        if (shape_is(tag, "Mention"))
            add_mention(tag, arena, out);
        else if (shape_is(tag, "Hashtag"))
            add_hashtag(tag, arena, out);
    }
}

/* ---- media
 * ----------------------------------------------------------------------------------------------------------
 */

static bool has_ending(const char *url, const char *const *endings)
{
    size_t length = strcspn(url, "?#");
    for (; *endings; endings++) {
        size_t ending = strlen(*endings);
        if (length > ending && strncasecmp(url + length - ending, *endings, ending) == 0)
            return true;
    }
    return false;
}

/* By media type, then by the object's type, then by the name of the file. */
static enum media_kind kind_of(const json_t *attachment, const char *type, const char *url)
{
    static const struct {
        enum media_kind kind;
        const char *media, *object;
        const char *endings[8];
    } kinds[] = {
        {MEDIA_IMAGE, "image/", "Image", {".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", NULL}},
        {MEDIA_VIDEO, "video/", "Video", {".mp4", ".webm", ".mov", ".m4v", NULL}},
        {MEDIA_AUDIO, "audio/", "Audio", {".mp3", ".ogg", ".oga", ".opus", ".flac", ".m4a", ".wav", NULL}},
    };
    for (size_t i = 0; type && i < COUNT(kinds); i++)
        if (strncasecmp(type, kinds[i].media, strlen(kinds[i].media)) == 0)
            return kinds[i].kind;
    for (size_t i = 0; !type && i < COUNT(kinds); i++)
        if (shape_is(attachment, kinds[i].object) || has_ending(url, kinds[i].endings))
            return kinds[i].kind;
    return MEDIA_FILE;
}

/* "PT1H2M3.5S" (ISO 8601 without years and months) to ms; 0 when it is none. */
static uint32_t duration_ms(const char *text)
{
    if (!text || *text++ != 'P')
        return 0;
    double seconds = 0;
    while (*text) {
        if (*text == 'T') {
            text++;
            continue;
        }
        char *end = NULL;
        if (*text < '0' || *text > '9')
            return 0;
        double number = strtod(text, &end);
        switch (*end) {
        case 'D':
            seconds += number * 86400;
            break;
        case 'H':
            seconds += number * 3600;
            break;
        case 'M':
            seconds += number * 60;
            break;
        case 'S':
            seconds += number;
            break;
        default:
            return 0;
        }
        text = end + 1;
    }
    return seconds > 0 && seconds < 4000000 ? (uint32_t)(seconds * 1000) : 0;
}

static void read_focus(const json_t *attachment, struct media *out)
{
    const json_t *point = json_object_get(attachment, "focalPoint");
    double x = json_number_value(json_array_get(point, 0));
    double y = json_number_value(json_array_get(point, 1));
    out->has_focus = json_array_size(point) == 2 && x >= -1 && x <= 1 && y >= -1 && y <= 1;
    if (out->has_focus) {
        out->focus_x = x;
        out->focus_y = y;
    }
}

static const char *media_url(const json_t *attachment, struct arena *arena)
{
    const char *url = shape_url(json_object_get(attachment, "url"), false, arena);
    return url ? url : shape_url(json_object_get(attachment, "href"), false, arena);
}

/* In Mastodon's order: what describes the picture, then what names it. */
static const char *alt_of(const json_t *attachment, struct arena *arena)
{
    const char *alt = shape_text_or_map(attachment, "summary", "summaryMap");
    if (!alt)
        alt = shape_text_or_map(attachment, "name", "nameMap");
    return utf8_clean_copy(arena, alt, ALT_MAX);
}

static const char *thumbnail_of(const json_t *attachment, struct arena *arena)
{
    const json_t *icon = json_object_get(attachment, "icon");
    const json_t *first = shape_count(icon) ? shape_item(icon, 0) : NULL;
    const json_t *url = json_object_get(first, "url");
    return shape_url(url ? url : first, false, arena);
}

static void add_media(const json_t *attachment, struct arena *arena, struct inbound_note *out)
{
    static const char *const kinds[] = {"Document", "Image", "Video", "Audio", "Link", NULL};
    const char *url = media_url(attachment, arena);
    const char *type = shape_type(attachment, kinds);
    if (!url || !shape_is_one_of(type, kinds))
        return;
    const char *media_type = json_string_value(json_object_get(attachment, "mediaType"));
    if (!media_type) /* PeerTube and others keep it in the Link */
        media_type = json_string_value(
            json_object_get(shape_item(json_object_get(attachment, "url"), 0), "mediaType"));
    enum media_kind kind = kind_of(attachment, media_type, url);
    if (strcmp(type, "Link") == 0 && kind == MEDIA_FILE)
        return; /* the card of a page, not a file */
    if (out->media_count == COUNT(out->media)) {
        out->media_left_out++;
        return;
    }
    struct media *media = &out->media[out->media_count++];
    *media = (struct media){
        .kind = kind,
        .url = url,
        .type = utf8_clean_line(arena, media_type, TYPE_MAX),
        .alt = alt_of(attachment, arena),
        .blurhash =
            utf8_clean_line(arena, json_string_value(json_object_get(attachment, "blurhash")), BLURHASH_MAX),
        .thumbnail_url = thumbnail_of(attachment, arena),
        .width = (uint32_t)shape_number(attachment, "width", 65535),
        .height = (uint32_t)shape_number(attachment, "height", 65535),
        .duration_ms = duration_ms(json_string_value(json_object_get(attachment, "duration"))),
        .bytes = shape_number(attachment, "size", (uint64_t)1 << 40),
    };
    read_focus(attachment, media);
    out->sensitive = out->sensitive || shape_flag(attachment, "sensitive"); /* Misskey */
}

void inbound_media_read(const json_t *object, struct arena *arena, struct inbound_note *out)
{
    const json_t *attachments = json_object_get(object, "attachment");
    for (size_t i = 0; i < shape_count(attachments); i++)
        add_media(shape_item(attachments, i), arena, out);
    bool has_cover = strcmp(out->type, "Article") == 0 || strcmp(out->type, "Page") == 0;
    const json_t *cover = json_object_get(object, "image");
    if (has_cover && out->media_count == 0 && shape_count(cover))
        add_media(shape_item(cover, 0), arena, out);
}

/* ---- polls
 * ----------------------------------------------------------------------------------------------------------
 */

static void add_option(const json_t *choice, struct arena *arena, struct poll *poll)
{
    const char *name = utf8_clean_line(arena, json_string_value(json_object_get(choice, "name")), OPTION_MAX);
    if (!name || poll->option_count == MODEL_OPTIONS_MAX)
        return;
    const json_t *replies = json_object_get(choice, "replies");
    poll->options[poll->option_count++] =
        (struct poll_option){.name = name, .votes = shape_number(replies, "totalItems", UINT32_MAX)};
}

const struct poll *inbound_poll_read(const json_t *object, struct arena *arena)
{
    const json_t *choices = shape_member(object, "oneOf");
    const json_t *several = shape_member(object, "anyOf");
    if (!choices && !several)
        return NULL;
    struct poll *poll = arena_alloc(arena, sizeof *poll);
    poll->multiple = !choices;
    choices = choices ? choices : several;
    for (size_t i = 0; i < shape_count(choices); i++)
        add_option(shape_item(choices, i), arena, poll);
    poll->ends = shape_time(object, "endTime");
    poll->closed = shape_time(object, "closed");
    if (!poll->closed && shape_flag(object, "closed"))
        poll->closed = poll->ends;
    poll->voters = shape_number(object, "votersCount", UINT32_MAX);
    return poll->option_count ? poll : NULL;
}
