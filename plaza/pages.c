#include "plaza/pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/actions.h"
#include "plaza/follows.h"
#include "plaza/handover.h"
#include "plaza/page.h"
#include "plaza/threads.h"

enum { HOME_THREADS = 30 };

static void get_style(struct plaza *plaza, struct request *request)
{
    (void)plaza;
    answer_empty(request, 200);
    request->type = "text/css; charset=utf-8";
    request->cacheable = true;
    text_put(&request->answer, page_style);
}

/* ---- home ---- */

static void put_sign_in(struct plaza *plaza, struct text *page, const struct visitor *visitor)
{
    text_put(page, "<section class=\"card\"><h1>Sign in</h1><p>Choose who you want to be.</p>");
    form_begin(page, visitor, "/sign-in");
    text_put(page, "<p>");
    sqlite3_stmt *row =
        database_query(&plaza->database,
                       "SELECT handle, name FROM account WHERE status = 'active' ORDER BY id LIMIT 12", "");
    while (database_row(&plaza->database, &row)) {
        text_format(page, "<button class=\"quiet\" name=\"member\" value=\"%s\">", column_text(row, 0));
        text_put_escaped(page, column_text(row, 1));
        text_put(page, "</button> ");
    }
    text_put(page, "</p></form></section>");
}

static void put_threads(struct plaza *plaza, struct text *page, const struct visitor *visitor,
                        int64_t account)
{
    json_t *threads = threads_recent(plaza, account, HOME_THREADS);
    size_t index;
    json_t *thread;
    if (!json_array_size(threads))
        text_put(page, "<section class=\"card\"><p class=\"meta\">No posts yet.</p></section>");
    json_array_foreach(threads, index, thread)
    {
        json_t *posts = thread_json(plaza, json_integer_value(thread));
        thread_cards(plaza, page, visitor, posts);
        json_decref(posts);
    }
    json_decref(threads);
}

static void get_home(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    visitor_read(plaza, request, &visitor);
    page_begin(request, &visitor, 200, "Newest posts");
    struct text *page = &request->answer;
    if (visitor.signed_in) {
        text_put(page, "<section class=\"card\">");
        compose_box(page, &visitor, "/posts", NULL, NULL, "Post");
        text_put(page, "</section>");
    } else
        put_sign_in(plaza, page, &visitor);
    put_threads(plaza, page, &visitor, 0);
    page_end(request);
}

/* ---- profile ---- */

static void get_profile(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    struct account account;
    visitor_read(plaza, request, &visitor);
    if (!account_by_handle(&plaza->database, request->captures[0], &account) ||
        !account_is_active(&account)) {
        page_message(request, &visitor, 404, "Not here", "There is no member of that name.");
        return;
    }
    if (strcmp(account.handle, request->captures[0]) != 0) {
        char path[HANDLE_MAX + 3];
        snprintf(path, sizeof path, "/@%s", account.handle);
        answer_redirect(request, path);
        return;
    }
    page_begin(request, &visitor, 200, account.name);
    struct text *page = &request->answer;
    text_put(page, "<section class=\"card\"><h1><bdi>");
    text_put_escaped(page, account.name);
    text_format(page, "</bdi></h1><div class=\"handle\">@%s</div>", account.handle);
    if (account.federation) {
        text_format(page, "<p>In the fediverse: <span class=\"address\">@%s@", account.handle);
        text_put_escaped(page, plaza->options.fediverse_host);
        text_put(page, "</span></p>");
    }
    text_put(page, "<div class=\"text\" dir=\"auto\">");
    text_put_escaped(page, account.bio);
    text_put(page, "</div>");
    if (visitor.signed_in && visitor.account.id == account.id)
        text_put(page, "<p><a href=\"/settings\">Change name and bio</a></p>");
    text_put(page, "</section>");
    put_threads(plaza, page, &visitor, account.id);
    page_end(request);
}

/* ---- one thread ---- */

