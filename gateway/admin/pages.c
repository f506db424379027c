/* The third door: pages, rendered here, that work without scripts. A cookie names the session; every form
 * carries the session's own secret word, so that no other site can send one. */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/admin/admin.h"
#include "gateway/admin/page.h"
#include "gateway/admin/visit.h"
#include "gateway/http/form.h"

enum {
    PAGE_MAX = 8 << 20,
    REFRESH_S = 4,
    NAME_LENGTH = 64,
    COLUMNS_MAX = 8
}; /* more columns are no table: each row is a list */

extern const char admin_style[];
extern const char admin_icon[];

/* ---- answers ---- */

static const char *cookie_name(const struct visit *visit)
{
    /* The prefix binds the cookie to this host and to https; plain http is for loopback. */
    return strncmp(visit->gateway->config->admin_url, "https:", 6) == 0 ? "__Host-drawbridge" : "drawbridge";
}

static void answer_bytes(struct visit *visit, int status, const char *type, const char *body, size_t length,
                         const char *location)
{
    char seconds[16];
    struct http_answer sent = {
        .status = status,
        .content_type = type,
        .body = body,
        .length = length,
        .headers = {{"Cache-Control", "no-store"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "no-referrer"},
                    {"Cross-Origin-Opener-Policy", "same-origin"},
                    {"Content-Security-Policy",
                     "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
                     "base-uri 'none'; frame-ancestors 'none'"}},
    };
    size_t next = 5;
    if (location)
        sent.headers[next++] = (struct http_header){"Location", location};
    if (visit->set_cookie[0])
        sent.headers[next++] = (struct http_header){"Set-Cookie", visit->set_cookie};
    if (visit->disposition)
        sent.headers[next++] = (struct http_header){"Content-Disposition", visit->disposition};
    (void)snprintf(seconds, sizeof seconds, "%u", visit->refresh_s);
    if (visit->refresh_s)
        sent.headers[next] = (struct http_header){"Refresh", seconds};
    http_answer(visit->request, &sent);
}

static void answer(struct visit *visit, int status, const char *type, const char *body, const char *location)
{
    answer_bytes(visit, status, type, body, strlen(body), location);
}

static void go(struct visit *visit, const char *path)
{
    answer(visit, 303, "text/plain; charset=utf-8", "Go on.\n", path);
}

static void set_cookie(struct visit *visit, const char *value)
{
    bool secure = strncmp(cookie_name(visit), "__Host-", 7) == 0;
    (void)snprintf(visit->set_cookie, sizeof visit->set_cookie,
                   "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", cookie_name(visit), value,
                   secure ? "; Secure" : "", *value ? "" : "; Max-Age=0");
}

/* ---- the frame of a page ---- */

static void put_navigation(struct visit *visit, struct buffer *page, const struct view *here)
{
    buffer_add_string(page, "<nav aria-label=\"Pages\"><ul>");
    const struct view *view;
    for (size_t i = 0; (view = view_at(i)) != NULL; i++) {
        if (view->scope != visit->scope || view->apart)
            continue;
        page_format(page, "<li><a href=\"%s\"", view->path);
        buffer_add_string(page, view == here ? " aria-current=\"page\">" : ">");
        page_format(page, "%s</a></li>", view->title);
    }
    buffer_add_string(page, "</ul></nav>");
}

void visit_form(struct visit *visit, struct buffer *page, const char *act, const char *back)
{
    page_format(page,
                "<form method=\"post\" action=\"/do/%s\"><input type=\"hidden\" name=\"form\" value=\"%s\">"
                "<input type=\"hidden\" name=\"back\" value=\"%s\">",
                act, visit->session.form, back);
}

static void begin(struct buffer *page, const char *title)
{
    buffer_init(page, PAGE_MAX);
    page_format(page,
                "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                "content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>%s · "
                "drawbridge</title>"
                "<link rel=\"stylesheet\" href=\"/style.css\"><link rel=\"icon\" type=\"image/svg+xml\" "
                "href=\"/icon.svg\"></head><body><a class=\"skip\" "
                "href=\"#main\">To the content</a>",
                title);
}

static void finish(struct visit *visit, struct buffer *page, int status)
{
    buffer_add_string(page, "</main></body></html>\n");
    if (page->failed)
        http_answer_text(visit->request, 500,
                         "The page has become too large; use the command line instead.\n");
    else
        answer(visit, status, "text/html; charset=utf-8", buffer_text(page), NULL);
    buffer_clear(page);
}

