#include "mapping/html_text.h"

#include <stdlib.h>
#include <string.h>

#include "mapping/html_links.h"
#include "mapping/html_marks.h"
#include "mapping/text_writer.h"
#include "mapping/url_text.h"

enum { LISTS_MAX = 16 };

struct list {
    bool ordered, reversed;
    long next;
};

struct conversion {
    struct arena *arena;
    const struct html_text_options *options;
    struct html_people people;
    struct loss *loss;
    struct text_writer writer;
    struct list lists[LISTS_MAX];
    size_t list_count; /* open ones, also those beyond the bound */
    size_t pre_count;
    bool in_anchor, shortened;
};

/* ---- lists
 * ----------------------------------------------------------------------------------------------------------
 */

static long count_items(const GumboNode *list)
{
    long count = 0;
    const GumboVector *children = &list->v.element.children;
    for (unsigned i = 0; i < children->length; i++)
        count += html_tag(children->data[i]) == GUMBO_TAG_LI;
    return count;
}

static long number_attribute(const GumboNode *node, const char *name, long otherwise)
{
    const char *text = html_attribute(node, name);
    char *end = NULL;
    long number = text ? strtol(text, &end, 10) : otherwise;
    return text && (end == text || number < -100000 || number > 1000000) ? otherwise : number;
}

static void open_list(struct conversion *conversion, const GumboNode *node)
{
    if (conversion->list_count < LISTS_MAX) {
        bool ordered = html_tag(node) == GUMBO_TAG_OL;
        bool reversed = ordered && html_attribute(node, "reversed");
        conversion->lists[conversion->list_count] =
            (struct list){.ordered = ordered,
                          .reversed = reversed,
                          .next = number_attribute(node, "start", reversed ? count_items(node) : 1)};
    }
    conversion->list_count++;
}

static void open_item(struct conversion *conversion, const GumboNode *node)
{
    size_t depth = conversion->list_count < LISTS_MAX ? conversion->list_count : LISTS_MAX;
    struct list none = {0};
    struct list *list = depth ? &conversion->lists[depth - 1] : &none;
    char indent[2 * LISTS_MAX + 1] = {0};
    memset(indent, ' ', depth ? 2 * (depth - 1) : 0);
    if (list->ordered) {
        list->next = number_attribute(node, "value", list->next);
        conversion->writer.prefix = arena_format(conversion->arena, "%s%ld. ", indent, list->next);
        list->next += list->reversed ? -1 : 1;
    } else {
        conversion->writer.prefix = arena_format(conversion->arena, "%s• ", indent);
    }
}

/* ---- blocks
 * ---------------------------------------------------------------------------------------------------------
 */

static bool is_paragraph(GumboTag tag)
{
    switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_FIGURE:
        return true;
    default:
        return html_is_heading(tag);
    }
}

static void break_block(struct conversion *conversion, GumboTag tag)
{
    if (html_is_block(tag))
        writer_break(&conversion->writer, is_paragraph(tag) && conversion->list_count == 0 ? 2 : 1);
}

/* The style that an element gives its text; false for none. */
static bool style_of(const struct conversion *conversion, GumboTag tag, enum span_kind *kind)
{
    switch (tag) {
    case GUMBO_TAG_B:
    case GUMBO_TAG_STRONG:
        *kind = SPAN_BOLD;
        return true;
    case GUMBO_TAG_I:
    case GUMBO_TAG_EM:
    case GUMBO_TAG_CITE:
        *kind = SPAN_ITALIC;
        return true;
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
        *kind = SPAN_STRIKE;
        return true;
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_KBD:
    case GUMBO_TAG_SAMP:
    case GUMBO_TAG_TT:
        *kind = SPAN_CODE;
        return conversion->pre_count == 0;
    case GUMBO_TAG_PRE:
        *kind = SPAN_PREFORMATTED;
        return true;
    case GUMBO_TAG_BLOCKQUOTE:
        *kind = SPAN_QUOTE;
        return true;
    default:
        *kind = SPAN_BOLD;
        return html_is_heading(tag);
    }
}

