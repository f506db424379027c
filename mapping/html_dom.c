#include "mapping/html_dom.h"

#include <setjmp.h>
#include <string.h>
#include <strings.h>

#include "mapping/utf8_text.h"

struct html_tree {
    struct arena *arena;
    const GumboOutput *output;
    size_t bytes, nodes, attributes;
    jmp_buf refuse;
};

/* ---- parsing within bounds
 * ------------------------------------------------------------------------------------------ */

/* gumbo knows no limits: it adds nodes, and compares each attribute of a tag with all before it, for as long
 * as there is input, and frees its tree by recursion. So its memory comes from an arena that is dropped
 * whole, and what asks for too much of it is left by a jump. Nodes and attributes are known by their size; a
 * few vectors have the same, which only makes the bounds a little tighter. */
static void *allocate(void *context, size_t size)
{
    struct html_tree *tree = context;
    tree->bytes += size;
    if (size == sizeof(GumboNode)) {
        tree->nodes++;
        tree->attributes = 0;
    } else if (size == sizeof(GumboAttribute)) {
        tree->attributes++;
    }
    if (tree->bytes > HTML_MEMORY_MAX || tree->nodes > HTML_NODES_MAX ||
        tree->attributes > HTML_ATTRIBUTES_MAX)
        longjmp(tree->refuse, 1);
    return arena_alloc(tree->arena, size);
}

static void release(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

static bool parse(struct html_tree *tree, const char *html)
{
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = allocate;
    options.deallocator = release;
    options.userdata = tree;
    options.max_errors = 0;
    options.fragment_context = GUMBO_TAG_DIV;
    if (setjmp(tree->refuse) != 0)
        return false;
    tree->output = gumbo_parse_with_options(&options, html, strlen(html));
    return tree->output != NULL;
}

struct html_tree *html_parse(const char *html, bool *cut)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct html_tree *tree = arena_alloc(arena, sizeof *tree);
    tree->arena = arena;
    if (cut)
        *cut = strlen(html) > HTML_BYTES_MAX;
    if (parse(tree, utf8_clean_copy(arena, html, HTML_BYTES_MAX)))
        return tree;
    html_free(tree);
    return NULL;
}

void html_free(struct html_tree *tree)
{
    if (tree)
        arena_free(tree->arena);
}

/* ---- walking
 * -------------------------------------------------------------------------------------------------------- */

struct frame {
    const GumboNode *node;
    unsigned next; /* child */
};

static const GumboVector *children_of(const GumboNode *node)
{
    return &node->v.element.children;
}

void html_walk(const struct html_tree *tree, const struct html_visitor *visitor)
{
    struct frame *frames = arena_alloc(tree->arena, (tree->nodes + 2) * sizeof *frames);
    size_t depth = 0;
    frames[0].node = tree->output->root;
    for (;;) {
        struct frame *frame = &frames[depth];
        const GumboVector *children = children_of(frame->node);
        if (frame->next >= children->length) {
            if (depth == 0)
                return;
            depth--;
            visitor->leave(visitor->context, frame->node, depth);
            continue;
        }
        const GumboNode *child = children->data[frame->next++];
        bool parent = html_is_element(child);
        if (!visitor->enter(visitor->context, child, depth) || !parent)
            continue;
        if (depth + 1 > tree->nodes) {
            visitor->leave(visitor->context, child, depth);
            continue;
        }
        frames[++depth] = (struct frame){.node = child};
    }
}

/* ---- nodes
 * ----------------------------------------------------------------------------------------------------------
 */

bool html_is_text(const GumboNode *node)
{
    return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
           node->type == GUMBO_NODE_CDATA;
}