static void sentence(struct visit *visit, int status, const char *title, const char *text)
{
    struct buffer page;
    begin(&page, title);
    page_format(&page, "<main id=\"main\"><h1>%s</h1><p class=\"card\">%s</p>", title, text);
    finish(visit, &page, status);
}

/* ---- what an act shows ---- */

void visit_button(struct visit *visit, struct buffer *page, const char *act, const char *word,
                  const char *value, const char *label, bool danger, const char *back)
{
    visit_form(visit, page, act, back);
    if (word)
        page_format(page, "<input type=\"hidden\" name=\"%s\" value=\"%s\">", word, value);
    buffer_add_string(page, danger ? "<button class=\"danger\"" : "<button");
    if (word)
        page_format(page, " aria-label=\"%s %s\"", label, value);
    page_format(page, ">%s</button></form>", label);
}

void visit_more(struct buffer *page, const char *address, const json_t *result)
{
    const char *next = json_string_value(json_object_get(result, "next"));
    if (next)
        page_format(page, "<p><a href=\"%s%scursor=%s\">More</a></p>", address,
                    strchr(address, '?') ? "&" : "?", next);
}

void visit_refresh(struct visit *visit, struct buffer *page, const char *address)
{
    visit->refresh_s = REFRESH_S;
    page_format(page, "<p class=\"help\">This page looks again by itself. <a href=\"%s\">Look now</a></p>",
                address);
}

/* Where one comes from, to be led back there: a page of one account names it. */
static const char *own_address(struct visit *visit, const struct view *view)
{
    const char *account = visit_parameter(visit, "account");
    bool names = visit->scope == ACT_OPERATOR && view->act && act_find(view->act)->scope == ACT_OWNER;
    return names && account ? arena_format(visit->arena, "%s?account=%s", view->path, account) : view->path;
}

static void put_button(struct visit *visit, struct buffer *page, const struct view *view,
                       const struct view_button *button, const json_t *row)
{
    const char *value = json_string_value(json_object_get(row, button->member));
    const char *condition = button->only_if ? json_string_value(json_object_get(row, button->only_if)) : NULL;
    if (!value || (button->only_if && (!condition || strcmp(condition, button->is) != 0)))
        return;
    visit_button(visit, page, button->act, button->word, value, button->label, button->danger,
                 own_address(visit, view));
}

static void put_buttons(struct visit *visit, struct buffer *page, const struct view *view, const json_t *row)
{
    for (size_t i = 0; i < VIEW_BUTTONS_MAX && view->buttons[i].act; i++)
        put_button(visit, page, view, &view->buttons[i], row);
}

static void put_row(struct visit *visit, struct buffer *page, const struct view *view, const char *columns,
                    const json_t *row)
{
    char name[NAME_LENGTH];
    buffer_add_string(page, "<tr>");
    for (const char *at = columns; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, at);
        at += length;
        buffer_add_string(page, page_is_long(json_object_get(row, name)) ? "<td class=\"long\" data-name=\""
                                                                         : "<td data-name=\"");
        page_name(page, name);
        buffer_add_string(page, "\">");
        const char *account = json_string_value(json_object_get(row, "account"));
        const char *text = json_string_value(json_object_get(row, name));
        if (view->opens && account && text && at == columns + length)
            page_format(page, "<a href=\"%s?account=%s\">%s</a>", view->opens, account, text);
        else
            page_value(page, name, json_object_get(row, name));
        buffer_add_string(page, "</td>");
    }
    if (view->buttons[0].act) {
        buffer_add_string(page, "<td>");
        put_buttons(visit, page, view, row);
        buffer_add_string(page, "</td>");
    }
    buffer_add_string(page, "</tr>");
}

/* So many names stand there, divided by a blank each. */
static size_t columns_of(const struct act_kind *kind)
{
    size_t count = 1;
    for (const char *at = kind->columns; *at; at++)
        count += *at == ' ';
    return count;
}