static void show_thread(struct plaza *plaza, struct request *request, const char *number)
{
    struct visitor visitor;
    char id[CAPTURE_SIZE + 2];
    char local[LOCAL_ID_SIZE];
    int64_t thread = 0;
    visitor_read(plaza, request, &visitor);
    snprintf(id, sizeof id, "p_%s", number);
    enum post_outcome outcome =
        text_numbered_id(id, "p_") ? post_resolve(&plaza->database, id, local, &thread) : POST_NOT_FOUND;
    json_t *posts = outcome == POST_NOT_FOUND ? NULL : thread_json(plaza, thread);
    if (!posts)
        page_message(request, &visitor, 404, "Not here", "There is no such post.");
    else if (!json_array_size(posts))
        page_message(request, &visitor, 410, "Gone", "This post was deleted.");
    else {
        page_begin(request, &visitor, outcome == POST_GONE ? 410 : 200, "Post");
        thread_cards(plaza, &request->answer, &visitor, posts);
        page_end(request);
    }
    json_decref(posts);
}

static void get_thread(struct plaza *plaza, struct request *request)
{
    show_thread(plaza, request, request->captures[0]);
}

static void get_permalink(struct plaza *plaza, struct request *request)
{
    show_thread(plaza, request, request->captures[1]);
}

/* To the thread of a post by its local id. */
static void get_post(struct plaza *plaza, struct request *request)
{
    char local[LOCAL_ID_SIZE];
    char path[64];
    int64_t thread = 0;
    struct visitor visitor;
    enum post_outcome outcome = post_resolve(&plaza->database, request->captures[0], local, &thread);
    visitor_read(plaza, request, &visitor);
    if (outcome != POST_OK) {
        page_message(request, &visitor, 404, "Not here", "There is no such post.");
        return;
    }
    if (thread)
        snprintf(path, sizeof path, "/posts/%" PRId64 "#%s", thread, local);
    else
        snprintf(path, sizeof path, "/mentions#%s", local);
    answer_redirect(request, path);
}

static void get_mentions(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    visitor_read(plaza, request, &visitor);
    if (!visitor.signed_in) {
        page_message(request, &visitor, 403, "Please sign in", "Only members are named.");
        return;
    }
    json_t *posts = mentions_json(plaza, visitor.account.id);
    page_begin(request, &visitor, 200, "Who names you");
    text_put(&request->answer, "<h1>Who names you</h1>");
    if (!json_array_size(posts))
        text_put(&request->answer, "<section class=\"card\"><p class=\"meta\">Nobody yet.</p></section>");
    thread_cards(plaza, &request->answer, &visitor, posts);
    page_end(request);
    json_decref(posts);
}

static void get_edit(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    char id[CAPTURE_SIZE + 2];
    visitor_read(plaza, request, &visitor);
    snprintf(id, sizeof id, "p_%s", request->captures[0]);
    sqlite3_stmt *row =
        database_query(&plaza->database,
                       "SELECT text, warning, language, visibility, image_url, image_alt, id FROM post"
                       " WHERE id = ? AND account = ? AND deleted IS NULL",
                       "ii", text_numbered_id(id, "p_"), visitor.account.id);
    if (!visitor.signed_in || !database_row(&plaza->database, &row)) {
        database_finish(&row);
        page_message(request, &visitor, 404, "Not here", "There is no post of yours at this address.");
        return;
    }
    const struct post_draft draft = {.text = column_text(row, 0),
                                     .warning = column_text(row, 1),
                                     .language = column_text(row, 2),
                                     .visibility = column_text(row, 3),
                                     .image_url = column_text(row, 4),
                                     .image_alt = column_text(row, 5)};
    char action[64];
    snprintf(action, sizeof action, "/posts/%" PRId64 "/edit", column_number(row, 6));
    page_begin(request, &visitor, 200, "Edit");
    text_put(&request->answer, "<section class=\"card\"><h1>Edit your post</h1>");
    compose_box(&request->answer, &visitor, action, &draft, NULL, "Save");
    text_put(&request->answer, "</section>");
    page_end(request);
    database_finish(&row);
}

