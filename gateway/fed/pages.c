#include "gateway/fed/pages.h"

#include <string.h>

#include "mapping/buffer.h"
#include "mapping/outbound.h"

enum { PAGE_MAX = 1 << 20 };

static const char style[] = "<style>:root{color-scheme:light dark}body{font:1rem/1.5 "
                            "system-ui,sans-serif;max-width:40rem;margin:2rem auto;"
                            "padding:0 1rem}header,article,footer{border-bottom:1px solid #8886;padding:1rem "
                            "0}img{max-width:100%;height:auto}"
                            "h1{font-size:1.4rem;margin:0}.handle,time,footer{color:#777}.avatar{width:4rem;"
                            "height:4rem;border-radius:50%;"
                            "float:right}</style>";

static void add_escaped(struct buffer *page, const char *text)
{
    for (; text && *text; text++) {
        switch (*text) {
        case '&':
            buffer_add_string(page, "&amp;");
            break;
        case '<':
            buffer_add_string(page, "&lt;");
            break;
        case '>':
            buffer_add_string(page, "&gt;");
            break;
        case '"':
            buffer_add_string(page, "&quot;");
            break;
        default:
            buffer_add_char(page, *text);
        }
    }
}

/* Only http and https links are shown: anything else could run. */
static bool is_web_url(const char *url)
{
    return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);
}

static void add_beginning(struct buffer *page)
{
    buffer_add_string(
        page, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
              "content=\"width=device-width\"><title>");
}

static void add_head(struct buffer *page, const struct account_record *record, const char *alternate)
{
    add_beginning(page);
    add_escaped(page, record->account.name ? record->account.name : record->name);
    buffer_format(page, " (@%s@%s)</title>", record->name, record->host);
    if (!record->account.indexable)
        buffer_add_string(page, "<meta name=\"robots\" content=\"noindex\">");
    /* Who links here is told whose it is (the actor's attributionDomains name this host). */
    buffer_format(page, "<meta name=\"fediverse:creator\" content=\"@%s@%s\">", record->name, record->host);
    buffer_format(page, "<link rel=\"alternate\" type=\"application/activity+json\" href=\"%s\">", alternate);
    buffer_add_string(page, style);
    buffer_add_string(page, "</head><body>");
}

static void add_person(struct buffer *page, const struct account_record *record)
{
    buffer_add_string(page, "<header>");
    if (is_web_url(record->account.avatar_url)) {
        buffer_add_string(page, "<img class=\"avatar\" alt=\"\" src=\"");
        add_escaped(page, record->account.avatar_url);
        buffer_add_string(page, "\">");
    }
    buffer_add_string(page, "<h1>");
    add_escaped(page, record->account.name ? record->account.name : record->name);
    buffer_format(page, "</h1><p class=\"handle\">@%s@%s</p>", record->name, record->host);
}

static void add_media(struct buffer *page, const struct post *post)
{
    for (size_t i = 0; i < post->media_count; i++) {
        const struct media *media = &post->media[i];
        if (media->kind != MEDIA_IMAGE || !is_web_url(media->url))
            continue;
        buffer_add_string(page, "<p><img alt=\"");
        add_escaped(page, media->alt);
        buffer_add_string(page, "\" src=\"");
        add_escaped(page, media->url);
        buffer_add_string(page, "\"></p>");
    }
}

static void add_post(struct serving *serving, struct buffer *page, const struct post_record *post,
                     const char *url)
{
    char published[TIME_TEXT_MAX];
    time_format(post->published, published);
    buffer_add_string(page, "<article>");
    if (post->boost[0]) {
        buffer_add_string(page, "<p>🔁 <a rel=\"nofollow noopener\" href=\"");
        add_escaped(page, post->boost);
        buffer_add_string(page, "\">");
        add_escaped(page, post->boost);
        buffer_format(page, "</a></p><p><time datetime=\"%s\">%s</time></p></article>", published, published);
        return;
    }
    if (post->post.warning) {
        buffer_add_string(page, "<details><summary>");
        add_escaped(page, post->post.warning);
        buffer_add_string(page, "</summary>");
    }
    const char *tags = arena_format(serving->arena, "%s/tags/", serving->host->base);
    buffer_add_string(page, html_from_text(serving->arena, &post->post.body, NULL, 0, tags));
    add_media(page, &post->post);
    if (post->post.warning)
        buffer_add_string(page, "</details>");
    buffer_format(page, "<p><a href=\"%s\"><time datetime=\"%s\">%s</time></a>", url, published, published);
    if (is_web_url(post->post.url)) {
        buffer_add_string(page, " · <a rel=\"nofollow noopener\" href=\"");
        add_escaped(page, post->post.url);
        buffer_add_string(page, "\">original</a>");
    }
    buffer_add_string(page, "</p></article>");
}

