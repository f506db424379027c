/* The frame of the public pages: the head with what programs read of a page, and the foot. Markup is written
 * by gateway/admin/page.h, which escapes. */
#ifndef DRAWBRIDGE_GATEWAY_FED_FRAME_H
#define DRAWBRIDGE_GATEWAY_FED_FRAME_H

#include "gateway/admin/page.h"
#include "gateway/fed/serve.h"

/* Each text may be NULL. */
struct frame {
    const char *title;
    const char *description, *image; /* for previews elsewhere (Open Graph) */
    const char *type;                /* Open Graph: "profile", "article", "website" */
    const char *url;                 /* canonical; without it there is no Open Graph */
    const char *creator;             /* name@host: whom links to here are credited to */
    const char *published;           /* RFC 3339, of an article */
    const char *alternate;           /* the ActivityPub id of what the page shows */
    const char *feed;                /* its Atom feed */
    const char *me;                  /* the same person's page on the platform */
    bool noindex;
};

/* An empty page with its head, as far as <main>. */
void frame_begin(struct buffer *page, const struct serving *serving, const struct frame *frame);
/* The foot. `platform`: whose accounts the page shows; NULL. HTML in the arena and the buffer cleared; NULL
 * when the page is too large. */
const char *frame_end(struct buffer *page, struct serving *serving, const char *platform);

/* Only http and https links are shown: anything else could run. */
bool frame_may_link(const char *url);
/* The beginning of a text, at most `maximum` bytes, as one line. In the arena. */
const char *frame_summary(struct arena *arena, const char *text, size_t maximum);

/* `contact` or `imprint` of the configuration: an address as a link, else as text. */
void frame_address(struct buffer *page, const char *address);

#endif