/* ---- settings ---- */

static void put_switch(struct plaza *plaza, struct text *page, const struct visitor *visitor)
{
    const struct account *account = &visitor->account;
    text_format(page, "<section class=\"card\"><h1>Fediverse: %s</h1>", account->federation ? "on" : "off");
    text_put(
        page,
        account->federation
            ? "<p>People on Mastodon and other servers can follow you. Your public and unlisted posts go to "
              "them, "
              "and so do your edits and deletes. Their answers appear under your posts, always with their "
              "server. Your address is</p><p><span class=\"address\">@"
            : "<p>Your posts stay on Plaza. When you switch the fediverse on, people on Mastodon and other "
              "servers can follow you and answer you; what you post from then on goes to them, and nothing "
              "older "
              "does. When you switch it off again, those servers are asked to delete what they have of you; "
              "most "
              "do, but nobody can promise it for all. Your address would be</p><p><span class=\"address\">@");
    text_format(page, "%s@", account->handle);
    text_put_escaped(page, plaza->options.fediverse_host);
    text_put(page, "</span></p>");
    form_begin(page, visitor, "/settings/federation");
    text_format(
        page,
        "<input type=\"hidden\" name=\"on\" value=\"%d\"><p><button%s>Switch the fediverse %s</button></p>",
        account->federation ? 0 : 1, account->federation ? " class=\"quiet\"" : "",
        account->federation ? "off" : "on");
    text_put(page, "</form></section>");
}

/* A link and no form: browsers let no form lead to another site's page. */
static void put_owner_pages(const struct plaza *plaza, struct text *page, const struct visitor *visitor)
{
    if (!plaza->handover || !visitor->account.federation)
        return;
    text_put(page,
             "<section class=\"card\"><h2>Followers, blocks, where your posts are</h2><p>The gateway has "
             "pages of your own for these.</p><p><a class=\"button\" href=\"/settings/fediverse\">Fediverse "
             "settings</a></p></section>");
}

static void get_owner_pages(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    char account[ACCOUNT_ID_SIZE];
    visitor_read(plaza, request, &visitor);
    snprintf(account, sizeof account, "u_%" PRId64, visitor.account.id);
    if (!visitor.signed_in || !plaza->handover || !visitor.account.federation)
        page_message(request, &visitor, visitor.signed_in ? 404 : 403,
                     visitor.signed_in ? "Not here" : "Please sign in",
                     visitor.signed_in ? "There are no such pages while the fediverse is off."
                                       : "Only members have settings.");
    else
        handover_ask(plaza->handover, request, account);
}

static void put_wishes(struct text *page, const struct visitor *visitor)
{
    text_put(page, "<section class=\"card\"><h2>In the fediverse</h2>");
    form_begin(page, visitor, "/settings/wishes");
    text_format(
        page,
        "<label class=\"check\"><input type=\"checkbox\" name=\"replies\" value=\"1\"%s>People of other "
        "servers "
        "may answer me</label><label class=\"check\"><input type=\"checkbox\" name=\"discoverable\" "
        "value=\"1\"%s>Directories and searches may show me</label><p><button>Save</button></p></form>",
        visitor->account.replies ? " checked" : "", visitor->account.discoverable ? " checked" : "");
    text_put(page, "</section>");
}

static void put_profile_form(struct text *page, const struct visitor *visitor)
{
    text_put(page, "<section class=\"card\"><h2>Profile</h2>");
    form_begin(page, visitor, "/settings/profile");
    text_put(page, "<label>Name<input name=\"name\" required maxlength=\"50\" value=\"");
    text_put_escaped(page, visitor->account.name);
    text_put(page, "\"></label><label>Bio<textarea name=\"bio\" maxlength=\"500\" rows=\"3\">\n");
    text_put_escaped(page, visitor->account.bio);
    text_put(page, "</textarea></label><p><button>Save</button></p></form></section>");
}

