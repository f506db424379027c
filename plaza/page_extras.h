/* What a card shows besides the text. */
#ifndef PLAZA_PAGE_EXTRAS_H
#define PLAZA_PAGE_EXTRAS_H

#include "plaza/page.h"

/* Poll, quote, repost, pin of a post as threads.h gives it. */
void put_extras(struct text *page, const struct visitor *visitor, const json_t *post);
void put_reactions(struct text *page, const json_t *post);
/* Buttons for a member: show again, pin. */
void put_extra_actions(struct text *page, const struct visitor *visitor, const json_t *post);

#endif
