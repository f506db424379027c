/* What the tags of our notes lead to: the posts with a hashtag, the picture of an emoji. All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_TAGS_H
#define DRAWBRIDGE_GATEWAY_FED_TAGS_H

#include <jansson.h>

#include "gateway/fed/serve.h"

/* Notes where a live post's hashtags and emoji lead, from its document. False: the store is away. */
bool tags_note(struct gateway *gateway, struct arena *arena, const struct account_record *record,
               const struct post_record *post, const json_t *note);

/* …/tags/NAME: the newest public posts with it that are still there. */
void serve_tag(struct serving *serving, const char *name);
/* …/emoji/NAME (FEP-9098) */
void serve_emoji(struct serving *serving, const char *name);

#endif
