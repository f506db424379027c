/* A length policy in the platform's own unit. */
#ifndef DRAWBRIDGE_MAPPING_TEXT_SHORTEN_H
#define DRAWBRIDGE_MAPPING_TEXT_SHORTEN_H

#include "mapping/model.h"

struct text_policy {
    size_t maximum, maximum_bytes; /* 0 = no limit */
    int unit;                      /* enum text_unit of adapters/adapter.h */
};

/* True when the text keeps to the policy. */
bool text_fits(const struct rich_text *text, const struct text_policy *policy);

/* The beginning that fits together with "… URL" (or "…" where the URL alone is too long), cut between words
 * where one ends near, never inside a grapheme, a link, a mention, a hashtag or an emoji. */
struct rich_text text_shorten(struct arena *arena, const struct rich_text *text,
                              const struct text_policy *policy, const char *url);

#endif
