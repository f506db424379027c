#include "mapping/html_marks.h"

#include <ctype.h>
#include <string.h>

#include "mapping/json_shapes.h"

enum { EMOJI_MAX = 50 };

bool html_is_shortcode(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    return length > 2 && text[0] == ':' && text[length - 1] == ':' && !strpbrk(text, " \n\t");
}

/* Emoji may stand in a bold word, not in a link or in code. */
static bool is_taken(const struct text_writer *writer, size_t start, size_t end)
{
    for (size_t i = 0; i < writer->span_count; i++) {
        const struct span *span = &writer->spans[i];
        bool style = span->kind == SPAN_BOLD || span->kind == SPAN_ITALIC || span->kind == SPAN_STRIKE ||
                     span->kind == SPAN_QUOTE;
        if (!style && start < span->end && span->start < end)
            return true;
    }
    return false;
}

/* "@bob@m.example" within "@bob@m.example.org" is somebody else. */
static bool is_whole_word(const char *text, size_t start, size_t end)
{
    unsigned char before = start ? (unsigned char)text[start - 1] : ' ';
    unsigned char after = (unsigned char)text[end];
    if (isalnum(before) || before >= 0x80 || strchr("@#&/_.", before))
        return false;
    if (isalnum(after) || after >= 0x80 || after == '_' || after == '@')
        return false;
    return !((after == '.' || after == '-') && isalnum((unsigned char)text[end + 1]));
}

/* `span` without its place: for each `needle` that nothing else has taken. */
static void mark(struct text_writer *writer, const char *needle, bool word, struct span span)
{
    const char *text = buffer_text(&writer->text);
    size_t length = strlen(needle);
    for (const char *at = strcasestr(text, needle); at; at = strcasestr(at + length, needle)) {
        if (writer->span_count == MODEL_SPANS_MAX)
            return;
        span.start = (size_t)(at - text);
        span.end = span.start + length;
        if ((!word || is_whole_word(text, span.start, span.end)) && !is_taken(writer, span.start, span.end))
            writer_span(writer, span);
    }
}

static void mark_mentions(struct text_writer *writer, const struct html_people *people)
{
    for (size_t i = 0; i < people->note->mention_count; i++) {
        const struct inbound_mention *mention = &people->note->mentions[i];
        const char *handle = mention_handle(writer->arena, mention);
        if (!handle)
            continue;
        struct span span = {.kind = SPAN_REMOTE_MENTION, .target = mention->href, .label = handle};
        for (size_t k = 0; k < people->count; k++)
            if (strcmp(people->people[k].actor_id, mention->href) == 0)
                span = (struct span){.kind = SPAN_MENTION, .target = people->people[k].native};
        mark(writer, arena_format(writer->arena, "@%s", handle), true, span);
    }
}

static void mark_hashtags(struct text_writer *writer, const struct html_people *people)
{
    for (size_t i = 0; i < people->note->hashtag_count; i++) {
        const char *tag = people->note->hashtags[i];
        mark(writer, arena_format(writer->arena, "#%s", tag), true,
             (struct span){.kind = SPAN_HASHTAG, .target = tag});
    }
}

static void mark_emoji(struct text_writer *writer, const json_t *tag)
{
    const char *name = json_string_value(json_object_get(tag, "name"));
    if (!name || !shape_is(tag, "Emoji"))
        return;
    if (name[0] != ':')
        name = arena_format(writer->arena, ":%s:", name);
    const char *image = shape_picture(tag, writer->arena);
    if (image && html_is_shortcode(name))
        mark(writer, name, false, (struct span){.kind = SPAN_EMOJI, .target = image});
}

void html_mark_plain(struct text_writer *writer, const struct html_people *people)
{
    if (!people->note)
        return;
    for (size_t i = 0; i < shape_count(people->note->tags) && i < EMOJI_MAX; i++)
        mark_emoji(writer, shape_item(people->note->tags, i));
    mark_mentions(writer, people);
    mark_hashtags(writer, people);
}
