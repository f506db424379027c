#include "plaza/follows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/outbox.h"
#include "plaza/page.h"
#include "plaza/pages.h"
#include "plaza/remote.h"
#include "plaza/threads.h"

enum { ACCT_MAX = 320, FOLLOWS_SHOWN = 500 };

/* ---- what the gateway says ---- */

static void answer_followed(struct request *request, int status, const char *key, int64_t rev, bool applied)
{
    answer_json(request, status,
                json_make("{s:s, s:s, s:I, s:b}", "key", key, "local_id", key, "rev", (json_int_t)rev,
                          "applied", applied));
}

/* The member who follows; 0 after 404 was answered. */
static int64_t member_of(struct plaza *plaza, struct request *request, const json_t *target)
{
    struct account account;
    const char *native = json_string_value(json_object_get(target, "account"));
    int64_t id = native ? text_numbered_id(native, "u_") : 0;
    if (id && account_by_id(&plaza->database, id, &account) && account.federation)
        return id;
    answer_problem(request, 404, "account_unknown", "target", "There is no such member in the fediverse.");
    return 0;
}

static bool is_state(const char *state)
{
    return strcmp(state, "asked") == 0 || strcmp(state, "accepted") == 0 || strcmp(state, "rejected") == 0;
}

void followed_put(struct plaza *plaza, struct request *request, const char *key, const json_t *body)
{
    struct fields fields = {.object = body};
    const char *state = field_text(&fields, "state", 16);
    int64_t rev = field_number(&fields, "rev");
    if (state && !is_state(state))
        field_is_bad(&fields, "state", "invalid");
    if (!fields_good(&fields, request) || !state)
        return;
    int64_t stored =
        database_number(&plaza->database, -1, "SELECT rev FROM followed WHERE key = ?", "t", key);
    if (stored >= rev) {
        answer_followed(request, 200, key, stored, false);
        return;
    }
    int64_t actor = remote_actor_of(plaza, request, json_object_get(body, "actor"));
    int64_t member = actor ? member_of(plaza, request, json_object_get(body, "target")) : 0;
    if (!member)
        return;
    database_run(&plaza->database,
                 "INSERT OR REPLACE INTO followed(key, rev, account, actor, state) VALUES(?, ?, ?, ?, ?)",
                 "tiiit", key, rev, member, actor, state);
    answer_followed(request, stored < 0 ? 201 : 200, key, rev, true);
}

bool followed_by_anybody(struct plaza *plaza, int64_t actor)
{
    return database_number(&plaza->database, 0,
                           "SELECT count(*) FROM followed WHERE actor = ? AND state = 'accepted'", "i",
                           actor) > 0;
}

/* ---- what members want ---- */

static void tell(struct plaza *plaza, const struct account *account, const char *type, json_t *subject)
{
    char id[ACCOUNT_ID_SIZE];
    snprintf(id, sizeof id, "u_%" PRId64, account->id);
    outbox_append(&plaza->database, type, id, subject, 1, json_object());
}

bool follow_wish(struct plaza *plaza, const struct account *account, const char *acct)
{
    acct += *acct == '@';
    const char *at = strchr(acct, '@');
    if (!account->federation || !at || at == acct || !at[1] || strlen(acct) > ACCT_MAX ||
        strpbrk(acct, " /?#<>\"\t\r\n"))
        return false;
    tell(plaza, account, "follow.created", json_make("{s:s}", "acct", acct));
    return true;
}

bool follow_end(struct plaza *plaza, const struct account *account, const char *key)
{
    if (!account->federation || !database_number(&plaza->database, 0,
                                                 "SELECT count(*) FROM followed JOIN remote_actor"
                                                 " ON remote_actor.id = followed.actor"
                                                 " WHERE account = ? AND remote_actor.key = ?",
                                                 "it", account->id, key))
        return false;
    tell(plaza, account, "follow.deleted", json_make("{s:s}", "remote", key));
    return true;
}

/* ---- the home page ---- */

static const char *words_for(const char *state)
{
    return strcmp(state, "accepted") == 0   ? ""
           : strcmp(state, "rejected") == 0 ? " · said no"
                                            : " · waits for an answer";
}

static void put_followed(struct plaza *plaza, struct text *page, const struct visitor *visitor)
{
    sqlite3_stmt *row = database_query(&plaza->database,
                                       "SELECT remote_actor.key, acct, state FROM followed"
                                       " JOIN remote_actor ON remote_actor.id = followed.actor"
                                       " WHERE account = ? ORDER BY acct LIMIT ?",
                                       "ii", visitor->account.id, (int64_t)FOLLOWS_SHOWN);
    while (database_row(&plaza->database, &row)) {
        form_begin(page, visitor, "/follow");
        text_put(page, "<input type=\"hidden\" name=\"key\" value=\"");
        text_put_escaped(page, column_text(row, 0));
        text_put(page, "\"><span class=\"handle\">@");
        text_put_escaped(page, column_text(row, 1));
        text_put(page, "</span><span class=\"meta\">");
        text_put(page, words_for(column_text(row, 2)));
        text_put(page, "</span> <button class=\"link\">Follow no more</button></form>");
    }
}

static void put_follow_form(struct plaza *plaza, struct text *page, const struct visitor *visitor)
{
    text_put(page, "<section class=\"card\"><h2>Whom you follow</h2>");
    put_followed(plaza, page, visitor);
    if (visitor->account.federation) {
        form_begin(page, visitor, "/follow");
        text_put(page, "<label>Somebody of another server<input name=\"acct\" required "
                       "placeholder=\"@name@server\"></label><p><button>Follow</button></p></form>");
    } else {
        text_put(page, "<p>To follow people of other servers, <a href=\"/settings\">switch the fediverse "
                       "on</a>.</p>");
    }
    text_put(page, "</section>");
}

void get_home_page(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    visitor_read(plaza, request, &visitor);
    if (!visitor.signed_in) {
        page_message(request, &visitor, 403, "Please sign in", "Only members have a home page.");
        return;
    }
    json_t *posts = home_json(plaza, visitor.account.id);
    page_begin(request, &visitor, 200, "Home");
    struct text *page = &request->answer;
    text_put(page, "<h1>Home</h1>");
    put_follow_form(plaza, page, &visitor);
    if (!json_array_size(posts))
        text_put(page, "<section class=\"card\"><p class=\"meta\">What people whom you follow write appears "
                       "here.</p></section>");
    thread_cards(plaza, page, &visitor, posts);
    page_end(request);
    json_decref(posts);
}

void action_follow(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = visitor_form(plaza, request, &visitor);
    if (!form)
        return;
    const char *acct = json_string_value(json_object_get(form, "acct"));
    const char *key = json_string_value(json_object_get(form, "key"));
    if (!visitor.signed_in)
        page_message(request, &visitor, 403, "Please sign in", "Only members can do this.");
    else if (acct ? follow_wish(plaza, &visitor.account, acct)
                  : key && follow_end(plaza, &visitor.account, key))
        answer_redirect(request, "/home");
    else
        page_message(request, &visitor, 422, "Not followed",
                     "Write the address with the server, as in @rosa@mastodon.example; and switch the "
                     "fediverse on first.");
    json_decref(form);
}
