/* The parts of a Note, for note_out.c and its siblings. */
#ifndef DRAWBRIDGE_MAPPING_NOTE_OUT_H
#define DRAWBRIDGE_MAPPING_NOTE_OUT_H

#include "mapping/html_out.h"

enum { ATTACHMENTS_MAX = 4 }; /* what Mastodon shows */

/* A note in the making. */
struct draft {
    const struct outbound_note *note;
    const struct post *post;
    struct arena *arena;
    struct loss loss; /* of this attempt */
    struct link_scope scope;
    const char *actor, *id, *followers;
    const struct outbound_link *parent; /* federated, or NULL */
    const struct outbound_link *quoted; /* federated, or NULL */
    struct rich_text body;              /* normal; cut where the whole did not fit */
    bool in_need; /* even without its text it did not fit: descriptions, options, links are kept short */
    bool cut, is_article, is_question;
};

/* "bluesky", or "the platform" when it has no name. */
const char *draft_platform(const struct draft *draft);
/* Where the original can be seen: the platform's page, else ours. */
const char *draft_original(const struct draft *draft);

/* media_out.c: the attachment list, and a paragraph of links to what it does not show. */
json_t *media_attachments(struct draft *draft);
void media_add_links(struct draft *draft, struct buffer *html);
/* The first image as an Image object; NULL when there is none. */
json_t *media_cover(struct draft *draft);

/* poll_out.c: whether other servers can take part; the members of a Question; or a paragraph. */
bool poll_is_question(const struct post *post);
void poll_put(struct draft *draft, json_t *document);
void poll_add_text(struct draft *draft, struct buffer *html);

/* content_out.c: the whole content. False when it passed HTML_OUT_MAX. */
bool content_write(struct draft *draft, struct buffer *html);
/* FEP-b2b8: an abstract of at most 500 characters, and what servers without articles show. */
const char *content_abstract(struct draft *draft);
json_t *content_preview(struct draft *draft);

#endif
