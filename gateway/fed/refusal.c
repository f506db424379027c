/* What is not served, said kindly: a page to people, a sentence to programs. What never was and what must not
 * be seen are answered alike. */
#include <string.h>

#include "gateway/fed/frame.h"
#include "gateway/http/negotiate.h"

struct refusal {
    int status;
    const char *title, *sentence; /* the sentence ends with a newline */
    const char *more;             /* on the page, beneath it */
    const char *cache, *retry_after;
};

static const char *write_page(struct serving *serving, const struct refusal *refusal)
{
    struct buffer page;
    frame_begin(&page, serving, &(struct frame){.title = refusal->title, .noindex = true});
    page_format(&page, "<div class=\"card\"><h1>%s</h1><p>%s</p><p>%s</p></div>", refusal->title,
                refusal->sentence, refusal->more);
    return frame_end(&page, serving, NULL);
}

static void refuse(struct serving *serving, const struct refusal *refusal)
{
    const char *accept = http_request_header(serving->request, "accept");
    const char *html =
        negotiate(accept, WANTED_ACTIVITY) == WANTED_HTML ? write_page(serving, refusal) : NULL;
    const char *body = html ? html : refusal->sentence;
    struct http_answer answer = {
        .status = refusal->status,
        .content_type = html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
        .body = body,
        .length = strlen(body),
        .headers = {{"Cache-Control", refusal->cache},
                    {"Vary", "Accept"},
                    {"X-Robots-Tag", "noindex"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Referrer-Policy", "no-referrer"},
                    {"Content-Security-Policy", PAGE_POLICY},
                    {refusal->retry_after ? "Retry-After" : NULL, refusal->retry_after}}};
    http_answer(serving->request, &answer);
}

void serve_unavailable(struct serving *serving)
{
    refuse(serving, &(struct refusal){.status = 503,
                                      .title = "Not just now",
                                      .sentence = "Not available just now; ask again in a few seconds.\n",
                                      .more = "Nothing is lost: load the page again in a moment.",
                                      .cache = "no-store",
                                      .retry_after = "10"});
}

void serve_absent(struct serving *serving)
{
    refuse(serving, &(struct refusal){.status = 404,
                                      .title = "Nothing is here",
                                      .sentence = "Nothing is here.\n",
                                      .more = "Perhaps the address has a slip of the pen, or what you look "
                                              "for is not in the fediverse.",
                                      .cache = "public, max-age=0, s-maxage=60"});
}

void serve_left(struct serving *serving)
{
    refuse(serving, &(struct refusal){.status = 410,
                                      .title = "Gone",
                                      .sentence = "This account left the fediverse.\n",
                                      .more = "Its owner decided so, and everything of it is gone from here.",
                                      .cache = "public, max-age=0, s-maxage=180"});
}

void serve_deleted(struct serving *serving)
{
    refuse(serving, &(struct refusal){.status = 410,
                                      .title = "Deleted",
                                      .sentence = "This post was deleted.\n",
                                      .more = "Other servers that hold a copy were asked to delete it too.",
                                      .cache = "private, max-age=180"});
}

void serve_hidden(struct serving *serving)
{
    refuse(serving, &(struct refusal){.status = 403,
                                      .title = "Hidden for now",
                                      .sentence = "The platform hides this account for now.\n",
                                      .more = "It may come back.",
                                      .cache = "public, max-age=0, s-maxage=180"});
}
