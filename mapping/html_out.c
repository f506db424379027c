/* Rich text → HTML: one <p> per paragraph, <br> inside, styles nested properly, nothing that was not put here
 * by a rule. */
#include "mapping/html_out.h"

#include <string.h>
#include <strings.h>

#include "mapping/utf8_text.h"

enum { OPEN_MAX = 16, QUOTES_MAX = 4 };

struct writer {
    struct buffer *out;
    struct arena *arena;
    const struct rich_text *text;
    const struct link_scope *scope;
    size_t low; /* spans before this one end before what is left to write */
};

/* ---- characters
 * ----------------------------------------------------------------------------------------------------- */

static bool is_plain(char byte)
{
    return (byte >= ' ' && byte < 0x7F && byte != '&' && byte != '<' && byte != '>' && byte != '"') ||
           byte == '\t';
}

static size_t add_special(struct buffer *out, const char *text, size_t length, bool breaks)
{
    switch (text[0]) {
    case '&':
        buffer_add_string(out, "&amp;");
        return 1;
    case '<':
        buffer_add_string(out, "&lt;");
        return 1;
    case '>':
        buffer_add_string(out, "&gt;");
        return 1;
    case '"':
        buffer_add_string(out, "&quot;");
        return 1;
    case '\r':
        if (length > 1 && text[1] == '\n')
            return 1;
        buffer_add_string(out, breaks ? "<br>" : "\n");
        return 1;
    case '\n':
        buffer_add_string(out, breaks ? "<br>" : "\n");
        return 1;
    default:
        break;
    }
    int32_t code = 0;
    size_t size = utf8_next(text, length, &code);
    if (size > 1)
        buffer_add(out, text, size);
    else if (size == 0)
        buffer_add_string(out, "\xEF\xBF\xBD");
    return size ? size : 1;
}

void html_add_escaped(struct buffer *out, const char *text, size_t length, bool breaks)
{
    for (size_t at = 0; at < length;) {
        size_t run = at;
        while (run < length && is_plain(text[run]))
            run++;
        buffer_add(out, text + at, run - at);
        at = run;
        if (at < length)
            at += add_special(out, text + at, length - at, breaks);
    }
}

static void add_string(struct buffer *out, const char *text)
{
    html_add_escaped(out, text, strlen(text), false);
}

void html_add_link(struct buffer *out, const char *url, const char *rel, const char *text)
{
    buffer_add_string(out, "<a href=\"");
    add_string(out, url);
    buffer_format(out, "\" rel=\"%s\">", rel ? rel : "nofollow noopener");
    add_string(out, text);
    buffer_add_string(out, "</a>");
}

/* ---- mentions and hashtags
 * ------------------------------------------------------------------------------------------ */

static bool equals(const char *text, size_t length, const char *other, size_t other_length)
{
    return length == other_length && strncasecmp(text, other, length) == 0;
}

/* "@name" as the fediverse writes it. Misskey reads the text beside the tag: a native handle with dots would
 * be taken for a host there. A mention that the platform shows as a bare name stays one. */
static void add_mention_text(struct buffer *out, const char *text, size_t length, const char *handle)
{
    if (text[0] != '@') {
        html_add_escaped(out, text, length, false);
        return;
    }
    const char *shown = text + 1;
    size_t shown_length = length - 1;
    size_t user = handle ? strcspn(handle, "@") : 0;
    if (handle && !equals(shown, shown_length, handle, strlen(handle)) &&
        !equals(shown, shown_length, handle, user)) {
        shown = handle;
        shown_length = user;
    }
    buffer_add_string(out, "@<span>");
    html_add_escaped(out, shown, shown_length, false);
    buffer_add_string(out, "</span>");
}

static bool add_mention(struct writer *writer, const struct span *span)
{
    const struct outbound_link *link = link_of_mention(writer->scope, span);
    const char *text = writer->text->text + span->start;
    size_t length = span->end - span->start;
    const char *page = link && url_is_web(link->url) ? link->url : link ? link->id : NULL;
    if (!page)
        page = span->kind == SPAN_REMOTE_MENTION ? span->target : span->label;
    if (!page || !url_is_web(page))
        return false;
    if (!link || !link->id) {
        html_add_link(writer->out, page, NULL, arena_copy(writer->arena, text, length));
        return true;
    }
    buffer_add_string(writer->out, "<span class=\"h-card\"><a href=\"");
    add_string(writer->out, page);
    buffer_add_string(writer->out, "\" class=\"u-url mention\">");
    add_mention_text(writer->out, text, length, link->handle);
    buffer_add_string(writer->out, "</a></span>");
    return true;
}

