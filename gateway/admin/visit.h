/* One request for a page, and the parts that pages are made of (pages.c). Calls that run an act wait. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_VISIT_H
#define DRAWBRIDGE_GATEWAY_ADMIN_VISIT_H

#include "gateway/admin/sessions.h"
#include "gateway/admin/views.h"
#include "gateway/http/server.h"

struct visit {
    struct gateway *gateway;
    struct http_request *request;
    struct arena *arena;
    const char *cookie; /* "" when there is none */
    struct page_session session;
    enum act_scope scope;
    char set_cookie[160];
    unsigned refresh_s;      /* the browser asks again by itself after so long; 0: never */
    const char *disposition; /* a file to be kept; NULL: a page */
};

enum { VISIT_WORD_MAX = 256 };

/* A parameter of the address; NULL when it is not there or too long. In the arena. */
const char *visit_parameter(struct visit *visit, const char *name);
/* Runs an act that only reads; words are "name", value, … with a NULL at the end (a NULL value leaves its
 * name out). False: it is sent away with a sentence on the page. act_end() in any case. */
bool visit_act(struct visit *visit, struct buffer *page, struct act *act, const char *name, ...)
    __attribute__((sentinel));

/* The beginning of a form that does an act and leads back to `back`, a page of ours with its query. */
void visit_form(struct visit *visit, struct buffer *page, const char *act, const char *back);
/* A form of a single button. */
void visit_button(struct visit *visit, struct buffer *page, const char *act, const char *word,
                  const char *value, const char *label, bool danger, const char *back);
void visit_members(struct buffer *page, const json_t *members);
/* "More" when the result has a "next". */
void visit_more(struct buffer *page, const char *address, const json_t *result);
/* This page loads itself again while something waits; a link does the same by hand. */
void visit_refresh(struct visit *visit, struct buffer *page, const char *address);

#endif
