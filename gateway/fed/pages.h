/* Pages for people: a profile, a post, a hashtag, what this server is. No scripts; all text escaped, all HTML
 * of posts as the mapping wrote it. Those that read the store wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_PAGES_H
#define DRAWBRIDGE_GATEWAY_FED_PAGES_H

#include "gateway/fed/serve.h"
#include "gateway/store/posts.h"

/* html: in the arena; NULL when the store is away or the page is too large. */
struct page {
    const char *html;
    const char *alternate; /* the ActivityPub id of what it shows; NULL */
    bool noindex;          /* search engines are asked to leave it out */
};

struct page page_profile(struct serving *serving, const struct account_record *record,
                         const struct post_page *list);
struct page page_post(struct serving *serving, const struct account_record *record,
                      const struct post_record *post);

/* What this server is, whom to write to, how to report and how to get out: names nobody. `about`: at
 * /actor/about, else at /. */
struct page page_about(struct serving *serving, bool about);

struct tagged_post {
    struct account_record record;
    struct post_record post;
};
/* The newest posts with a hashtag. */
struct page page_tag(struct serving *serving, const char *tag, const struct tagged_post *posts, size_t count);

/* Whether the owner lets search engines have the profile (and what lists its posts); and a post of it. */
bool page_is_indexable(const struct account_record *record);
bool page_post_is_indexable(const struct account_record *record, const struct post_record *post);

#endif