static void put_blocked(struct plaza *plaza, struct text *page, const struct visitor *visitor)
{
    sqlite3_stmt *row =
        database_query(&plaza->database,
                       "SELECT key, acct FROM blocked JOIN remote_actor ON remote_actor.id = blocked.actor"
                       " WHERE account = ? ORDER BY acct LIMIT 500",
                       "i", visitor->account.id);
    bool any = false;
    while (database_row(&plaza->database, &row)) {
        text_put(page, any ? "" : "<section class=\"card\"><h2>Blocked</h2>");
        any = true;
        form_begin(page, visitor, "/block");
        text_put(
            page,
            "<input type=\"hidden\" name=\"on\" value=\"0\"><input type=\"hidden\" name=\"key\" value=\"");
        text_put_escaped(page, column_text(row, 0));
        text_put(page, "\">@");
        text_put_escaped(page, column_text(row, 1));
        text_put(page, " <button class=\"link\">Unblock</button></form>");
    }
    if (any)
        text_put(page, "</section>");
}

static void get_settings(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    visitor_read(plaza, request, &visitor);
    if (!visitor.signed_in) {
        page_message(request, &visitor, 403, "Please sign in", "Only members have settings.");
        return;
    }
    page_begin(request, &visitor, 200, "Settings");
    put_switch(plaza, &request->answer, &visitor);
    put_owner_pages(plaza, &request->answer, &visitor);
    put_wishes(&request->answer, &visitor);
    put_profile_form(&request->answer, &visitor);
    put_blocked(plaza, &request->answer, &visitor);
    page_end(request);
}

static const struct route routes[] = {
    {METHOD_GET, false, "/", get_home},
    {METHOD_GET, false, "/style.css", get_style},
    {METHOD_GET, false, "/settings", get_settings},
    {METHOD_GET, false, "/settings/fediverse", get_owner_pages},
    {METHOD_GET, false, "/posts/*", get_thread},
    {METHOD_GET, false, "/posts/*/edit", get_edit},
    {METHOD_GET, false, "/show/*", get_post},
    {METHOD_GET, false, "/mentions", get_mentions},
    {METHOD_GET, false, "/home", get_home_page},
    {METHOD_GET, false, "/@*/*", get_permalink},
    {METHOD_GET, false, "/@*", get_profile},
    {METHOD_POST, true, "/sign-in", action_sign_in},
    {METHOD_POST, true, "/sign-out", action_sign_out},
    {METHOD_POST, true, "/posts", action_post},
    {METHOD_POST, true, "/posts/*/edit", action_edit},
    {METHOD_POST, true, "/posts/*/delete", action_delete},
    {METHOD_POST, true, "/like", action_like},
    {METHOD_POST, true, "/repost", action_repost},
    {METHOD_POST, true, "/pin", action_pin},
    {METHOD_POST, true, "/vote", action_vote},
    {METHOD_POST, true, "/block", action_block},
    {METHOD_POST, true, "/report", action_report},
    {METHOD_POST, true, "/follow", action_follow},
    {METHOD_POST, true, "/settings/federation", action_federation},
    {METHOD_POST, true, "/settings/wishes", action_wishes},
    {METHOD_POST, true, "/settings/profile", action_profile},
};

/* People read a page, not a problem document. */
static void explain(struct request *request)
{
    static const struct visitor nobody;
    char sentence[256] = "Something went wrong.";
    json_t *problem = json_loads(text_string(&request->answer), 0, NULL);
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    if (detail)
        snprintf(sentence, sizeof sentence, "%s", detail);
    json_decref(problem);
    page_message(request, &nobody, request->status, "That did not work", sentence);
}

bool pages_handle(struct plaza *plaza, struct request *request)
{
    bool new_events = routes_run(plaza, request, routes, sizeof routes / sizeof *routes);
    if (request->type && strcmp(request->type, "application/problem+json") == 0)
        explain(request);
    return new_events;
}
