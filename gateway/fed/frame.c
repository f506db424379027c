#include "gateway/fed/frame.h"

#include <string.h>
#include <strings.h>

#include "mapping/utf8_text.h"

enum { PAGE_MAX = 2 << 20 };

bool frame_may_link(const char *url)
{
    return url && (strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0);
}

const char *frame_summary(struct arena *arena, const char *text, size_t maximum)
{
    const char *line = text ? utf8_clean_line(arena, text, maximum) : NULL;
    return line && strlen(text) > maximum ? arena_format(arena, "%s…", line) : line;
}

static void put_property(struct buffer *page, const char *property, const char *content)
{
    if (content && *content)
        page_format(page, "<meta property=\"%s\" content=\"%s\">", property, content);
}

static void put_preview(struct buffer *page, const struct serving *serving, const struct frame *frame)
{
    if (!frame->url)
        return;
    page_format(page, "<link rel=\"canonical\" href=\"%s\">", frame->url);
    put_property(page, "og:site_name", serving->host->authority);
    put_property(page, "og:title", frame->title);
    put_property(page, "og:type", frame->type ? frame->type : "website");
    put_property(page, "og:url", frame->url);
    put_property(page, "og:description", frame->description);
    put_property(page, "og:image", frame_may_link(frame->image) ? frame->image : NULL);
    put_property(page, "article:published_time", frame->published);
    if (frame->description && *frame->description)
        page_format(page, "<meta name=\"description\" content=\"%s\">", frame->description);
}

static void put_links(struct buffer *page, const struct frame *frame)
{
    if (frame->alternate)
        page_format(page, "<link rel=\"alternate\" type=\"application/activity+json\" href=\"%s\">",
                    frame->alternate);
    if (frame->feed)
        page_format(page, "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"%s\" href=\"%s\">",
                    frame->title, frame->feed);
    if (frame_may_link(frame->me))
        page_format(page, "<link rel=\"me\" href=\"%s\">", frame->me);
}

void frame_begin(struct buffer *page, const struct serving *serving, const struct frame *frame)
{
    buffer_init(page, PAGE_MAX);
    page_format(page,
                "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                "content=\"width=device-width\"><title>%s</title>",
                frame->title);
    if (frame->noindex)
        buffer_add_string(page, "<meta name=\"robots\" content=\"noindex\">");
    /* Who links here is told whose it is (the actor's attributionDomains name this host). */
    if (frame->creator)
        page_format(page, "<meta name=\"fediverse:creator\" content=\"@%s\">", frame->creator);
    put_preview(page, serving, frame);
    put_links(page, frame);
    buffer_add_string(page, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/actor/icon.svg\">"
                            "<link rel=\"stylesheet\" href=\"/actor/style.css\"></head><body>"
                            "<a class=\"skip\" href=\"#main\">To the content</a><main id=\"main\">");
}

void frame_address(struct buffer *page, const char *address)
{
    bool link = frame_may_link(address) || strncasecmp(address, "mailto:", 7) == 0;
    const char *shown = strncasecmp(address, "mailto:", 7) == 0 ? address + 7 : address;
    if (link)
        page_format(page, "<a href=\"%s\">%s</a>", address, shown);
    else if (strchr(address, '@') && !strpbrk(address, " <>\""))
        page_format(page, "<a href=\"mailto:%s\">%s</a>", address, address);
    else
        page_text(page, address);
}

const char *frame_end(struct buffer *page, struct serving *serving, const char *platform)
{
    const struct config *config = serving->gateway->config;
    buffer_add_string(page, "</main><footer>");
    if (platform)
        page_format(page,
                    "<p>Shown here from %s by drawbridge, because the owner of the account switched the "
                    "fediverse on.</p>",
                    platform);
    buffer_add_string(
        page, "<ul><li><a href=\"/actor/about\">About this bridge</a></li><li><a "
              "href=\"/actor/about#report\">Report something</a></li><li><a href=\"/actor/about#opt-out\">"
              "Opt out</a></li>");
    if (config->contact) {
        buffer_add_string(page, "<li>Contact: ");
        frame_address(page, config->contact);
        buffer_add_string(page, "</li>");
    }
    if (config->imprint) {
        buffer_add_string(page, "<li>Run by: ");
        frame_address(page, config->imprint);
        buffer_add_string(page, "</li>");
    }
    buffer_add_string(page, "</ul></footer></body></html>\n");
    const char *html = page->failed ? NULL : arena_string(serving->arena, buffer_text(page));
    buffer_clear(page);
    return html;
}
