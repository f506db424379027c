/* The third door: pages, rendered here, that work without scripts. A cookie names the session; every form
 * carries the session's own secret word, so that no other site can send one. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/admin/admin.h"
#include "gateway/admin/page.h"
#include "gateway/admin/sessions.h"
#include "gateway/admin/views.h"

enum { PAGE_MAX = 8 << 20, FIELD_MAX = 2048, NAME_LENGTH = 64 };

extern const char admin_style[];

struct visit {
    struct gateway *gateway;
    struct http_request *request;
    struct arena *arena;
    const char *cookie; /* "" when there is none */
    struct page_session session;
    enum act_scope scope;
    char set_cookie[160];
};

/* ---- answers ---- */

static const char *cookie_name(const struct visit *visit)
{
    /* The prefix binds the cookie to this host and to https; plain http is for loopback. */
    return strncmp(visit->gateway->config->admin_url, "https:", 6) == 0 ? "__Host-drawbridge" : "drawbridge";
}

static void answer(struct visit *visit, int status, const char *type, const char *body, const char *location)
{
    struct http_answer sent = {
        .status = status,
        .content_type = type,
        .body = body,
        .length = strlen(body),
        .headers = {{"Cache-Control", "no-store"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "no-referrer"},
                    {"Cross-Origin-Opener-Policy", "same-origin"},
                    {"Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; "
                                                "base-uri 'none'; frame-ancestors 'none'"}},
    };
    size_t next = 5;
    if (location)
        sent.headers[next++] = (struct http_header){"Location", location};
    if (visit->set_cookie[0])
        sent.headers[next] = (struct http_header){"Set-Cookie", visit->set_cookie};
    http_answer(visit->request, &sent);
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
        if (view->scope != visit->scope)
            continue;
        page_format(page, "<li><a href=\"%s\"", view->path);
        buffer_add_string(page, view == here ? " aria-current=\"page\">" : ">");
        page_format(page, "%s</a></li>", view->title);
    }
    buffer_add_string(page, "</ul></nav>");
}

static void put_form_beginning(struct visit *visit, struct buffer *page, const char *act, const char *back)
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
                "<link rel=\"stylesheet\" href=\"/style.css\"></head><body><a class=\"skip\" "
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

static void put_button(struct visit *visit, struct buffer *page, const struct view *view,
                       const struct view_button *button, const json_t *row)
{
    const char *value = json_string_value(json_object_get(row, button->member));
    const char *condition = button->only_if ? json_string_value(json_object_get(row, button->only_if)) : NULL;
    if (!value || (button->only_if && (!condition || strcmp(condition, button->is) != 0)))
        return;
    put_form_beginning(visit, page, button->act, view->path);
    page_format(page, "<input type=\"hidden\" name=\"%s\" value=\"%s\"><button", button->word, value);
    buffer_add_string(page, button->danger ? " class=\"danger\"" : "");
    page_format(page, " aria-label=\"%s %s\">%s</button></form>", button->label, value, button->label);
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
        buffer_add_string(page, "<td>");
        page_value(page, name, json_object_get(row, name));
        buffer_add_string(page, "</td>");
    }
    if (view->buttons[0].act) {
        buffer_add_string(page, "<td>");
        for (size_t i = 0; i < VIEW_BUTTONS_MAX && view->buttons[i].act; i++)
            put_button(visit, page, view, &view->buttons[i], row);
        buffer_add_string(page, "</td>");
    }
    buffer_add_string(page, "</tr>");
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
    buffer_add_string(
        page, "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table><thead><tr>");
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
    const char *next = json_string_value(json_object_get(result, "next"));
    if (next)
        page_format(page, "<p><a href=\"%s?cursor=%s\">More</a></p>", view->path, next);
    buffer_add_string(page, "</div>");
}

static void put_members(struct buffer *page, const json_t *result)
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

static void put_input(struct buffer *page, const struct act_parameter *parameter)
{
    const char *name = parameter->name;
    if (!parameter->choices) {
        page_format(page, "<input id=\"%s\" name=\"%s\" aria-describedby=\"%s-help\" autocomplete=\"off\"",
                    name, name, name);
        buffer_add_string(page, parameter->required ? " required>" : ">");
        return;
    }
    page_format(
        page,
        "<select id=\"%s\" name=\"%s\" aria-describedby=\"%s-help\"><option value=\"\">as it is</option>",
        name, name, name);
    for (const char *at = parameter->choices; *at; at += strspn(at, " ")) {
        char choice[NAME_LENGTH];
        size_t length = strcspn(at, " ");
        (void)snprintf(choice, sizeof choice, "%.*s", (int)length, at);
        page_format(page, "<option>%s</option>", choice);
        at += length;
    }
    buffer_add_string(page, "</select>");
}

