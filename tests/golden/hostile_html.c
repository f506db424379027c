/* Prints one JSON string a line: what the two sanitisers make of generated hostile input, the HTML of other
 * servers (html_sanitize) and the texts of a platform (html_from_text). parse5/check.mjs judges it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapping/buffer.h"
#include "mapping/inbound.h"
#include "mapping/outbound.h"

enum { INPUTS = 2000, PIECES_MAX = 40, INPUT_MAX = 65536, BUDGET = 64 << 20 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const tags[] = {
    "a",         "b",      "blockquote", "body",     "br",
    "button",    "center", "code",       "dd",       "div",
    "dl",        "em",     "embed",      "font",     "form",
    "frameset",  "h1",     "head",       "html",     "iframe",
    "img",       "input",  "li",         "listing",  "math",
    "mglyph",    "mtext",  "nobr",       "noembed",  "noframes",
    "noscript",  "object", "ol",         "option",   "p",
    "plaintext", "pre",    "rp",         "rt",       "ruby",
    "s",         "script", "select",     "span",     "strong",
    "style",     "svg",    "desc",       "title",    "foreignObject",
    "table",     "tbody",  "td",         "template", "textarea",
    "th",        "tr",     "ul",         "xmp",      "annotation-xml",
    "x:y",
};

static const char *const attributes[] = {
    "href=\"javascript:alert(1)\"",
    "href=\"https://a.example/?a=1&b='\"",
    "href=//x",
    "href=' JaVa\tScRiPt:x'",
    "href=\"data:text/html,<script>\"",
    "href=\"https://user@e.example/\"",
    "href='https://a.example/\"><script>'",
    "onclick=alert(1)",
    "style=\"x:expression(1)\"",
    "class=\"mention evil hashtag\"",
    "src=x onerror=alert(1)",
    "src=\"https://a.example/1.png\" alt=\"<script>x</script>\"",
    "id=\"--><img>\"",
    "title=\"</noscript><img src=x onerror=alert(1)>\"",
    "encoding=\"text/html\"",
    "<b",
    "a\"b='",
};

static const char *const texts[] = {
    "hi",
    "<",
    ">",
    "&",
    "\"",
    "'",
    "&lt;script&gt;",
    "&#x0;",
    "&#60;img&#62;",
    "<!--",
    "-->",
    "--!>",
    "]]>",
    "`",
    "<![CDATA[",
    "\v",
    "<!doctype html>",
    "</",
    "<?php",
    "é",
    "</script",
    "</style",
    "</title>",
    "\n",
    " ",
    "\xed\xa0\x80",
    "@bob #cat :x:",
};

struct generator {
    uint64_t chance;
    struct buffer out;
};

static unsigned roll(struct generator *generator, unsigned sides)
{
    generator->chance = generator->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(generator->chance >> 33) % sides;
}

static void add_piece(struct generator *generator)
{
    struct buffer *out = &generator->out;
    const char *tag = tags[roll(generator, COUNT(tags))];
    unsigned kind = roll(generator, 8);
    if (kind >= 6) {
        buffer_add_string(out, texts[roll(generator, COUNT(texts))]);
    } else if (kind >= 4) {
        buffer_format(out, "</%s>", tag);
    } else {
        buffer_format(out, "<%s", tag);
        for (unsigned i = roll(generator, 3); i > 0; i--)
            buffer_format(out, " %s", attributes[roll(generator, COUNT(attributes))]);
        buffer_add_string(out, roll(generator, 10) ? ">" : "");
    }
}

static void print_line(const char *html)
{
    json_t *value = json_string(html);
    char *line = json_dumps(value, JSON_ENCODE_ANY);
    puts(line ? line : "null");
    free(line);
    json_decref(value);
}

/* The same bytes as a text of the platform, with spans of every kind anywhere. */
static const char *as_text(struct generator *generator, struct arena *arena)
{
    static const char *const targets[] = {
        "https://a.example/\"><script>",   "javascript:alert(1)", "u_42", "cats",
        "\"><img src=x onerror=alert(1)>", "https://a.example/"};
    static const struct outbound_link link = {.native = "u_42",
                                              .id = "https://b.example/u/a",
                                              .handle = "a<b>@b.example",
                                              .url = "https://b.example/@a"};
    struct span spans[16];
    size_t length = generator->out.length;
    for (size_t i = 0; i < COUNT(spans); i++) {
        size_t start = roll(generator, (unsigned)length + 1);
        spans[i] = (struct span){.start = start,
                                 .end = start + roll(generator, 12),
                                 .kind = (enum span_kind)roll(generator, SPAN_QUOTE + 1),
                                 .target = targets[roll(generator, COUNT(targets))]};
    }
    const struct rich_text text = {buffer_text(&generator->out), length, spans, COUNT(spans)};
    return html_from_text(arena, &text, &link, 1, "https://b.example/tags/");
}

int main(void)
{
    for (uint64_t seed = 0; seed < INPUTS; seed++) {
        struct arena *arena = arena_new(BUDGET);
        struct generator generator = {.chance = seed};
        buffer_init(&generator.out, INPUT_MAX);
        for (unsigned pieces = 1 + roll(&generator, PIECES_MAX); pieces > 0; pieces--)
            add_piece(&generator);
        print_line(html_sanitize(arena, buffer_text(&generator.out), INPUT_MAX));
        print_line(as_text(&generator, arena));
        buffer_clear(&generator.out);
        arena_free(arena);
    }
    return EXIT_SUCCESS;
}
