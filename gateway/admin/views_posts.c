/* The pages about posts: what is out and where, what was changed on the way, what became of a Delete. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/page.h"
#include "gateway/admin/show.h"
#include "gateway/admin/visit.h"
#include "gateway/clock.h"

enum { ADDRESS_MAX = 128 };
static const int64_t WATCHED_MS = (int64_t)15 * 60 * 1000; /* so long a page about a Delete reloads itself */

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void put_time(struct buffer *page, const char *before, const json_t *object, const char *name)
{
    if (!json_object_get(object, name))
        return;
    buffer_add_string(page, before);
    page_value(page, "time", json_object_get(object, name));
}

/* "3 servers may hold it" */
static void put_count(struct buffer *page, json_int_t count, const char *one, const char *many)
{
    buffer_format(page, "%lld %s", (long long)count, count == 1 ? one : many);
}

/* ---- lists ---- */

static void put_live(struct buffer *page, const json_t *row)
{
    page_format(page, "<li class=\"card\"><p class=\"words\">%s</p><p class=\"help\">",
                show_text(row, "text"));
    put_time(page, "", row, "published");
    page_format(page, " · <a href=\"/post?post=%s\">", show_text(row, "post"));
    put_count(page, number_of(row, "servers"), "server may hold it", "servers may hold it");
    buffer_add_string(page, "</a>");
    if (number_of(row, "changed")) {
        buffer_add_string(page, " · ");
        put_count(page, number_of(row, "changed"), "thing was changed on the way",
                  "things were changed on the way");
    }
    if (number_of(row, "likes") || number_of(row, "shares")) {
        buffer_add_string(page, " · ");
        put_count(page, number_of(row, "likes"), "like", "likes");
        buffer_add_string(page, ", ");
        put_count(page, number_of(row, "shares"), "boost", "boosts");
    }
    buffer_add_string(page, "</p></li>");
}

/* Servers that hold the post and whose Delete is not queued yet: for a moment after it was deleted. */
static json_int_t unasked(const json_t *row)
{
    const json_t *counts = json_object_get(row, "counts");
    return number_of(counts ? counts : json_object_get(row, "servers"), "exposed");
}

/* What became of a Delete, in one line. */
static void put_answers(struct buffer *page, const json_t *row)
{
    json_int_t waiting = number_of(row, "waiting");
    json_int_t answered = number_of(row, "answered");
    if (unasked(row))
        put_count(page, unasked(row), "server has not been asked yet", "servers have not been asked yet");
    else if (!waiting && !answered)
        buffer_add_string(page, "no server is known that had to be asked");
    else if (!waiting)
        put_count(page, answered, "server was asked and has answered",
                  "servers were asked and have all answered");
    else
        buffer_format(page, "%lld of %lld servers have answered", (long long)answered,
                      (long long)(answered + waiting));
}

static void put_gone(struct buffer *page, const json_t *row)
{
    buffer_add_string(page, "<li class=\"card\"><p>");
    put_time(page, "Deleted ", row, "deleted");
    put_time(page, ", published ", row, "published");
    page_format(page, "</p><p class=\"help\"><a href=\"/post?post=%s\">", show_text(row, "post"));
    put_answers(page, row);
    buffer_add_string(page, "</a></p></li>");
}

static void put_list(struct visit *visit, struct buffer *page, const struct view *view,
                     void (*put_row)(struct buffer *page, const json_t *row))
{
    struct act act;
    size_t index;
    const json_t *row;
    if (visit_act(visit, page, &act, view->act, "cursor", visit_parameter(visit, "cursor"), (char *)NULL)) {
        const json_t *items = json_object_get(act.result, "items");
        if (!json_array_size(items))
            buffer_add_string(page, "<p class=\"card\">There is nothing yet.</p>");
        buffer_add_string(page, "<ul class=\"plain\">");
        json_array_foreach(items, index, row) put_row(page, row);
        buffer_add_string(page, "</ul>");
        visit_more(page, view->path, act.result);
    }
    act_end(&act);
}

void view_put_posts(struct visit *visit, struct buffer *page, const struct view *view)
{
    buffer_add_string(page,
                      "<p><a href=\"/deleted\">Deleted posts</a>, and what became of them elsewhere</p>");
    put_list(visit, page, view, put_live);
}

void view_put_deleted(struct visit *visit, struct buffer *page, const struct view *view)
{
    buffer_add_string(page, "<p><a href=\"/posts\">Posts that are out</a></p>");
    put_list(visit, page, view, put_gone);
}

/* ---- one post ---- */

static void put_head(struct buffer *page, const json_t *post)
{
    buffer_add_string(page, "<div class=\"card\">");
    if (json_object_get(post, "text"))
        page_format(page, "<p class=\"words\">%s</p>", show_text(post, "text"));
    buffer_add_string(page, "<p class=\"help\">");
    put_time(page, "Published ", post, "published");
    put_time(page, ", deleted ", post, "deleted");
    if (show_text(post, "url")[0])
        page_format(page, " · <a rel=\"noopener noreferrer nofollow\" href=\"%s\">on your platform</a>",
                    strncmp(show_text(post, "url"), "http", 4) == 0 ? show_text(post, "url") : "");
    page_format(page, "</p><p class=\"help\">Its address in the fediverse: <code>%s</code></p></div>",
                show_text(post, "id"));
}

