/* What an anchor in somebody's HTML is: a mention, a hashtag or a link, and what it is shown as. */
#ifndef DRAWBRIDGE_MAPPING_HTML_LINKS_H
#define DRAWBRIDGE_MAPPING_HTML_LINKS_H

#include "mapping/html_dom.h"
#include "mapping/inbound.h"

struct html_anchor {
    bool is_link; /* false: plain text */
    enum span_kind kind;
    const char *target, *label;
    const char *text; /* shown instead of what the anchor holds; NULL: as it is */
};

struct html_people {
    const struct inbound_note *note; /* or NULL */
    const struct inbound_person *people;
    size_t count;
};

/* `text`: what the anchor holds. `shortened`: parts of it are hidden by class (Mastodon's invisible,
 * ellipsis).
 */
struct html_anchor html_anchor_read(struct arena *arena, const GumboNode *node, const char *text,
                                    bool shortened, const struct html_people *people);

/* user@host of a Mention tag; NULL when it has none. */
const char *mention_handle(struct arena *arena, const struct inbound_mention *mention);

#endif
