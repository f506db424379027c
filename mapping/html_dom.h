/* HTML of strangers as a tree, by gumbo, within bounds: bytes, nodes, attributes of one tag, memory. Nothing
 * in here or in its users recurses over the tree. */
#ifndef DRAWBRIDGE_MAPPING_HTML_DOM_H
#define DRAWBRIDGE_MAPPING_HTML_DOM_H

#include <gumbo.h>
#include <stdbool.h>
#include <stddef.h>

#include "mapping/arena.h"

enum {
    HTML_BYTES_MAX = 131072, /* what is longer is cut before it is parsed */
    HTML_NODES_MAX = 8192,
    HTML_ATTRIBUTES_MAX = 128, /* of one tag */
    HTML_MEMORY_MAX = 16 << 20,
};

struct html_tree; /* owns all that the nodes point at */

/* NULL when the HTML passes a bound. *cut, where given: only its beginning was parsed. */
struct html_tree *html_parse(const char *html, bool *cut);
void html_free(struct html_tree *tree);

/* Calls in document order. `depth` counts from 0 at the outermost nodes. For text nodes leave is not called,
 * nor for what enter has returned false for: that whole branch is passed over. */
struct html_visitor {
    void *context;
    bool (*enter)(void *context, const GumboNode *node, size_t depth);
    void (*leave)(void *context, const GumboNode *node, size_t depth);
};
void html_walk(const struct html_tree *tree, const struct html_visitor *visitor);

bool html_is_text(const GumboNode *node);
bool html_is_element(const GumboNode *node);
/* GUMBO_TAG_UNKNOWN for all that is no element of HTML itself. */
GumboTag html_tag(const GumboNode *node);
/* The value, or NULL. Borrowed from the tree. */
const char *html_attribute(const GumboNode *node, const char *name);
/* The attribute's value is a list of words (class, rel) that has this one. */
bool html_has_word(const GumboNode *node, const char *attribute, const char *word);

/* script, style and the like: what is inside is no text for people. */
bool html_is_dropped(GumboTag tag);
/* Elements that stand on lines of their own. */
bool html_is_block(GumboTag tag);
bool html_is_heading(GumboTag tag);

#endif
