#include "gateway/admin/views.h"

#include <string.h>

#include "gateway/admin/page.h"

static void draw_moved(struct buffer *page, const json_t *result, const char *path)
{
    (void)path;
    const json_t *moved_to = json_object_get(result, "moved_to");
    if (!json_is_string(moved_to))
        return;
    buffer_add_string(page, "<p>This account has moved to ");
    page_value(page, "moved_to", moved_to);
    buffer_add_string(page, ". The word <code>none</code> in the last field takes that back.</p>");
}

static const struct view views[] = {
    {.path = "/",
     .title = "Home",
     .says = "",
     .act = "account.show",
     .scope = ACT_OWNER,
     .put = view_put_home},
    {.path = "/followers",
     .title = "Followers",
     .says =
         "Who follows you, with the server they are on. Who is removed or blocked is told by their server.",
     .act = "follower.list",
     .scope = ACT_OWNER,
     .buttons = {{"following.add", "person", "actor", "Follow back", false, "followed", "no"},
                 {"follower.remove", "person", "actor", "Remove", false, NULL, NULL},
                 {"block.add", "subject", "actor", "Block", true, NULL, NULL},
                 {"block.add", "subject", "server", "Block the server", true, NULL, NULL}}},
    {.path = "/following",
     .title = "Following",
     .says = "Whom you follow, and what they said to it. They may decide by hand; a request that was not "
             "answered can be sent again.",
     .act = "following.list",
     .scope = ACT_OWNER,
     .buttons = {{"following.remove", "person", "actor", "Follow no more", false, NULL, NULL},
                 {"following.add", "person", "actor", "Ask again", false, "state", "unanswered"},
                 {"following.add", "person", "actor", "Ask once more", false, "state", "rejected"}},
     .form = "following.add",
     .form_label = "Follow",
     .also = "following.set",
     .also_label = "Save"},
    {.path = "/requests",
     .title = "Requests",
     .says = "Who asks to follow you. You decide; until then they get nothing.",
     .act = "follower.requests",
     .scope = ACT_OWNER,
     .buttons = {{"follower.approve", "person", "actor", "Approve", false, NULL, NULL},
                 {"follower.refuse", "person", "actor", "Refuse", false, NULL, NULL},
                 {"block.add", "subject", "actor", "Block", true, NULL, NULL}}},
    {.path = "/held",
     .title = "Waiting replies",
     .says =
         "Replies that wait for you, as your settings want it. What you approve appears on your platform.",
     .act = "reply.held",
     .scope = ACT_OWNER,
     .buttons = {{"reply.approve", "reply", "reply", "Approve", false, NULL, NULL},
                 {"reply.remove", "reply", "reply", "Refuse", false, NULL, NULL},
                 {"block.add", "subject", "actor", "Block", true, NULL, NULL}}},
    {.path = "/replies",
     .title = "Replies",
     .says =
         "What people of the fediverse wrote to you, the newest first. Your platform shows it unless it says "
         "here why it was refused: it is not tried again.",
     .act = "reply.list",
     .scope = ACT_OWNER,
     .buttons = {{"reply.remove", "reply", "reply", "Remove", false, NULL, NULL},
                 {"block.add", "subject", "actor", "Block", true, NULL, NULL}}},
    {.path = "/where",
     .title = "Where am I?",
     .says = "The servers that may hold something of you, and what is known of them. A block stops all that "
             "is new; Deletes still go "
             "there.",
     .act = "where.list",
     .scope = ACT_OWNER,
     .buttons = {{"block.add", "subject", "host", "Block the server", true, NULL, NULL}}},
    {.path = "/posts",
     .title = "Posts",
     .says =
         "Your posts that are out, the newest first: how many servers may hold each, and what was changed on "
         "the way.",
     .act = "post.list",
     .scope = ACT_OWNER,
     .put = view_put_posts},
    {.path = "/deleted",
     .title = "Deleted posts",
     .says =
         "What you deleted within 180 days, and how many of the servers that may hold a copy have answered.",
     .act = "post.deleted",
     .scope = ACT_OWNER,
     .put = view_put_deleted,
     .apart = true},
    {.path = "/post",
     .title = "Post",
     .says = "",
     .act = "post.show",
     .scope = ACT_OWNER,
     .put = view_put_post,
     .apart = true},
    {.path = "/blocks",
     .title = "Blocks",
     .says = "People and servers that you have nothing to do with.",
     .act = "block.list",
     .scope = ACT_OWNER,
     .buttons = {{"block.remove", "subject", "subject", "Take back", false, "by", "owner"}},
     .form = "block.add",
     .form_label = "Block"},
    {.path = "/moving",
     .title = "Moving",
     .says = "Other accounts of yours. Name one here before you move it here from its own server. To move "
             "from here, name "
             "this account there first; then your followers are told, and most servers make them follow you "
             "there.",
     .act = "alias.list",
     .scope = ACT_OWNER,
     .buttons = {{"alias.remove", "person", "alias", "Remove", false, NULL, NULL}},
     .form = "alias.add",
     .form_label = "Name it",
     .also = "account.move",
     .also_label = "Move",
     .draw = draw_moved},
    {.path = "/settings",
     .title = "Settings",
     .says = "How your account behaves in the fediverse.",
     .act = "account.show",
     .scope = ACT_OWNER,
     .form = "account.set",
     .form_label = "Save",
     .fills = true},
    {.path = "/bridge",
     .title = "Pause or leave",
     .says = "Whether your account is in the fediverse at all.",
     .act = "account.leaving",
     .scope = ACT_OWNER,
     .put = view_put_bridge},
    {.path = "/audit",
     .title = "What was done",
     .says = "What was done with your account, by whom and when.",
     .act = "account.audit",
     .scope = ACT_OWNER},
};

const struct view *view_at(size_t index)
{
    size_t own = sizeof views / sizeof views[0];
    if (index < own)
        return &views[index];
    for (const struct view *view = operator_views; view->path; view++)
        if (index-- == own)
            return view;
    return NULL;
}

const struct view *view_find(const char *path, enum act_scope scope)
{
    const struct view *view;
    for (size_t i = 0; (view = view_at(i)) != NULL; i++)
        if (view->scope == scope && strcmp(view->path, path) == 0)
            return view;
    return NULL;
}