static const char *finish(struct serving *serving, struct buffer *page, const struct account_record *record)
{
    buffer_add_string(page, "<footer><p>Shown here from ");
    add_escaped(page, record->platform);
    buffer_add_string(
        page, " by drawbridge, because the owner of this account switched the fediverse on.</p></footer>"
              "</body></html>\n");
    const char *html = page->failed ? NULL : arena_string(serving->arena, buffer_text(page));
    buffer_clear(page);
    return html;
}

const char *page_post(struct serving *serving, const struct account_record *record,
                      const struct post_record *post)
{
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    const char *url = url_object(serving->arena, serving->host->base, record->aid, post->oid);
    add_head(&page, record, url);
    add_person(&page, record);
    buffer_add_string(&page, "</header>");
    add_post(serving, &page, post, url);
    return finish(serving, &page, record);
}

const char *page_profile(struct serving *serving, const struct account_record *record,
                         const struct post_page *list)
{
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    const char *base = serving->host->base;
    add_head(&page, record, url_actor(serving->arena, base, record->aid));
    add_person(&page, record);
    buffer_add_string(&page, html_from_text(serving->arena, &record->account.bio, NULL, 0,
                                            arena_format(serving->arena, "%s/tags/", base)));
    if (is_web_url(record->account.url)) {
        buffer_add_string(&page, "<p><a rel=\"me nofollow noopener\" href=\"");
        add_escaped(&page, record->account.url);
        buffer_add_string(&page, "\">Original profile</a></p>");
    }
    buffer_add_string(&page, "<p>To follow, search for this handle on your own server.</p></header>");
    for (size_t i = 0; i < list->count; i++) {
        struct post_record post;
        enum lookup found =
            post_load(serving->gateway->store, serving->arena, record->aid, list->oids[i], &post);
        if (found == LOOKUP_DOWN) {
            buffer_clear(&page);
            return NULL;
        }
        if (found == LOOKUP_FOUND && post.state == POST_LIVE)
            add_post(serving, &page, &post, url_object(serving->arena, base, record->aid, list->oids[i]));
    }
    return finish(serving, &page, record);
}

const char *page_home(struct serving *serving)
{
    const struct config *config = serving->gateway->config;
    const struct config_host *host = serving->host;
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    add_beginning(&page);
    add_escaped(&page, host->authority);
    buffer_add_string(&page, "</title>");
    buffer_add_string(&page, style);
    buffer_add_string(&page, "</head><body><header><h1>");
    add_escaped(&page, host->authority);
    buffer_add_string(
        &page,
        "</h1></header><article><p>This is a bridge between a platform and the fediverse, run with "
        "drawbridge. It has no accounts of its own: people of the platform who switch the fediverse on "
        "for themselves can be followed from other servers, and nobody else is shown here.</p>"
        "<p>To follow somebody, search on your own server for their handle, which ends in <b>@");
    add_escaped(&page, host->authority);
    buffer_add_string(&page,
                      "</b>.</p><p>Replies to their posts are shown on the platform with their author's "
                      "name and server, and change or go when they are edited or deleted there.</p>");
    if (config->contact) {
        buffer_add_string(&page, "<p>Questions and reports go to ");
        add_escaped(&page, config->contact);
        buffer_add_string(&page, ".</p>");
    }
    buffer_add_string(&page, "</article></body></html>\n");
    const char *html = page.failed ? NULL : arena_string(serving->arena, buffer_text(&page));
    buffer_clear(&page);
    return html;
}

const char *page_tag(struct serving *serving, const char *tag, const struct tagged_post *posts, size_t count)
{
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    add_beginning(&page);
    buffer_add_string(&page, "#");
    add_escaped(&page, tag);
    buffer_add_string(&page, "</title><meta name=\"robots\" content=\"noindex\">");
    buffer_add_string(&page, style);
    buffer_add_string(&page, "</head><body><header><h1>#");
    add_escaped(&page, tag);
    buffer_add_string(&page, "</h1><p>The newest posts from here with this tag.</p></header>");
    for (size_t i = 0; i < count; i++) {
        const struct account_record *record = &posts[i].record;
        buffer_format(&page, "<p class=\"handle\">@%s@%s</p>", record->name, record->host);
        add_post(serving, &page, &posts[i].post,
                 url_object(serving->arena, serving->host->base, record->aid, posts[i].post.oid));
    }
    if (!count)
        buffer_add_string(&page, "<p>There are none.</p>");
    buffer_add_string(&page, "</body></html>\n");
    const char *html = page.failed ? NULL : arena_string(serving->arena, buffer_text(&page));
    buffer_clear(&page);
    return html;
}
