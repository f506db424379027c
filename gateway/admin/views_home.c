/* An owner's first page: how the account is, and what waits for a decision. */
#include <string.h>

#include "gateway/admin/page.h"
#include "gateway/admin/show.h"
#include "gateway/admin/visit.h"

/* A number with its word, as a link to its page; `calls`: it wants something of the owner. */
static void put_tile(struct buffer *page, const json_t *account, const char *member, const char *path,
                     const char *one, const char *many, bool calls)
{
    json_int_t count = json_integer_value(json_object_get(account, member));
    page_format(page,
                calls && count ? "<li class=\"card tile calls\"><a href=\"%s\">"
                               : "<li class=\"card tile\"><a href=\"%s\">",
                path);
    buffer_format(page, "<strong>%lld</strong> ", (long long)count);
    page_format(page, "%s</a></li>", count == 1 ? one : many);
}

static void put_state(struct buffer *page, const json_t *account)
{
    static const struct {
        const char *state, *says;
    } states[] = {
        {"on", "Your account is in the fediverse."},
        {"paused", "Your account is paused: nothing new leaves."},
        {"leaving", "Your account is leaving the fediverse."},
        {"gone", "Your account has left the fediverse."},
    };
    const char *state = show_text(account, "state");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(states[i].state, state) == 0)
            page_format(page, "<p>%s ", states[i].says);
    buffer_add_string(page, strcmp(state, "on") == 0 ? "</p>" : "<a href=\"/bridge\">More</a></p>");
}

void view_put_home(struct visit *visit, struct buffer *page, const struct view *view)
{
    struct act act;
    if (visit_act(visit, page, &act, view->act, (char *)NULL)) {
        const json_t *account = act.result;
        page_format(page, "<div class=\"card\"><p class=\"handle\">%s</p>", show_text(account, "handle"));
        if (show_text(account, "name")[0])
            page_format(page, "<p>%s</p>", show_text(account, "name"));
        put_state(page, account);
        page_format(page, "<p class=\"help\">From %s, since ", show_text(account, "platform"));
        page_value(page, "since", json_object_get(account, "created"));
        page_format(page, ". People find you by searching for <code>%s</code> on their own server.</p></div>",
                    show_text(account, "handle"));
        buffer_add_string(page, "<ul class=\"tiles\">");
        put_tile(page, account, "followers", "/followers", "follower", "followers", false);
        put_tile(page, account, "posts", "/posts", "post is out", "posts are out", false);
        put_tile(page, account, "requests", "/requests", "asks to follow", "ask to follow", true);
        put_tile(page, account, "held_replies", "/held", "reply waits", "replies wait", true);
        buffer_add_string(page, "</ul>");
    }
    act_end(&act);
}