/* ---- anchors and images
 * --------------------------------------------------------------------------------------------- */

static void open_anchor(struct conversion *conversion)
{
    conversion->in_anchor = true;
    conversion->shortened = false;
    writer_open(&conversion->writer, SPAN_LINK);
}

static void close_anchor(struct conversion *conversion, const GumboNode *node)
{
    struct text_writer *writer = &conversion->writer;
    conversion->in_anchor = false;
    size_t start = writer_close(writer, false);
    if (start >= writer->text.length)
        return;
    /* Friendica and Hubzilla leave the sign before the anchor: @<a>bob</a>. */
    const char *text = buffer_text(&writer->text);
    char first = text[start];
    bool sign_before = start > 0 && first != '@' && first != '#' &&
                       (text[start - 1] == '@' || text[start - 1] == '#') &&
                       (html_has_word(node, "class", "mention") || html_has_word(node, "class", "hashtag"));
    size_t from = start - sign_before;
    struct html_anchor anchor =
        html_anchor_read(conversion->arena, node, text + from, conversion->shortened, &conversion->people);
    if (!anchor.is_link)
        return;
    if (anchor.kind == SPAN_LINK && sign_before)
        from = start;
    if (anchor.text && strcmp(anchor.text, text + from) != 0) {
        unsigned newlines = writer->newlines;
        bool space = writer->space;
        writer_rewind(writer, from);
        writer_add(writer, anchor.text, false);
        writer->newlines = newlines;
        writer->space = space;
    }
    if (from < writer->text.length)
        writer_span(writer, (struct span){.start = from,
                                          .end = writer->text.length,
                                          .kind = anchor.kind,
                                          .target = anchor.target,
                                          .label = anchor.label});
}

/* A custom emoji is its shortcode; a picture its description, linked. */
static void add_image(struct conversion *conversion, const GumboNode *node)
{
    struct text_writer *writer = &conversion->writer;
    const char *alt = html_attribute(node, "alt");
    if (!alt || !*alt)
        alt = html_attribute(node, "title");
    const char *url = url_for_link(conversion->arena, html_attribute(node, "src"));
    bool emoji = html_is_shortcode(alt) || html_has_word(node, "class", "emoji");
    if (emoji || conversion->in_anchor) {
        writer_open(writer, SPAN_EMOJI);
        writer_add(writer, alt ? alt : "", false);
        size_t start = writer_close(writer, false);
        if (html_is_shortcode(alt) && url && start < writer->text.length && !conversion->in_anchor)
            writer_span(
                writer,
                (struct span){.start = start, .end = writer->text.length, .kind = SPAN_EMOJI, .target = url});
        return;
    }
    if (!url)
        return;
    writer_open(writer, SPAN_LINK);
    writer_add(writer, alt && *alt ? alt : url, false);
    size_t start = writer_close(writer, false);
    if (start < writer->text.length)
        writer_span(
            writer,
            (struct span){.start = start, .end = writer->text.length, .kind = SPAN_LINK, .target = url});
    loss_add(conversion->loss, "image in the text", "linked by its description");
}

/* ---- the walk
 * ------------------------------------------------------------------------------------------------------- */

static void add_text(struct conversion *conversion, const GumboNode *node)
{
    writer_add(&conversion->writer, node->v.text.text, conversion->pre_count > 0);
}

static bool is_left_out(const struct conversion *conversion, const GumboNode *node, GumboTag tag)
{
    if (tag == GUMBO_TAG_MATH)
        loss_add(conversion->loss, "formula", "left out");
    return html_is_dropped(tag) || tag == GUMBO_TAG_RP ||
           (conversion->options->drop_quote_inline && html_has_word(node, "class", "quote-inline"));
}