static void put_loss(struct buffer *page, const json_t *post)
{
    size_t index;
    const json_t *entry;
    const json_t *loss = json_object_get(post, "loss");
    buffer_add_string(page, "<h2>Changed on the way</h2><div class=\"card\">");
    if (!json_array_size(loss)) {
        buffer_add_string(page, "<p>Nothing: it reads elsewhere as you wrote it.</p></div>");
        return;
    }
    buffer_add_string(page, "<ul>");
    json_array_foreach(loss, index, entry) page_format(page, "<li><strong>%s</strong>: %s</li>",
                                                       show_text(entry, "what"), show_text(entry, "why"));
    buffer_add_string(page, "</ul></div>");
}

static void put_why(struct buffer *page, const json_t *why)
{
    size_t index;
    const json_t *reason;
    json_array_foreach(why, index, reason)
        page_format(page, "%s%s", index ? ", " : "", json_string_value(reason));
}

static void put_servers(struct buffer *page, const json_t *post)
{
    size_t index;
    const json_t *host;
    const json_t *items = json_object_get(post, "items");
    buffer_add_string(page, "<h2>Servers</h2>");
    if (!json_array_size(items)) {
        buffer_add_string(page, "<p class=\"card\">No other server is known to hold a copy.</p>");
        return;
    }
    buffer_add_string(
        page,
        "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Servers\"><table><thead><tr>"
        "<th scope=\"col\">Server</th><th scope=\"col\">Software</th><th scope=\"col\">Why it may hold a "
        "copy</th><th scope=\"col\">State</th><th scope=\"col\">What is known</th></tr></thead><tbody>");
    json_array_foreach(items, index, host)
    {
        buffer_add_string(page, "<tr><td class=\"long\" data-name=\"Server\">");
        page_value(page, "host", json_object_get(host, "host"));
        page_format(page, "</td><td data-name=\"Software\">%s</td><td data-name=\"Why\">",
                    show_text(host, "software")[0] ? show_text(host, "software") : "–");
        put_why(page, json_object_get(host, "why"));
        page_format(page,
                    "</td><td data-name=\"State\"><span class=\"state %s\">%s</span></td><td>%s</td></tr>",
                    show_text(host, "state"), show_text(host, "state"), show_text(host, "says"));
    }
    buffer_add_string(page, "</tbody></table></div>");
}

static void put_delete(struct visit *visit, struct buffer *page, const json_t *post, const char *address)
{
    json_int_t waiting = number_of(post, "waiting");
    json_int_t answered = number_of(post, "answered");
    bool lately = clock_now_ms() - (int64_t)number_of(post, "deleted") < WATCHED_MS;
    buffer_add_string(page, "<h2>Its Delete</h2><div class=\"card\"><p>");
    put_answers(page, post);
    buffer_add_string(page, ".</p>");
    if (waiting + answered)
        buffer_format(page,
                      "<p><progress max=\"%lld\" value=\"%lld\" aria-label=\"Servers that have "
                      "answered\"></progress></p>",
                      (long long)(waiting + answered), (long long)answered);
    if (json_is_true(json_object_get(post, "forgotten")))
        buffer_add_string(page,
                          "<p>It is more than 180 days ago: what was known of each server is dropped.</p>");
    page_format(page,
                "<p>Its receipt, signed: <a href=\"/receipt?post=%s\" download>for programs (JSON)</a>, <a "
                "href=\"/receipt?form=html&amp;post=%s\" download>for people (HTML)</a></p>",
                show_text(post, "post"), show_text(post, "post"));
    if ((waiting || unasked(post)) && lately)
        visit_refresh(visit, page, address);
    else if (waiting || unasked(post))
        page_format(page, "<p class=\"help\"><a href=\"%s\">Look again</a></p>", address);
    buffer_add_string(page, "</div>");
}

static void put_withdraw(struct visit *visit, struct buffer *page, const json_t *post, const char *address)
{
    buffer_add_string(
        page, "<h2>Take it back</h2><div class=\"card\"><p>The post is deleted in the fediverse and stays on "
              "your platform. If you edit it there later, it goes out anew.</p>");
    visit_form(visit, page, "post.withdraw", address);
    page_format(
        page,
        "<input type=\"hidden\" name=\"post\" value=\"%s\"><button class=\"danger\">Take it back from "
        "the fediverse</button></form></div>",
        show_text(post, "post"));
}

void view_put_post(struct visit *visit, struct buffer *page, const struct view *view)
{
    struct act act;
    char address[ADDRESS_MAX];
    if (visit_act(visit, page, &act, view->act, "post", visit_parameter(visit, "post"), "cursor",
                  visit_parameter(visit, "cursor"), (char *)NULL)) {
        bool deleted = strcmp(show_text(act.result, "state"), "deleted") == 0;
        (void)snprintf(address, sizeof address, "/post?post=%s", show_text(act.result, "post"));
        page_format(page, "<p><a href=\"%s\">%s</a></p>", deleted ? "/deleted" : "/posts",
                    deleted ? "All deleted posts" : "All posts");
        put_head(page, act.result);
        if (deleted)
            put_delete(visit, page, act.result, address);
        else
            put_loss(page, act.result);
        put_servers(page, act.result);
        visit_more(page, address, act.result);
        if (!deleted)
            put_withdraw(visit, page, act.result, address);
    }
    act_end(&act);
}
