/* HTML through the allow-list of PROTOCOL §4.1. The output is written anew from the parsed tree: only
 * elements, attributes and schemes that this file names can appear in it, nested so that any parser reads the
 * same tree. */
#include <string.h>

#include "mapping/buffer.h"
#include "mapping/html_dom.h"
#include "mapping/inbound.h"
#include "mapping/url_text.h"
#include "mapping/utf8_text.h"

enum { DEPTH_MAX = 48, CLOSING_MAX = 14 }; /* the longest end tag */

struct open_element {
    const char *name;
    size_t depth; /* of the node that closes it */
};

struct sanitizer {
    struct arena *arena;
    struct buffer out;
    struct open_element open[DEPTH_MAX];
    size_t open_count;
    size_t pre_count;
    bool break_owed, line_begun; /* of blocks that have no element of their own here */
    bool full;
};

/* ---- what is allowed
 * ------------------------------------------------------------------------------------------------ */

/* The element of the allow-list that stands for a tag; NULL: only its content is kept. */
static const char *element_of(GumboTag tag)
{
    static const struct {
        GumboTag tag;
        const char *name;
    } names[] = {
        {GUMBO_TAG_P, "p"},
        {GUMBO_TAG_A, "a"},
        {GUMBO_TAG_SPAN, "span"},
        {GUMBO_TAG_STRONG, "strong"},
        {GUMBO_TAG_B, "strong"},
        {GUMBO_TAG_EM, "em"},
        {GUMBO_TAG_I, "em"},
        {GUMBO_TAG_CITE, "em"},
        {GUMBO_TAG_DEL, "del"},
        {GUMBO_TAG_S, "del"},
        {GUMBO_TAG_STRIKE, "del"},
        {GUMBO_TAG_CODE, "code"},
        {GUMBO_TAG_KBD, "code"},
        {GUMBO_TAG_SAMP, "code"},
        {GUMBO_TAG_TT, "code"},
        {GUMBO_TAG_PRE, "pre"},
        {GUMBO_TAG_BLOCKQUOTE, "blockquote"},
        {GUMBO_TAG_UL, "ul"},
        {GUMBO_TAG_OL, "ol"},
        {GUMBO_TAG_LI, "li"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].tag == tag)
            return names[i].name;
    return html_is_heading(tag) ? "p" : NULL;
}

static const char *const allowed_classes[] = {"mention",   "hashtag",  "u-url",        "h-card",
                                              "invisible", "ellipsis", "quote-inline", NULL};