static void put_table(struct visit *visit, struct buffer *page, const struct view *view,
                      const struct act_kind *kind, const json_t *result)
{
    char name[NAME_LENGTH];
    size_t index;
    const json_t *row;
    const json_t *items = json_object_get(result, "items");
    if (json_array_size(items) == 0) {
        buffer_add_string(page, "<p class=\"card\">There is nothing yet.</p>");
        return;
    }
    buffer_add_string(page, "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">");
    buffer_add_string(page, columns_of(kind) > COLUMNS_MAX ? "<table class=\"many\"><thead><tr>"
                                                           : "<table><thead><tr>");
    for (const char *at = kind->columns; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, at);
        at += length;
        buffer_add_string(page, "<th scope=\"col\">");
        page_name(page, name);
        buffer_add_string(page, "</th>");
    }
    buffer_add_string(page, view->buttons[0].act
                                ? "<th scope=\"col\">What you can do</th></tr></thead><tbody>"
                                : "</tr></thead><tbody>");
    json_array_foreach(items, index, row) put_row(visit, page, view, kind->columns, row);
    buffer_add_string(page, "</tbody></table>");
    visit_more(page, view->path, result);
    buffer_add_string(page, "</div>");
}

void visit_members(struct buffer *page, const json_t *result)
{
    const char *name;
    json_t *value;
    buffer_add_string(page, "<dl class=\"card\">");
    json_object_foreach((json_t *)(uintptr_t)result, name, value)
    {
        buffer_add_string(page, "<dt>");
        page_name(page, name);
        buffer_add_string(page, "</dt><dd>");
        page_value(page, name, value);
        buffer_add_string(page, "</dd>");
    }
    buffer_add_string(page, "</dl>");
}

/* What a form's field says before it is changed; "" where nothing is known. */
static const char *text_before(struct visit *visit, const json_t *known, const char *name)
{
    const json_t *value = json_object_get(known, name);
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    if (json_is_integer(value))
        return arena_format(visit->arena, "%lld", (long long)json_integer_value(value));
    return json_is_string(value) ? json_string_value(value) : "";
}

static void put_input(struct visit *visit, struct buffer *page, const struct act_parameter *parameter,
                      const json_t *known)
{
    const char *name = parameter->name;
    const char *before = text_before(visit, known, name);
    if (!parameter->choices) {
        page_format(
            page,
            "<input id=\"%s\" name=\"%s\" value=\"%s\" aria-describedby=\"%s-help\" autocomplete=\"off\"",
            name, name, before, name);
        buffer_add_string(page, parameter->required ? " required>" : ">");
        return;
    }
    page_format(page, "<select id=\"%s\" name=\"%s\" aria-describedby=\"%s-help\">", name, name, name);
    if (!before[0])
        buffer_add_string(page, "<option value=\"\">as it is</option>");
    for (const char *at = parameter->choices; *at; at += strspn(at, " ")) {
        char choice[NAME_LENGTH];
        size_t length = strcspn(at, " ");
        (void)snprintf(choice, sizeof choice, "%.*s", (int)length, at);
        buffer_add_string(page, strcmp(choice, before) == 0 ? "<option selected>" : "<option>");
        page_format(page, "%s</option>", choice);
        at += length;
    }
    buffer_add_string(page, "</select>");
}

static void put_form(struct visit *visit, struct buffer *page, const struct view *view, const char *act,
                     const char *label, const json_t *known)
{
    const struct act_kind *kind = act_find(act);
    buffer_add_string(page, "<div class=\"card\">");
    visit_form(visit, page, act, own_address(visit, view));
    if (visit->scope == ACT_OPERATOR && kind->scope == ACT_OWNER)
        page_format(page, "<input type=\"hidden\" name=\"account\" value=\"%s\">",
                    visit_parameter(visit, "account"));
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && kind->parameters[i].name; i++) {
        const struct act_parameter *parameter = &kind->parameters[i];
        page_format(page, "<label for=\"%s\">", parameter->name);
        if (parameter->label)
            page_text(page, parameter->label);
        else
            page_name(page, parameter->name);
        buffer_add_string(page, "</label>");
        put_input(visit, page, parameter, known);
        page_format(page, "<div class=\"help\" id=\"%s-help\">%s</div>", parameter->name, parameter->says);
    }
    buffer_add_string(page,
                      act == view->form && view->danger ? "<p><button class=\"danger\">" : "<p><button>");
    page_format(page, "%s</button>", label);
    for (size_t i = 0; act == view->form && i < VIEW_OTHERS_MAX && view->others[i].act; i++)
        page_format(page, " <button formaction=\"/do/%s\">%s</button>", view->others[i].act,
                    view->others[i].label);
    buffer_add_string(page, "</p></form></div>");
}

const char *visit_parameter(struct visit *visit, const char *name)
{
    char value[VISIT_WORD_MAX];
    return http_request_parameter(visit->request, name, value, sizeof value)
               ? arena_string(visit->arena, value)
               : NULL;
}