static void enter_element(struct conversion *conversion, const GumboNode *node, GumboTag tag)
{
    struct text_writer *writer = &conversion->writer;
    break_block(conversion, tag);
    if (tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL)
        open_list(conversion, node);
    else if (tag == GUMBO_TAG_LI)
        open_item(conversion, node);
    else if (tag == GUMBO_TAG_BR)
        writer_newline(writer);
    else if (tag == GUMBO_TAG_IMG)
        add_image(conversion, node);
    else if (tag == GUMBO_TAG_RT)
        writer_add(writer, "(", false);
    else if (tag == GUMBO_TAG_Q)
        writer_add(writer, "“", false);
    else if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH)
        writer_add(writer, " ", false);
    conversion->pre_count += tag == GUMBO_TAG_PRE;
    conversion->shortened = conversion->shortened || html_has_word(node, "class", "invisible") ||
                            html_has_word(node, "class", "ellipsis");
}

/* What enter opens, leave closes: both ask the same questions, of which only the depth of pre may change. */
static bool enter(void *context, const GumboNode *node, size_t depth)
{
    struct conversion *conversion = context;
    (void)depth;
    if (html_is_text(node))
        add_text(conversion, node);
    if (!html_is_element(node))
        return false;
    GumboTag tag = html_tag(node);
    if (is_left_out(conversion, node, tag))
        return false;
    enum span_kind kind;
    if (style_of(conversion, tag, &kind))
        writer_open(&conversion->writer, kind);
    if (tag == GUMBO_TAG_A)
        open_anchor(conversion);
    enter_element(conversion, node, tag);
    return true;
}

static void leave(void *context, const GumboNode *node, size_t depth)
{
    struct conversion *conversion = context;
    (void)depth;
    GumboTag tag = html_tag(node);
    if (tag == GUMBO_TAG_RT)
        writer_add(&conversion->writer, ")", false);
    else if (tag == GUMBO_TAG_Q)
        writer_add(&conversion->writer, "”", false);
    else if (tag == GUMBO_TAG_LI)
        conversion->writer.prefix = NULL;
    if (tag == GUMBO_TAG_A)
        close_anchor(conversion, node);
    enum span_kind kind;
    if (style_of(conversion, tag, &kind))
        (void)writer_close(&conversion->writer, true);
    conversion->pre_count -= tag == GUMBO_TAG_PRE;
    if (tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL)
        conversion->list_count--;
    break_block(conversion, tag);
}

/* ---- entry
 * ----------------------------------------------------------------------------------------------------------
 */

struct rich_text html_to_text(struct arena *arena, const char *html, const struct html_text_options *options,
                              bool *whole, struct loss *loss)
{
    struct conversion *conversion = arena_alloc(arena, sizeof *conversion);
    conversion->arena = arena;
    conversion->options = options;
    conversion->loss = loss;
    conversion->people = (struct html_people){options->note, options->people, options->people_count};
    writer_init(&conversion->writer, arena, options->length_max);
    bool cut = false;
    struct html_tree *tree = html ? html_parse(html, &cut) : NULL;
    if (tree) {
        html_walk(tree, &(struct html_visitor){.context = conversion, .enter = enter, .leave = leave});
        html_mark_plain(&conversion->writer, &conversion->people);
        html_free(tree);
    } else if (html) {
        loss_add(loss, "text", "left out: its HTML is too complex");
    }
    if (conversion->writer.truncated || cut)
        loss_add(loss, "text", "its end is left out: it is longer than what is taken");
    *whole = (tree || !html) && !conversion->writer.truncated && !cut;
    return writer_finish(&conversion->writer);
}

struct rich_text text_from_html(struct arena *arena, const char *html, const struct inbound_note *note,
                                const struct inbound_person *people, size_t people_count, size_t length_max,
                                struct loss *loss)
{
    bool whole;
    return html_to_text(
        arena, html,
        &(struct html_text_options){
            .note = note, .people = people, .people_count = people_count, .length_max = length_max},
        &whole, loss);
}
