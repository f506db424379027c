#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/page_extras.h"

enum { INDENT_MAX = 4 };

static const char outside[] = " rel=\"nofollow ugc noopener\"";

static const char *get(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* A link out of Plaza; without a safe address only its text. */
static void put_link(struct text *page, const char *url, const char *bytes, size_t length)
{
    bool safe = text_is_web_url(url);
    if (safe) {
        text_put(page, "<a href=\"");
        text_put_escaped(page, url);
        text_format(page, "\"%s>", outside);
    }
    text_add_escaped(page, bytes, length);
    if (safe)
        text_put(page, "</a>");
}

/* ---- people ---- */

/* The name, and the handle in full: nobody of another server can pass for a member. */
static void put_person(struct text *page, const json_t *person)
{
    bool remote = is_true(person, "remote");
    const char *url = get(person, "url");
    text_put(page, "<b><bdi>");
    text_put_escaped(page, get(person, "name"));
    text_put(page, "</bdi></b> ");
    if (text_is_web_url(url)) {
        text_put(page, "<a class=\"handle\" href=\"");
        text_put_escaped(page, url);
        text_format(page, "\"%s>", remote ? outside : "");
    } else
        text_put(page, "<a class=\"handle\">");
    text_put_escaped(page, get(person, "shown"));
    text_put(page, "</a>");
    if (remote)
        text_put(page, " <span class=\"badge\">from another server</span>");
}

static void put_people(struct text *page, const char *what, const json_t *list)
{
    size_t index;
    json_t *person;
    if (!json_array_size(list))
        return;
    text_format(page, "<div class=\"meta\">%s %zu: ", what, json_array_size(list));
    json_array_foreach(list, index, person)
    {
        text_put(page, index ? ", <bdi>" : "<bdi>");
        text_put_escaped(page, get(person, "name"));
        text_put(page, "</bdi> (");
        put_link(page, get(person, "url"), get(person, "shown"), strlen(get(person, "shown")));
        text_put(page, ")");
    }
    text_put(page, "</div>");
}

static bool among(const json_t *list, int64_t account)
{
    char id[ACCOUNT_ID_SIZE];
    size_t index;
    json_t *person;
    snprintf(id, sizeof id, "u_%" PRId64, account);
    json_array_foreach(list, index, person)
    {
        if (strcmp(get(person, "id"), id) == 0)
            return true;
    }
    return false;
}

/* ---- the text ---- */

/* Where a mention leads: to a member's page here, or to the page that the other server names. */
static void mentioned_url(struct plaza *plaza, const json_t *span, struct text *url)
{
    int64_t member = text_numbered_id(get(span, "local"), "u_");
    const char *key = get(span, "remote");
    sqlite3_stmt *row = NULL;
    if (member)
        row = database_query(&plaza->database, "SELECT ? || '/@' || handle FROM account WHERE id = ?", "ti",
                             plaza->url, member);
    else if (key)
        row = database_query(&plaza->database, "SELECT url FROM remote_actor WHERE key = ?", "t", key);
    if (database_row(&plaza->database, &row))
        text_put(url, column_text(row, 0));
    database_finish(&row);
}

static void put_span(struct plaza *plaza, struct text *page, const json_t *span, const char *bytes,
                     size_t length)
{
    const char *type = get(span, "type");
    struct text url;
    text_init(&url, URL_BYTES_MAX);
    if (type && strcmp(type, "link") == 0)
        text_put(&url, get(span, "url"));
    else if (type && strcmp(type, "mention") == 0)
        mentioned_url(plaza, span, &url);
    put_link(page, text_string(&url), bytes, length);
    text_clear(&url);
}

static bool is_boundary(const char *text, size_t offset)
{
    return ((unsigned char)text[offset] & 0xc0) != 0x80;
}

/* Spans that are out of place are passed over: what another server says is never trusted. */
static void put_text(struct plaza *plaza, struct text *page, const char *text, const json_t *spans)
{
    size_t length = strlen(text);
    size_t done = 0;
    size_t index;
    json_t *span;
    json_array_foreach(spans, index, span)
    {
        json_int_t start = json_integer_value(json_object_get(span, "start"));
        json_int_t end = json_integer_value(json_object_get(span, "end"));
        if (start < (json_int_t)done || end <= start || end > (json_int_t)length ||
            !is_boundary(text, (size_t)start) || !is_boundary(text, (size_t)end))
            continue;
        text_add_escaped(page, text + done, (size_t)start - done);
        put_span(plaza, page, span, text + start, (size_t)(end - start));
        done = (size_t)end;
    }
    text_add_escaped(page, text + done, length - done);
}

/* A member's image is shown; one from elsewhere is a link, so that looking at a thread tells nobody. */
static void put_media(struct text *page, const json_t *media, bool remote)
{
    size_t index;
    json_t *one;
    json_array_foreach(media, index, one)
    {
        const char *url = get(one, "url");
        const char *alt = get(one, "alt");
        if (!text_is_web_url(url))
            continue;
        text_put(page, remote ? "<p>Attachment: " : "<p><img loading=\"lazy\" src=\"");
        if (remote)
            put_link(page, url, alt && *alt ? alt : url, strlen(alt && *alt ? alt : url));
        else {
            text_put_escaped(page, url);
            text_put(page, "\" alt=\"");
            text_put_escaped(page, alt);
            text_put(page, "\">");
        }
        text_put(page, "</p>");
    }
}

/* ---- one post ---- */

static void put_head(struct text *page, const json_t *post, bool remote)
{
    const char *created = get(post, "created");
    const char *url = get(post, "url");
    text_put(page, "<div class=\"who\"><span>");
    put_person(page, json_object_get(post, "author"));
    text_put(page, "</span><span class=\"meta\">");
    if (text_is_web_url(url)) {
        text_put(page, "<a class=\"meta\" href=\"");
        text_put_escaped(page, url);
        text_format(page, "\"%s>", remote ? outside : "");
    }
    text_format(page, "<time datetime=\"%s\">%.10s %.5s</time>", created, created, created + 11);
    if (text_is_web_url(url))
        text_put(page, "</a>");
    if (get(post, "edited"))
        text_put(page, " · edited");
    if (strcmp(get(post, "visibility"), "unlisted") == 0)
        text_put(page, " · unlisted");
    text_put(page, "</span></div>");
}

static void put_body(struct plaza *plaza, struct text *page, const json_t *post, bool remote)
{
    const char *warning = get(post, "warning");
    const char *language = get(post, "language");
    bool limited = is_true(json_object_get(post, "author"), "limited");
    bool hidden = limited || (warning && *warning);
    if (hidden) {
        text_put(page, "<details><summary>");
        text_put_escaped(page, warning && *warning ? warning : "From a limited account: show");
        text_put(page, "</summary>");
    }
    text_put(page, "<div class=\"text\" dir=\"auto\"");
    if (language) {
        text_put(page, " lang=\"");
        text_put_escaped(page, language);
        text_put(page, "\"");
    }
    text_put(page, ">");
    put_text(plaza, page, get(post, "text"), json_object_get(post, "spans"));
    text_put(page, "</div>");
    put_media(page, json_object_get(post, "media"), remote);
    if (hidden)
        text_put(page, "</details>");
}

static void put_button(struct text *page, const struct visitor *visitor, const char *action, const char *name,
                       const char *value, const char *more, const char *label)
{
    form_begin(page, visitor, action);
    text_format(page, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    text_put_escaped(page, value);
    text_format(page, "\">%s<button class=\"link\">%s</button></form>", more, label);
}

/* Only a member whom the fediverse knows can report somebody there. */
static void put_report(struct text *page, const struct visitor *visitor, const json_t *post)
{
    if (!visitor->account.federation)
        return;
    text_put(page, "<details><summary>Report</summary>");
    form_begin(page, visitor, "/report");
    text_put(page, "<input type=\"hidden\" name=\"key\" value=\"");
    text_put_escaped(page, get(post, "key"));
    text_put(
        page,
        "\"><label>What is wrong with it<textarea name=\"comment\" required rows=\"2\"></textarea></label>"
        "<label class=\"check\"><input type=\"checkbox\" name=\"forward\" value=\"1\"> Tell their server "
        "too; it does not learn who reports</label><button>Report</button></form></details>");
}

static void put_actions(struct text *page, const struct visitor *visitor, const json_t *post, bool remote)
{
    const char *id = get(post, "id");
    const json_t *author = json_object_get(post, "author");
    bool liked = among(json_object_get(post, "likes"), visitor->account.id);
    text_put(page, "<div class=\"actions\">");
    put_button(page, visitor, "/like", "target", id,
               liked ? "<input type=\"hidden\" name=\"on\" value=\"0\">"
                     : "<input type=\"hidden\" name=\"on\" value=\"1\">",
               liked ? "Take the like back" : "Like");
    put_extra_actions(page, visitor, post);
    if (remote)
        put_button(page, visitor, "/block", "key", get(author, "id"),
                   "<input type=\"hidden\" name=\"on\" value=\"1\">", "Block this person");
    else if (text_numbered_id(get(author, "id"), "u_") == visitor->account.id) {
        char action[64];
        text_format(page, "<a class=\"edit\" href=\"/posts/%s/edit\">Edit</a>", id + 2);
        snprintf(action, sizeof action, "/posts/%s/delete", id + 2);
        form_begin(page, visitor, action);
        text_put(page, "<button class=\"link danger\">Delete</button></form>");
    }
    text_put(page, "<details><summary>Reply</summary>");
    compose_box(page, visitor, "/posts", NULL, id, "Reply");
    text_put(page, "</details>");
    if (remote)
        put_report(page, visitor, post);
    text_put(page, "</div>");
}

static void put_post(struct plaza *plaza, struct text *page, const struct visitor *visitor,
                     const json_t *post)
{
    json_int_t depth = json_integer_value(json_object_get(post, "depth"));
    bool remote = get(post, "key") != NULL;
    text_format(page, "<article class=\"post d%d\" id=\"%s\">",
                (int)(depth > INDENT_MAX ? INDENT_MAX : depth), get(post, "id"));
    if (is_true(post, "deleted"))
        text_put(page, "<div class=\"meta\">This post is not here any more.</div>");
    else {
        put_head(page, post, remote);
        put_body(plaza, page, post, remote);
        put_extras(page, visitor, post);
        put_reactions(page, post);
        put_people(page, "♥ Likes", json_object_get(post, "likes"));
        put_people(page, "↻ Boosts", json_object_get(post, "reposts"));
        if (visitor->signed_in)
            put_actions(page, visitor, post, remote);
    }
    text_put(page, "</article>");
}

void thread_cards(struct plaza *plaza, struct text *page, const struct visitor *visitor, const json_t *posts)
{
    size_t index;
    json_t *post;
    if (!json_array_size(posts))
        return;
    text_put(page, "<section class=\"card\">");
    json_array_foreach(posts, index, post)
    {
        put_post(plaza, page, visitor, post);
    }
    text_put(page, "</section>");
}