static struct act act_of(struct visit *visit, const struct act_kind *kind, const json_t *words)
{
    return (struct act){.gateway = visit->gateway,
                        .arena = visit->arena,
                        .kind = kind,
                        .words = words,
                        .who = visit->session.aid[0] ? "owner" : "operator",
                        .by_owner = visit->session.aid[0] != '\0'};
}

/* The operator's session does for any account what its owner can; the page's address names it. */
static const char *account_of(struct visit *visit, const struct act_kind *kind)
{
    if (visit->scope != ACT_OPERATOR || kind->scope != ACT_OWNER)
        return visit->session.aid;
    const char *account = visit_parameter(visit, "account");
    return account && aid_is_valid(account, strlen(account)) ? account : "";
}

bool visit_act(struct visit *visit, struct buffer *page, struct act *act, const char *name, ...)
{
    va_list list;
    json_t *words = json_object();
    va_start(list, name);
    for (const char *word = va_arg(list, const char *); word; word = va_arg(list, const char *)) {
        const char *value = va_arg(list, const char *);
        if (value)
            (void)json_object_set_new(words, word, json_string(value));
    }
    va_end(list);
    *act = act_of(visit, act_find(name), words);
    bool done = act_run(act, account_of(visit, act->kind)) == ACT_DONE;
    if (!done && page)
        page_format(page, "<p class=\"said wrong\" role=\"alert\">%s</p>", act->problem);
    json_decref(words);
    act->words = NULL;
    return done;
}

static void put_act(struct visit *visit, struct buffer *page, const struct view *view)
{
    struct act act;
    const char *asked = view->asks ? view->asks : "cursor";
    const char *fixed = view->fixed ? view->fixed : "cursor";
    bool done = visit_act(visit, page, &act, view->act, "cursor", visit_parameter(visit, "cursor"), asked,
                          visit_parameter(visit, asked), fixed,
                          view->fixed ? view->value : visit_parameter(visit, "cursor"), (char *)NULL);
    if (done && view->draw)
        view->draw(page, act.result, view->path);
    if (done && act.kind->columns)
        put_table(visit, page, view, act.kind, act.result);
    else if (done && !view->draw)
        visit_members(page, act.result);
    if (done && !act.kind->columns)
        put_buttons(visit, page, view, act.result);
    if (view->form)
        put_form(visit, page, view, view->form, view->form_label, NULL);
    if (view->also)
        put_form(visit, page, view, view->also, view->also_label, act.result);
    act_end(&act);
}

static void put_filled(struct visit *visit, struct buffer *page, const struct view *view)
{
    struct act act;
    if (visit_act(visit, page, &act, view->act, (char *)NULL))
        put_form(visit, page, view, view->form, view->form_label, act.result);
    act_end(&act);
}

static void show(struct visit *visit, const struct view *view)
{
    struct buffer page;
    begin(&page, view->title);
    buffer_add_string(&page, "<header><strong>drawbridge</strong>");
    put_navigation(visit, &page, view);
    page_format(
        &page,
        "<form method=\"post\" action=\"/out\"><input type=\"hidden\" name=\"form\" value=\"%s\"><button "
        "class=\"quiet\">Sign out</button></form></header><main id=\"main\"><h1>%s</h1>",
        visit->session.form, view->title);
    if (visit->session.said[0]) {
        buffer_add_string(&page, visit->session.wrong ? "<p class=\"said wrong\" role=\"alert\">"
                                                      : "<p class=\"said\" role=\"status\">");
        page_format(&page, "%s</p>", visit->session.said);
    }
    if (view->says[0])
        page_format(&page, "<p>%s</p>", view->says);
    if (view->fills)
        put_filled(visit, &page, view);
    else
        (view->put ? view->put : put_act)(visit, &page, view);
    finish(visit, &page, 200);
}

/* ---- forms ---- */

static const char *field(struct visit *visit, const char *name)
{
    return form_field(visit->request, visit->arena, name);
}

static bool is_form_of_session(struct visit *visit)
{
    const char *type = http_request_header(visit->request, "content-type");
    const char *form = field(visit, "form");
    if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0 ||
        !form_is_from(visit->request, visit->gateway->config->admin_url))
        return false;
    return form && strlen(form) == SECRET_SIZE - 1 &&
           CRYPTO_memcmp(form, visit->session.form, SECRET_SIZE - 1) == 0;
}