bool html_is_element(const GumboNode *node)
{
    return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

GumboTag html_tag(const GumboNode *node)
{
    if (node->type == GUMBO_NODE_TEMPLATE)
        return GUMBO_TAG_TEMPLATE;
    if (node->type != GUMBO_NODE_ELEMENT)
        return GUMBO_TAG_UNKNOWN;
    /* Of SVG and MathML only the roots matter: they are dropped with all they hold. */
    GumboTag tag = node->v.element.tag;
    bool foreign = node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML;
    return foreign && tag != GUMBO_TAG_SVG && tag != GUMBO_TAG_MATH ? GUMBO_TAG_UNKNOWN : tag;
}

const char *html_attribute(const GumboNode *node, const char *name)
{
    const GumboAttribute *attribute = gumbo_get_attribute(&node->v.element.attributes, name);
    return attribute ? attribute->value : NULL;
}

bool html_has_word(const GumboNode *node, const char *attribute, const char *word)
{
    static const char white[] = " \t\r\n\f";
    const char *list = html_attribute(node, attribute);
    size_t length = strlen(word);
    while (list && *list) {
        list += strspn(list, white);
        size_t size = strcspn(list, white);
        if (size == length && strncasecmp(list, word, length) == 0)
            return true;
        list += size;
    }
    return false;
}

static bool is_among(GumboTag tag, const GumboTag *tags, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tags[i] == tag)
            return true;
    return false;
}

bool html_is_dropped(GumboTag tag)
{
    static const GumboTag tags[] = {
        GUMBO_TAG_SCRIPT,   GUMBO_TAG_STYLE,    GUMBO_TAG_HEAD,      GUMBO_TAG_TITLE,    GUMBO_TAG_TEMPLATE,
        GUMBO_TAG_NOSCRIPT, GUMBO_TAG_IFRAME,   GUMBO_TAG_OBJECT,    GUMBO_TAG_EMBED,    GUMBO_TAG_SVG,
        GUMBO_TAG_MATH,     GUMBO_TAG_APPLET,   GUMBO_TAG_FRAME,     GUMBO_TAG_FRAMESET, GUMBO_TAG_NOEMBED,
        GUMBO_TAG_NOFRAMES, GUMBO_TAG_SELECT,   GUMBO_TAG_TEXTAREA,  GUMBO_TAG_VIDEO,    GUMBO_TAG_AUDIO,
        GUMBO_TAG_CANVAS,   GUMBO_TAG_MAP,      GUMBO_TAG_INPUT,     GUMBO_TAG_META,     GUMBO_TAG_LINK,
        GUMBO_TAG_BASE,     GUMBO_TAG_DATALIST, GUMBO_TAG_PLAINTEXT, GUMBO_TAG_XMP,
    };
    return is_among(tag, tags, sizeof tags / sizeof tags[0]);
}

bool html_is_heading(GumboTag tag)
{
    return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6;
}

bool html_is_block(GumboTag tag)
{
    static const GumboTag tags[] = {
        GUMBO_TAG_P,       GUMBO_TAG_DIV,        GUMBO_TAG_UL,         GUMBO_TAG_OL,       GUMBO_TAG_LI,
        GUMBO_TAG_PRE,     GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_TABLE,      GUMBO_TAG_TR,       GUMBO_TAG_CAPTION,
        GUMBO_TAG_DL,      GUMBO_TAG_DT,         GUMBO_TAG_DD,         GUMBO_TAG_HR,       GUMBO_TAG_SECTION,
        GUMBO_TAG_ARTICLE, GUMBO_TAG_HEADER,     GUMBO_TAG_FOOTER,     GUMBO_TAG_MAIN,     GUMBO_TAG_ASIDE,
        GUMBO_TAG_NAV,     GUMBO_TAG_FIGURE,     GUMBO_TAG_FIGCAPTION, GUMBO_TAG_ADDRESS,  GUMBO_TAG_DETAILS,
        GUMBO_TAG_SUMMARY, GUMBO_TAG_CENTER,     GUMBO_TAG_FORM,       GUMBO_TAG_FIELDSET, GUMBO_TAG_LEGEND,
        GUMBO_TAG_LISTING, GUMBO_TAG_BODY,       GUMBO_TAG_HTML,
    };
    return html_is_heading(tag) || is_among(tag, tags, sizeof tags / sizeof tags[0]);
}