static bool add_hashtag(struct writer *writer, const struct span *span)
{
    static const char wide_mark[] = "\xEF\xBC\x83"; /* U+FF03, as Japanese keyboards type it */
    const char *text = writer->text->text + span->start;
    size_t length = span->end - span->start;
    if (!writer->scope->tag_base || !hashtag_is_valid(span->target))
        return false;
    size_t mark = text[0] == '#' ? 1 : length > 3 && memcmp(text, wide_mark, 3) == 0 ? 3 : 0;
    buffer_add_string(writer->out, "<a href=\"");
    add_string(writer->out, hashtag_url(writer->arena, writer->scope->tag_base, span->target));
    buffer_add_string(writer->out, "\" class=\"mention hashtag\" rel=\"tag\">");
    buffer_add_string(writer->out, mark ? "#<span>" : "<span>");
    html_add_escaped(writer->out, text + mark, length - mark, false);
    buffer_add_string(writer->out, "</span></a>");
    return true;
}

/* ---- inside a paragraph
 * --------------------------------------------------------------------------------------------- */

static const char *element_of(enum span_kind kind)
{
    switch (kind) {
    case SPAN_LINK:
        return "a";
    case SPAN_BOLD:
        return "strong";
    case SPAN_ITALIC:
        return "em";
    case SPAN_STRIKE:
        return "del";
    case SPAN_CODE:
        return "code";
    default:
        return NULL;
    }
}

static bool add_opening(struct writer *writer, const struct span *span)
{
    const char *element = element_of(span->kind);
    if (!element)
        return false;
    if (span->kind != SPAN_LINK) {
        buffer_format(writer->out, "<%s>", element);
        return true;
    }
    const char *url = url_mended(writer->arena, span->target);
    if (!url)
        return false;
    buffer_add_string(writer->out, "<a href=\"");
    add_string(writer->out, url);
    buffer_add_string(writer->out, "\" rel=\"nofollow noopener\">");
    return true;
}

/* A mention or hashtag is written whole, or, when it cannot be one, as the text that it is. */
static bool add_whole(struct writer *writer, const struct span *span, size_t end)
{
    if (span->end > end || memchr(writer->text->text + span->start, '\n', span->end - span->start))
        return false;
    if (span->kind == SPAN_MENTION || span->kind == SPAN_REMOTE_MENTION)
        return add_mention(writer, span);
    return span->kind == SPAN_HASHTAG && add_hashtag(writer, span);
}

struct open_spans {
    const struct span *list[OPEN_MAX];
    size_t depth;
};

static void close_until(struct writer *writer, struct open_spans *open, size_t at)
{
    while (open->depth && open->list[open->depth - 1]->end <= at)
        buffer_format(writer->out, "</%s>", element_of(open->list[--open->depth]->kind));
}

/* Opens the spans that start at or before `at`; the place behind a mention or hashtag written whole. */
static size_t open_at(struct writer *writer, struct open_spans *open, size_t *next, size_t at, size_t end)
{
    const struct rich_text *text = writer->text;
    for (; *next < text->span_count && text->spans[*next].start <= at; (*next)++) {
        const struct span *span = &text->spans[*next];
        if (span->end <= at)
            continue;
        if (span->start == at && add_whole(writer, span, end))
            return span->end;
        if (open->depth < OPEN_MAX && add_opening(writer, span))
            open->list[open->depth++] = span;
    }
    return at;
}

static void add_inline(struct writer *writer, size_t start, size_t end, bool breaks)
{
    const struct rich_text *text = writer->text;
    struct open_spans open = {.depth = 0};
    while (writer->low < text->span_count && text->spans[writer->low].end <= start)
        writer->low++;
    size_t next = writer->low;
    for (size_t at = start; at < end;) {
        close_until(writer, &open, at);
        size_t behind = open_at(writer, &open, &next, at, end);
        if (behind > at) {
            at = behind;
            continue;
        }
        size_t stop = end;
        if (open.depth && open.list[open.depth - 1]->end < stop)
            stop = open.list[open.depth - 1]->end;
        if (next < text->span_count && text->spans[next].start < stop)
            stop = text->spans[next].start;
        html_add_escaped(writer->out, text->text + at, stop - at, breaks);
        at = stop;
    }
    close_until(writer, &open, SIZE_MAX);
}

/* ---- paragraphs and blocks
 * ------------------------------------------------------------------------------------------ */