static json_t *words_of(struct visit *visit, const struct act_kind *kind)
{
    json_t *words = json_object();
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && kind->parameters[i].name; i++) {
        const char *value = field(visit, kind->parameters[i].name);
        if (value && *value)
            (void)json_object_set_new(words, kind->parameters[i].name, json_string(value));
    }
    return words;
}

static const char *what_became(struct visit *visit, const struct act *act, enum act_outcome outcome)
{
    if (outcome != ACT_DONE)
        return act->problem;
    const char *token = json_string_value(json_object_get(act->result, "token"));
    if (token)
        return arena_format(visit->arena, "The token, shown this once: %s", token);
    const char *code = json_string_value(json_object_get(act->result, "code"));
    if (code)
        return arena_format(visit->arena, "The code: %s. Next, %s.", code,
                            json_string_value(json_object_get(act->result, "next")));
    const char *link = json_string_value(json_object_get(act->result, "link"));
    if (link)
        return arena_format(visit->arena, "Done. This link lets you in, once: %s", link);
    const char *said = json_string_value(json_object_get(act->result, "said"));
    if (said)
        return arena_format(visit->arena, "%s.", said);
    if (strcmp(act->kind->name, "account.set") == 0)
        return "Saved.";
    const char *own = json_string_value(json_object_get(act->result, "account"));
    if (own && strcmp(own, visit->session.aid) == 0)
        return "Done.";
    const char *subject = json_string_value(json_object_get(act->result, "subject"));
    const char *handle = json_string_value(json_object_get(act->result, "handle"));
    return arena_format(visit->arena, "Done%s%s.", subject || handle ? ": " : "",
                        subject  ? subject
                        : handle ? handle
                                 : "");
}