static void put_form(struct visit *visit, struct buffer *page, const struct view *view)
{
    const struct act_kind *kind = act_find(view->form);
    buffer_add_string(page, "<div class=\"card\">");
    put_form_beginning(visit, page, view->form, view->path);
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && kind->parameters[i].name; i++) {
        const struct act_parameter *parameter = &kind->parameters[i];
        page_format(page, "<label for=\"%s\">", parameter->name);
        page_name(page, parameter->name);
        buffer_add_string(page, "</label>");
        put_input(page, parameter);
        page_format(page, "<div class=\"help\" id=\"%s-help\">%s</div>", parameter->name, parameter->says);
    }
    page_format(page, "<p><button>%s</button></p></form></div>", view->form_label);
}

static void put_act(struct visit *visit, struct buffer *page, const struct view *view)
{
    char cursor[NAME_LENGTH];
    struct act act = {.gateway = visit->gateway,
                      .arena = visit->arena,
                      .kind = act_find(view->act),
                      .words = json_object(),
                      .who = visit->session.aid[0] ? "owner" : "operator"};
    if (http_request_parameter(visit->request, "cursor", cursor, sizeof cursor))
        (void)json_object_set_new((json_t *)(uintptr_t)act.words, "cursor", json_string(cursor));
    if (act_run(&act, visit->session.aid) != ACT_DONE)
        page_format(page, "<p class=\"said wrong\" role=\"alert\">%s</p>", act.problem);
    else if (act.kind->columns)
        put_table(visit, page, view, act.kind, act.result);
    else
        put_members(page, act.result);
    json_decref(act.result);
    json_decref((json_t *)(uintptr_t)act.words);
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
        "class=\"danger\">Sign out</button></form></header><main id=\"main\"><h1>%s</h1>",
        visit->session.form, view->title);
    if (visit->session.said[0]) {
        buffer_add_string(&page, visit->session.wrong ? "<p class=\"said wrong\" role=\"alert\">"
                                                      : "<p class=\"said\" role=\"status\">");
        page_format(&page, "%s</p>", visit->session.said);
    }
    page_format(&page, "<p>%s</p>", view->says);
    put_act(visit, &page, view);
    if (view->form)
        put_form(visit, &page, view);
    finish(visit, &page, 200);
}

/* ---- forms ---- */

/* A field of an urlencoded body, decoded; NULL when it is not there. */
static const char *field(struct visit *visit, const char *name)
{
    size_t length;
    const char *body = http_request_body(visit->request, &length);
    char *text = arena_copy(visit->arena, body ? body : "", body ? length : 0);
    char *rest = NULL;
    for (char *pair = strtok_r(text, "&", &rest); pair; pair = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(pair, '=');
        if (!value)
            continue;
        *value++ = '\0';
        if (strcmp(pair, name) != 0 || strlen(value) > FIELD_MAX)
            continue;
        char *out = value;
        for (const char *at = value; *at; at++) {
            unsigned code = 0;
            if (*at == '+') {
                *out++ = ' ';
            } else if (*at == '%' && sscanf(at + 1, "%2x", &code) == 1 && at[1] && at[2] && code) {
                *out++ = (char)code;
                at += 2;
            } else {
                *out++ = *at;
            }
        }
        *out = '\0';
        return value;
    }
    return NULL;
}

static bool is_form_of_session(struct visit *visit)
{
    const char *type = http_request_header(visit->request, "content-type");
    const char *origin = http_request_header(visit->request, "origin");
    const char *form = field(visit, "form");
    if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0)
        return false;
    if (origin && strcmp(origin, "null") != 0 && strcmp(origin, visit->gateway->config->admin_url) != 0)
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
    const char *said = json_string_value(json_object_get(act->result, "said"));
    if (said)
        return arena_format(visit->arena, "%s.", said);
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
    return back && view_find(back, visit->scope) ? back : "/";
}

static void run_form(struct visit *visit, const char *name)
{
    const struct act_kind *kind = act_find(name);
    if (!is_form_of_session(visit)) {
        sentence(visit, 403, "Not from here",
                 "This form is not of your session. Go back, load the page again, and try once more.");
        return;
    }
    if (!kind || !kind->changes || kind->scope != visit->scope) {
        sentence(visit, 404, "Not found", "There is no such page.");
        return;
    }
    json_t *words = words_of(visit, kind);
    struct act act = {.gateway = visit->gateway,
                      .arena = visit->arena,
                      .kind = kind,
                      .words = words,
                      .who = visit->session.aid[0] ? "owner" : "operator"};
    enum act_outcome outcome = act_run(&act, visit->session.aid);
    bool told = session_say(visit->gateway->store, visit->cookie, what_became(visit, &act, outcome),
                            outcome != ACT_DONE);
    json_decref(act.result);
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

static void serve_session(struct visit *visit, const char *path, bool posts)
{
    const struct view *view = view_find(path, visit->scope);
    if (posts && strncmp(path, "/do/", 4) == 0)
        run_form(visit, path + 4);
    else if (posts && strcmp(path, "/out") == 0)
        let_out(visit);
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