static bool is_newline(char byte)
{
    return byte == '\n' || byte == '\r';
}

/* Where the run of newlines at `at` ends; *lines is how many it holds. */
static size_t newlines_end(const char *text, size_t at, size_t end, size_t *lines)
{
    for (*lines = 0; at < end && is_newline(text[at]); at++)
        *lines += text[at] == '\n' || at + 1 == end || text[at + 1] != '\n';
    return at;
}

static size_t paragraph_end(const char *text, size_t at, size_t end, size_t *next)
{
    while (at < end) {
        size_t lines = 0;
        size_t behind = newlines_end(text, at, end, &lines);
        if (lines > 1 || (lines == 1 && behind == end)) {
            *next = behind;
            return at;
        }
        at = behind > at ? behind : at + 1;
    }
    *next = end;
    return end;
}

static bool is_blank(const char *text, size_t start, size_t end)
{
    while (start < end && (is_newline(text[start]) || text[start] == ' ' || text[start] == '\t'))
        start++;
    return start == end;
}

static void add_paragraphs(struct writer *writer, size_t start, size_t end)
{
    const char *text = writer->text->text;
    while (start < end) {
        size_t lines = 0;
        size_t first = newlines_end(text, start, end, &lines);
        size_t last = paragraph_end(text, first, end, &start);
        /* HTML shows no blanks at the edges of a paragraph. */
        while (first < last && is_blank(text, first, first + 1))
            first++;
        while (last > first && is_blank(text, last - 1, last))
            last--;
        if (first == last)
            continue;
        buffer_add_string(writer->out, "<p>");
        add_inline(writer, first, last, true);
        buffer_add_string(writer->out, "</p>");
    }
}

static void add_flow(struct writer *writer, size_t start, size_t end, size_t first, unsigned quotes);

static void add_block(struct writer *writer, size_t index, unsigned quotes)
{
    const struct span *span = &writer->text->spans[index];
    if (is_blank(writer->text->text, span->start, span->end))
        return;
    if (span->kind == SPAN_PREFORMATTED) {
        buffer_add_string(writer->out, "<pre><code>");
        add_inline(writer, span->start, span->end, false);
        buffer_add_string(writer->out, "</code></pre>");
        return;
    }
    bool shown = quotes < QUOTES_MAX;
    buffer_add_string(writer->out, shown ? "<blockquote>" : "");
    add_flow(writer, span->start, span->end, index + 1, quotes + 1);
    buffer_add_string(writer->out, shown ? "</blockquote>" : "");
}

/* Recurses once per enclosing quote; spans_normalize bounds that. */
static void add_flow(struct writer *writer, size_t start, size_t end, size_t first, unsigned quotes)
{
    const struct rich_text *text = writer->text;
    size_t at = start;
    for (size_t i = first; i < text->span_count && text->spans[i].start < end; i++) {
        const struct span *span = &text->spans[i];
        if (span->start < at || (span->kind != SPAN_QUOTE && span->kind != SPAN_PREFORMATTED))
            continue;
        add_paragraphs(writer, at, span->start);
        add_block(writer, i, quotes);
        at = span->end;
    }
    add_paragraphs(writer, at, end);
}

void html_add_text(struct buffer *out, struct arena *arena, const struct rich_text *text,
                   const struct link_scope *scope)
{
    struct writer writer = {.out = out, .arena = arena, .text = text, .scope = scope};
    add_flow(&writer, 0, text->length, 0, 0);
}

struct rich_text rich_text_normal(struct arena *arena, const struct rich_text *text)
{
    struct rich_text result = {.text = text->text ? text->text : "", .length = text->length};
    struct span *spans = arena_alloc(arena, (text->span_count + 1) * sizeof *spans);
    if (text->span_count)
        memcpy(spans, text->spans, text->span_count * sizeof *spans);
    result.span_count = spans_normalize(result.text, result.length, spans, text->span_count);
    result.spans = spans;
    return result;
}

const char *html_from_text(struct arena *arena, const struct rich_text *text,
                           const struct outbound_link *links, size_t link_count, const char *tag_base)
{
    struct buffer html;
    struct link_scope scope = {.links = links, .count = link_count, .tag_base = tag_base};
    struct rich_text normal = rich_text_normal(arena, text);
    buffer_init(&html, HTML_OUT_MAX);
    html_add_text(&html, arena, &normal, &scope);
    /* Half a document would have open elements: rather none. */
    char *result = arena_string(arena, html.failed ? "" : buffer_text(&html));
    buffer_clear(&html);
    return result;
}