/* Only to a page of ours: whatever else `back` says is no way out of here. */
static const char *way_back(struct visit *visit)
{
    const char *back = field(visit, "back");
    const char *query = back ? strchr(back, '?') : NULL;
    const char *path = query ? arena_copy(visit->arena, back, (size_t)(query - back)) : back;
    bool plain =
        !query || strspn(query, "?=&-_.~:/%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
                      strlen(query);
    return path && plain && view_find(path, visit->scope) ? back : "/";
}

static void run_form(struct visit *visit, const char *name)
{
    const struct act_kind *kind = act_find(name);
    if (!is_form_of_session(visit)) {
        sentence(visit, 403, "Not from here",
                 "This form is not of your session. Go back, load the page again, and try once more.");
        return;
    }
    const char *aid = visit->session.aid;
    bool lent = kind && visit->scope == ACT_OPERATOR && kind->scope == ACT_OWNER;
    if (lent) {
        const char *account = field(visit, "account");
        aid = account && aid_is_valid(account, strlen(account)) ? account : NULL;
    }
    if (!kind || !kind->changes || !aid || (!lent && kind->scope != visit->scope)) {
        sentence(visit, 404, "Not found", "There is no such page.");
        return;
    }
    json_t *words = words_of(visit, kind);
    struct act act = act_of(visit, kind, words);
    enum act_outcome outcome = act_run(&act, aid);
    bool told = session_say(visit->gateway->store, visit->cookie, what_became(visit, &act, outcome),
                            outcome != ACT_DONE);
    act_end(&act);
    json_decref(words);
    if (told)
        go(visit, way_back(visit));
    else
        sentence(visit, 503, "Not now", "The store does not answer just now; try again.");
}

/* ---- in and out ---- */

static const char *cookie_of(struct visit *visit)
{
    const char *name = cookie_name(visit);
    const char *header = http_request_header(visit->request, "cookie");
    char *rest = NULL;
    char *text = arena_string(visit->arena, header ? header : "");
    for (char *pair = strtok_r(text, "; ", &rest); pair; pair = strtok_r(NULL, "; ", &rest)) {
        size_t length = strlen(name);
        if (strncmp(pair, name, length) == 0 && pair[length] == '=')
            return pair + length + 1;
    }
    return "";
}

/* Programs that look at links before people do must not use one up: it takes a press of a button. */
static void offer_way_in(struct visit *visit, const char *link)
{
    struct buffer page;
    begin(&page, "Sign in");
    page_format(&page,
                "<main id=\"main\"><h1>Sign in</h1><div class=\"card\"><p>This link lets you in "
                "once.</p><form method=\"post\" "
                "action=\"/in/%s\"><button>Sign in</button></form></div>",
                link);
    finish(visit, &page, 200);
}

static void let_in(struct visit *visit, const char *link)
{
    char cookie[SECRET_SIZE];
    /* Whoever sends somebody else's browser in with a link of his own would have them work on his account. */
    if (!form_is_from(visit->request, visit->gateway->config->admin_url)) {
        sentence(visit, 403, "Not from here", "Another site sent this. Open the link itself, then sign in.");
        return;
    }
    switch (signin_use(visit->gateway->store, link, cookie)) {
    case LOOKUP_DOWN:
        sentence(visit, 503, "Not now", "The store does not answer just now; try again.");
        return;
    case LOOKUP_ABSENT:
        sentence(visit, 403, "The link is used up",
                 "It was used before, or is older than a quarter of an hour. Ask for a new one: drawbridge "
                 "account link.");
        return;
    case LOOKUP_FOUND:
        break;
    }
    if (visit->cookie[0])
        (void)session_end(visit->gateway->store, visit->cookie); /* who was signed in here before is out */
    set_cookie(visit, cookie);
    OPENSSL_cleanse(cookie, sizeof cookie);
    go(visit, "/");
}

static void let_out(struct visit *visit)
{
    if (!is_form_of_session(visit)) {
        sentence(visit, 403, "Not from here", "This form is not of your session.");
        return;
    }
    (void)session_end(visit->gateway->store, visit->cookie);
    set_cookie(visit, "");
    sentence(visit, 200, "Signed out", "Good bye. A new link lets you in again.");
}

/* /receipt?form=json|html of the account, or with post=OID of a post: a file to be kept. */
static void hand_out_receipt(struct visit *visit)
{
    struct act act;
    const char *form = visit_parameter(visit, "form");
    const char *post = visit_parameter(visit, "post");
    bool done = visit->scope == ACT_OWNER &&
                (post ? visit_act(visit, NULL, &act, "post.receipt", "form", form, "post", post, (char *)NULL)
                      : visit_act(visit, NULL, &act, "account.receipt", "form", form, (char *)NULL));
    if (visit->scope != ACT_OWNER) {
        sentence(visit, 404, "Not found", "There is no such page.");
        return;
    }
    if (done) {
        visit->disposition = act_disposition(&act);
        answer_bytes(visit, 200, act.file.type, act.file.text, act.file.length, NULL);
    } else {
        sentence(visit, 404, "No receipt", act.problem);
    }
    act_end(&act);
}

static void serve_session(struct visit *visit, const char *path, bool posts)
{
    const struct view *view = view_find(path, visit->scope);
    if (posts && strncmp(path, "/do/", 4) == 0)
        run_form(visit, path + 4);
    else if (posts && strcmp(path, "/out") == 0)
        let_out(visit);
    else if (!posts && strcmp(path, "/receipt") == 0)
        hand_out_receipt(visit);
    else if (!posts && view)
        show(visit, view);
    else
        sentence(visit, 404, "Not found", "There is no such page.");
}

void pages_serve(struct gateway *gateway, struct http_request *request, struct arena *arena)
{
    struct visit visit = {.gateway = gateway, .request = request, .arena = arena};
    const char *path = http_request_path(request);
    bool posts = strcmp(http_request_method(request), "POST") == 0;
    visit.cookie = cookie_of(&visit);
    if (strcmp(path, "/style.css") == 0) {
        answer(&visit, 200, "text/css; charset=utf-8", admin_style, NULL);
        return;
    }
    if (strcmp(path, "/icon.svg") == 0 || strcmp(path, "/favicon.ico") == 0) {
        answer(&visit, 200, "image/svg+xml", admin_icon, NULL);
        return;
    }
    if (!admin_take(gateway, http_request_peer(request))) {
        http_answer_text(request, 429, "Too many requests; go on a little later.\n");
        return;
    }
    if (strncmp(path, "/in/", 4) == 0) {
        (posts ? let_in : offer_way_in)(&visit, path + 4);
        return;
    }
    switch (session_find(gateway->store, visit.cookie, &visit.session)) {
    case LOOKUP_DOWN:
        sentence(&visit, 503, "Not now", "The store does not answer just now; try again.");
        return;
    case LOOKUP_ABSENT:
        sentence(&visit, 401, "Sign in",
                 "You come in by a link: ask whoever runs this bridge, who gets one by: drawbridge account "
                 "link name@host.");
        return;
    case LOOKUP_FOUND:
        break;
    }
    visit.scope = visit.session.aid[0] ? ACT_OWNER : ACT_OPERATOR;
    serve_session(&visit, path, posts);
}
