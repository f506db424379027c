/* Plain pages for people: a profile and a post, with the way back to the platform. No scripts; all text
 * escaped. */
#ifndef DRAWBRIDGE_GATEWAY_FED_PAGES_H
#define DRAWBRIDGE_GATEWAY_FED_PAGES_H

#include "gateway/fed/serve.h"
#include "gateway/store/posts.h"

/* HTML in the arena; NULL when the store is away. Both wait. */
const char *page_profile(struct serving *serving, const struct account_record *record,
                         const struct post_page *page);
const char *page_post(struct serving *serving, const struct account_record *record,
                      const struct post_record *post);

/* What this server is, for who opens its address: names nobody. */
const char *page_home(struct serving *serving);

struct tagged_post {
    struct account_record record;
    struct post_record post;
};
/* The newest posts with a hashtag. */
const char *page_tag(struct serving *serving, const char *tag, const struct tagged_post *posts, size_t count);

#endif