static bool is_block_name(const char *name)
{
    static const char *const names[] = {"p", "pre", "blockquote", "ul", "ol", "li"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool is_open(const struct sanitizer *sanitizer, const char *name)
{
    for (size_t i = 0; i < sanitizer->open_count; i++)
        if (strcmp(sanitizer->open[i].name, name) == 0)
            return true;
    return false;
}

/* The innermost block that is open, or "". */
static const char *innermost_block(const struct sanitizer *sanitizer)
{
    for (size_t i = sanitizer->open_count; i > 0; i--)
        if (is_block_name(sanitizer->open[i - 1].name))
            return sanitizer->open[i - 1].name;
    return "";
}

/* Blocks stand only where a parser would leave them: not in a paragraph or inside inline elements, items only
 * in lists, no link in a link. */
static bool fits(const struct sanitizer *sanitizer, const char *name)
{
    const char *block = innermost_block(sanitizer);
    if (strcmp(name, "a") == 0)
        return !is_open(sanitizer, "a");
    if (!is_block_name(name))
        return !is_open(sanitizer, name) || strcmp(name, "span") == 0;
    if (sanitizer->open_count > 0 && !is_block_name(sanitizer->open[sanitizer->open_count - 1].name))
        return false;
    bool in_list = strcmp(block, "ul") == 0 || strcmp(block, "ol") == 0;
    if (strcmp(name, "li") == 0)
        return in_list;
    return !in_list && strcmp(block, "p") != 0 && strcmp(block, "pre") != 0;
}

/* ---- writing
 * -------------------------------------------------------------------------------------------------------- */

/* Everything that is open can still be closed after `length` more bytes. */
static bool has_room(struct sanitizer *sanitizer, size_t length)
{
    size_t reserve = (sanitizer->open_count + 1) * CLOSING_MAX;
    if (sanitizer->full || sanitizer->out.length + length + reserve > sanitizer->out.maximum)
        sanitizer->full = true;
    return !sanitizer->full;
}

static void write_raw(struct sanitizer *sanitizer, const char *text)
{
    if (has_room(sanitizer, strlen(text)))
        buffer_add_string(&sanitizer->out, text);
}

static void pay_break(struct sanitizer *sanitizer)
{
    if (sanitizer->break_owed && sanitizer->line_begun)
        write_raw(sanitizer, "<br>");
    sanitizer->break_owed = false;
}

static void begin_text(struct sanitizer *sanitizer)
{
    pay_break(sanitizer);
    sanitizer->line_begun = true;
}

static void begin_block(struct sanitizer *sanitizer)
{
    sanitizer->break_owed = false;
    sanitizer->line_begun = false;
}

static const char *escape_of(const char *character, size_t size)
{
    if (size != 1)
        return NULL;
    switch (*character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

static void write_escaped(struct sanitizer *sanitizer, const char *text)
{
    size_t length = strlen(text);
    for (size_t at = 0; at < length && !sanitizer->full;) {
        int32_t code = 0;
        size_t size = utf8_next(text + at, length - at, &code);
        bool white = code == '\t' || code == '\n';
        const char *escape = escape_of(text + at, size);
        if (escape)
            write_raw(sanitizer, escape);
        else if (size && (white || !utf8_is_control(code)) && has_room(sanitizer, size))
            buffer_add(&sanitizer->out, text + at, size);
        at += size ? size : 1;
    }
}

static void write_text(struct sanitizer *sanitizer, const char *text)
{
    bool blank = text[strspn(text, " \t\r\n\f")] == '\0';
    if (blank && sanitizer->pre_count == 0) {
        if (sanitizer->line_begun && !sanitizer->break_owed)
            write_raw(sanitizer, " ");
        return;
    }
    begin_text(sanitizer);
    write_escaped(sanitizer, text);
}

/* ---- elements
 * ------------------------------------------------------------------------------------------------------- */

static void write_classes(struct sanitizer *sanitizer, const GumboNode *node)
{
    bool first = true;
    for (const char *const *word = allowed_classes; *word; word++) {
        if (!html_has_word(node, "class", *word))
            continue;
        write_raw(sanitizer, first ? " class=\"" : " ");
        write_raw(sanitizer, *word);
        first = false;
    }
    if (!first)
        write_raw(sanitizer, "\"");
}

static const char *const link_rel = "\" rel=\"nofollow noopener noreferrer ugc\"";

static void write_anchor(struct sanitizer *sanitizer, const GumboNode *node, const char *href)
{
    write_raw(sanitizer, "<a");
    if (href) {
        write_raw(sanitizer, " href=\"");
        write_escaped(sanitizer, href);
        write_raw(sanitizer, link_rel);
    }
    write_classes(sanitizer, node);
    write_raw(sanitizer, ">");
}

static void push(struct sanitizer *sanitizer, const char *name, size_t depth)
{
    sanitizer->open[sanitizer->open_count++] = (struct open_element){.name = name, .depth = depth};
    sanitizer->pre_count += strcmp(name, "pre") == 0;
}

/* A start tag goes out whole or not at all: room for it is asked first. `&` is what grows most. */
static bool has_room_for_tag(struct sanitizer *sanitizer, const char *href)
{
    return sanitizer->open_count + 2 < DEPTH_MAX && has_room(sanitizer, 256 + (href ? 5 * strlen(href) : 0));
}

static void open_element(struct sanitizer *sanitizer, const GumboNode *node, const char *name, size_t depth)
{
    bool anchor = strcmp(name, "a") == 0;
    const char *href = anchor ? url_for_link(sanitizer->arena, html_attribute(node, "href")) : NULL;
    if (!has_room_for_tag(sanitizer, href))
        return;
    if (is_block_name(name))
        begin_block(sanitizer);
    else
        pay_break(sanitizer);
    if (anchor) {
        write_anchor(sanitizer, node, href);
    } else {
        write_raw(sanitizer, "<");
        write_raw(sanitizer, name);
        if (strcmp(name, "span") == 0 || strcmp(name, "p") == 0)
            write_classes(sanitizer, node);
        write_raw(sanitizer, ">");
    }
    push(sanitizer, name, depth);
    if (html_is_heading(html_tag(node))) {
        write_raw(sanitizer, "<strong>");
        push(sanitizer, "strong", depth);
    }
}

static void close_elements(struct sanitizer *sanitizer, size_t depth)
{
    while (sanitizer->open_count > 0 && sanitizer->open[sanitizer->open_count - 1].depth >= depth) {
        const char *name = sanitizer->open[--sanitizer->open_count].name;
        /* The room for end tags was kept when their start tags went out. */
        buffer_add_string(&sanitizer->out, "</");
        buffer_add_string(&sanitizer->out, name);
        buffer_add_string(&sanitizer->out, ">");
        sanitizer->pre_count -= strcmp(name, "pre") == 0;
        if (is_block_name(name))
            begin_block(sanitizer);
    }
}

static void write_image(struct sanitizer *sanitizer, const GumboNode *node)
{
    const char *alt = html_attribute(node, "alt");
    const char *url = url_for_link(sanitizer->arena, html_attribute(node, "src"));
    if (!alt || !*alt)
        alt = url;
    if (!alt)
        return;
    bool linked = url && alt[0] != ':' && fits(sanitizer, "a") && has_room_for_tag(sanitizer, url);
    begin_text(sanitizer);
    if (linked) {
        write_raw(sanitizer, "<a href=\"");
        write_escaped(sanitizer, url);
        write_raw(sanitizer, link_rel);
        write_raw(sanitizer, ">");
        push(sanitizer, "a", SIZE_MAX);
    }
    write_escaped(sanitizer, alt);
    close_elements(sanitizer, SIZE_MAX);
}

/* ---- the walk
 * ------------------------------------------------------------------------------------------------------- */

static bool enter(void *context, const GumboNode *node, size_t depth)
{
    struct sanitizer *sanitizer = context;
    if (html_is_text(node))
        write_text(sanitizer, node->v.text.text);
    GumboTag tag = html_tag(node);
    if (!html_is_element(node) || html_is_dropped(tag) || sanitizer->full)
        return false;
    if (tag == GUMBO_TAG_BR) {
        sanitizer->line_begun = true;
        sanitizer->break_owed = false;
        write_raw(sanitizer, "<br>");
        return false;
    }
    if (tag == GUMBO_TAG_IMG) {
        write_image(sanitizer, node);
        return false;
    }
    const char *name = element_of(tag);
    if (name && fits(sanitizer, name))
        open_element(sanitizer, node, name, depth);
    else if (html_is_block(tag))
        sanitizer->break_owed = true;
    else if (tag == GUMBO_TAG_RT)
        write_text(sanitizer, "(");
    else if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH)
        write_text(sanitizer, " ");
    return tag != GUMBO_TAG_RP;
}

static void leave(void *context, const GumboNode *node, size_t depth)
{
    struct sanitizer *sanitizer = context;
    size_t before = sanitizer->open_count;
    close_elements(sanitizer, depth);
    GumboTag tag = html_tag(node);
    if (tag == GUMBO_TAG_RT)
        write_text(sanitizer, ")");
    if (before == sanitizer->open_count && html_is_block(tag))
        sanitizer->break_owed = true;
}

const char *html_sanitize(struct arena *arena, const char *html, size_t length_max)
{
    struct html_tree *tree = html ? html_parse(html, NULL) : NULL;
    if (!tree)
        return html ? arena_string(arena, "") : NULL;
    struct sanitizer *sanitizer = arena_alloc(arena, sizeof *sanitizer);
    sanitizer->arena = arena;
    buffer_init(&sanitizer->out, length_max);
    html_walk(tree, &(struct html_visitor){.context = sanitizer, .enter = enter, .leave = leave});
    html_free(tree);
    const char *result = arena_copy(arena, buffer_text(&sanitizer->out), sanitizer->out.length);
    buffer_clear(&sanitizer->out);
    return result;
}
