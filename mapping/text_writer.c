#include "mapping/text_writer.h"

#include <string.h>

#include "mapping/utf8_text.h"

enum { NEWLINES_MAX = 8 };

void writer_init(struct text_writer *writer, struct arena *arena, size_t length_max)
{
    *writer = (struct text_writer){.arena = arena};
    buffer_init(&writer->text, length_max < MODEL_TEXT_MAX ? length_max : MODEL_TEXT_MAX);
    writer->spans = arena_alloc(arena, MODEL_SPANS_MAX * sizeof *writer->spans);
}

struct rich_text writer_finish(struct text_writer *writer)
{
    struct rich_text result = {.length = writer->text.length, .spans = writer->spans};
    result.text = arena_copy(writer->arena, buffer_text(&writer->text), result.length);
    result.span_count = spans_normalize(result.text, result.length, writer->spans, writer->span_count);
    buffer_clear(&writer->text);
    return result;
}

static size_t room(const struct text_writer *writer)
{
    return writer->truncated ? 0 : writer->text.maximum - writer->text.length;
}

/* Newlines, mark and space that are owed; nothing is owed at the very beginning but a mark. */
static void pay(struct text_writer *writer)
{
    bool begun = writer->text.length > 0;
    for (; begun && writer->newlines; writer->newlines--) {
        buffer_add_char(&writer->text, '\n');
        writer->space = false;
    }
    writer->newlines = 0;
    if (writer->prefix)
        buffer_add_string(&writer->text, writer->prefix);
    else if (writer->space && begun)
        buffer_add_char(&writer->text, ' ');
    writer->prefix = NULL;
    writer->space = false;
}

static size_t owed(const struct text_writer *writer)
{
    return writer->newlines + (writer->prefix ? strlen(writer->prefix) : 0) + writer->space;
}

static void put(struct text_writer *writer, const char *bytes, size_t length)
{
    /* Once something was left out nothing may follow: a text with holes says something else. */
    if (owed(writer) + length > room(writer)) {
        writer->truncated = true;
        return;
    }
    pay(writer);
    size_t open = writer->open_count < WRITER_OPEN_MAX ? writer->open_count : WRITER_OPEN_MAX;
    for (; open > 0 && writer->open[open - 1].start == SIZE_MAX; open--)
        writer->open[open - 1].start = writer->text.length;
    buffer_add(&writer->text, bytes, length);
}

static bool is_white(int32_t code)
{
    return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == '\f';
}

static void put_white(struct text_writer *writer, char byte, bool preserve)
{
    if (!preserve) {
        writer->space =
            writer->space || (writer->newlines == 0 && !writer->prefix && writer->text.length > 0);
    } else if (byte == '\n') {
        writer_newline(writer);
    } else if (byte == ' ' || byte == '\t') {
        put(writer, &byte, 1);
    }
}

void writer_add(struct text_writer *writer, const char *text, bool preserve)
{
    size_t length = strlen(text);
    for (size_t at = 0; at < length && !writer->truncated;) {
        int32_t code = 0;
        size_t size = utf8_next(text + at, length - at, &code);
        if (size && is_white(code))
            put_white(writer, text[at], preserve);
        else if (size && !utf8_is_control(code))
            put(writer, text + at, size);
        at += size ? size : 1;
    }
}

void writer_break(struct text_writer *writer, unsigned newlines)
{
    writer->space = false;
    if (writer->newlines < newlines)
        writer->newlines = newlines;
}

void writer_newline(struct text_writer *writer)
{
    writer->space = false;
    if (writer->newlines < NEWLINES_MAX)
        writer->newlines++;
}

/* ---- spans
 * ----------------------------------------------------------------------------------------------------------
 */

void writer_span(struct text_writer *writer, struct span span)
{
    if (writer->span_count < MODEL_SPANS_MAX)
        writer->spans[writer->span_count++] = span;
}

/* Beyond the bound spans are counted but not kept, so that pairs stay pairs. */
void writer_open(struct text_writer *writer, enum span_kind kind)
{
    if (writer->open_count < WRITER_OPEN_MAX)
        writer->open[writer->open_count] = (struct open_span){.start = SIZE_MAX, .kind = kind};
    writer->open_count++;
}

size_t writer_close(struct text_writer *writer, bool keep)
{
    writer->open_count--;
    if (writer->open_count >= WRITER_OPEN_MAX)
        return SIZE_MAX;
    struct open_span open = writer->open[writer->open_count];
    if (keep && open.start < writer->text.length)
        writer_span(writer,
                    (struct span){.start = open.start, .end = writer->text.length, .kind = open.kind});
    return open.start;
}

void writer_rewind(struct text_writer *writer, size_t start)
{
    if (start >= writer->text.length)
        return;
    writer->text.length = start;
    writer->text.bytes[start] = '\0';
    writer->newlines = 0;
    writer->space = false;
    size_t kept = 0;
    for (size_t i = 0; i < writer->span_count; i++)
        if (writer->spans[i].start < start)
            writer->spans[kept++] = writer->spans[i];
    writer->span_count = kept;
}
