/* The frame of a page and the parts that several pages share. Everything that people wrote is escaped. */
#ifndef PLAZA_PAGE_H
#define PLAZA_PAGE_H

#include "plaza/posts.h"
#include "plaza/visitor.h"

extern const char page_style[];

/* Head, navigation and the beginning of the main part; then fill request->answer and end the page. */
void page_begin(struct request *request, const struct visitor *visitor, int status, const char *title);
void page_end(struct request *request);
/* A whole page with one sentence. */
void page_message(struct request *request, const struct visitor *visitor, int status, const char *title,
                  const char *sentence);

/* <form method="post" action=…> with the token against forgery; the caller closes it. */
void form_begin(struct text *page, const struct visitor *visitor, const char *action);
/* The box to write in. `draft` fills it (NULL: empty); `parent` is what is answered, or NULL. */
void compose_box(struct text *page, const struct visitor *visitor, const char *action,
                 const struct post_draft *draft, const char *parent, const char *button);

/* One conversation (threads.h). */
void thread_cards(struct plaza *plaza, struct text *page, const struct visitor *visitor, const json_t *posts);

#endif
