/* The pages by table: which act a page shows, and what can be done from its rows and its form. Pure. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_VIEWS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_VIEWS_H

#include "gateway/admin/acts.h"
#include "mapping/buffer.h"

enum { VIEW_BUTTONS_MAX = 4, VIEW_OTHERS_MAX = 2 };

/* A button in each row: runs an act with one member of the row as its word. */
struct view_button {
    const char *act, *word, *member, *label;
    bool danger;
    const char *only_if, *is; /* the row's member of that name has that value; NULL: always */
};

struct visit;

struct view {
    const char *path, *title, *says, *act;
    enum act_scope scope;
    struct view_button buttons[VIEW_BUTTONS_MAX];
    const char *form, *form_label; /* an act whose parameters make a form below; NULL */
    const char *also, *also_label; /* another one below that; it shows what `act` says */
    bool danger;                   /* what the first form does cannot be taken back */
    /* Other acts that the same form can be sent to, each with a button of its own. */
    struct {
        const char *act, *label;
    } others[VIEW_OTHERS_MAX];
    const char *fixed, *value; /* a word that the act always gets here */
    const char *asks;          /* words of the page's address that the act gets, beside cursor */
    const char *opens;         /* the page that a row leads to, with the row's member `account`; NULL */
    /* Drawn above the table, or instead of the list of members; NULL. `path`: the page's own. */
    void (*draw)(struct buffer *page, const json_t *result, const char *path);
    /* Writes the page's content in place of what `act` shows (visit.h); NULL: a table or a list of members.
     */
    void (*put)(struct visit *visit, struct buffer *page, const struct view *view);
    bool fills; /* the form shows what `act` says, in place of that */
    bool apart; /* it is reached from other pages, not from the navigation */
};

/* Those of views_operator.c; the last has no path. */
extern const struct view operator_views[];

void view_put_home(struct visit *visit, struct buffer *page, const struct view *view);
void view_put_posts(struct visit *visit, struct buffer *page, const struct view *view);
void view_put_deleted(struct visit *visit, struct buffer *page, const struct view *view);
void view_put_post(struct visit *visit, struct buffer *page, const struct view *view);
void view_put_bridge(struct visit *visit, struct buffer *page, const struct view *view);

/* The page at a path for an owner or the operator; NULL. */
const struct view *view_find(const char *path, enum act_scope scope);
const struct view *view_at(size_t index);

/* views_health.c */
void view_draw_health(struct buffer *page, const json_t *result, const char *path);

#endif
