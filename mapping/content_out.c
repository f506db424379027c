/* What a note says: the text, and a paragraph for each thing that ActivityPub or its readers have no place
 * for. */
#include <string.h>

#include "mapping/inbound.h"
#include "mapping/json_out.h"
#include "mapping/note_out.h"

enum { TITLE_MAX = 1000, CARD_TITLE_MAX = 300, ABSTRACT_MAX = 450 };

const char *draft_platform(const struct draft *draft)
{
    return draft->note->platform_name ? draft->note->platform_name : "the platform";
}

const char *draft_original(const struct draft *draft)
{
    return url_is_web(draft->post->url) ? draft->post->url : draft->id;
}

/* Without a URL, the words must do. */
static void add_link_paragraph(struct buffer *html, const char *before, const char *url, const char *text)
{
    buffer_add_string(html, "<p>");
    buffer_add_string(html, before);
    if (url)
        html_add_link(html, url, NULL, text);
    else
        html_add_escaped(html, text, strlen(text), false);
    buffer_add_string(html, "</p>");
}

static bool names_something(const struct reference *reference)
{
    return reference->native || reference->remote;
}

/* Where people can see it: its own page, else that of the post that points at it; NULL when neither is known.
 */
static const char *page_of(const struct draft *draft, const struct reference *reference)
{
    const struct outbound_link *link = link_find(&draft->scope, reference->native, reference->remote);
    if (link && url_is_web(link->url))
        return link->url;
    if (link && link->id)
        return link->id;
    if (url_is_web(reference->page))
        return reference->page;
    return url_is_web(draft->post->url) ? draft->post->url : NULL;
}

/* A title that is too short a text for an Article. */
static void add_title(struct draft *draft, struct buffer *html)
{
    const char *title = plain_text(draft->arena, draft->post->title, TITLE_MAX);
    if (!title || draft->is_article)
        return;
    buffer_add_string(html, "<p><strong>");
    html_add_escaped(html, title, strlen(title), true);
    buffer_add_string(html, "</strong></p>");
}

static bool links_to(const struct rich_text *body, const char *url)
{
    for (size_t i = 0; i < body->span_count; i++)
        if (body->spans[i].kind == SPAN_LINK && body->spans[i].target &&
            strcmp(body->spans[i].target, url) == 0)
            return true;
    return false;
}

/* A card becomes a link: servers make their own cards of the first link. */
static void add_card(struct draft *draft, struct buffer *html)
{
    const struct card *card = draft->post->card;
    const char *url = card ? url_mended(draft->arena, card->url) : NULL;
    if (card && !url)
        loss_add(&draft->loss, "card", "left out: its address is no web address");
    if (!url || links_to(&draft->body, card->url))
        return;
    const char *title = plain_text(draft->arena, card->title, CARD_TITLE_MAX);
    add_link_paragraph(html, "", url, title ? title : url);
}

static void add_rest(struct draft *draft, struct buffer *html)
{
    if (draft->cut)
        add_link_paragraph(html, "", draft_original(draft),
                           arena_format(draft->arena, "Read the rest on %s", draft_platform(draft)));
}

/* A parent that other servers cannot fetch: an inReplyTo would hide the post from home feeds. */
static void add_parent(struct draft *draft, struct buffer *html)
{
    const struct reference *parent = &draft->post->reply_to;
    if (draft->parent || !names_something(parent))
        return;
    const char *page = page_of(draft, parent);
    add_link_paragraph(html, "↩ ", page,
                       arena_format(draft->arena, "In reply to a post on %s", draft_platform(draft)));
    loss_add(&draft->loss, "reply",
             page ? "the post that it answers is not in the fediverse: linked"
                  : "the post that it answers is not in the fediverse: left out");
}

static void add_quote(struct draft *draft, struct buffer *html)
{
    const struct reference *quote = &draft->post->quote_of;
    if (!names_something(quote))
        return;
    const char *page = page_of(draft, quote);
    if (draft->quoted) {
        buffer_add_string(html, "<p class=\"quote-inline\">RE: ");
        html_add_link(html, page, NULL, page);
        buffer_add_string(html, "</p>");
        return;
    }
    add_link_paragraph(html, "RE: ", page, arena_format(draft->arena, "a post on %s", draft_platform(draft)));
    loss_add(&draft->loss, "quote",
             page ? "the post that it quotes is not in the fediverse: linked"
                  : "the post that it quotes is not in the fediverse: left out");
}

/* What can be announced is an Announce and no note; the rest is linked. */
static void add_repost(struct draft *draft, struct buffer *html)
{
    const struct reference *repost = &draft->post->repost_of;
    if (!names_something(repost))
        return;
    const struct outbound_link *link = link_find(&draft->scope, repost->native, repost->remote);
    const char *page = page_of(draft, repost);
    bool federated = link && link->id;
    const char *text = federated && link->author_handle
                           ? arena_format(draft->arena, "a post by @%s", link->author_handle)
                           : arena_format(draft->arena, "a post on %s", draft_platform(draft));
    add_link_paragraph(html, "🔁 ", page, text);
    loss_add(&draft->loss, "repost",
             !page       ? "the post that it repeats is not in the fediverse: left out"
             : federated ? "it has words of its own: a post with a link"
                         : "the post that it repeats is not in the fediverse: linked");
}

/* Long form has headings and lists that spans do not tell: there the platform's own HTML says more. */
static void add_body(struct draft *draft, struct buffer *html)
{
    bool own = draft->is_article && draft->post->html && !draft->cut;
    if (own)
        buffer_add_string(html, html_sanitize(draft->arena, draft->post->html, HTML_OUT_MAX));
    else
        html_add_text(html, draft->arena, &draft->body, &draft->scope);
}

bool content_write(struct draft *draft, struct buffer *html)
{
    add_title(draft, html);
    add_body(draft, html);
    add_rest(draft, html);
    poll_add_text(draft, html);
    media_add_links(draft, html);
    add_card(draft, html);
    add_parent(draft, html);
    add_quote(draft, html);
    add_repost(draft, html);
    return !html->failed;
}

/* ---- articles
 * ------------------------------------------------------------------------------------------------------- */

const char *content_abstract(struct draft *draft)
{
    struct buffer html;
    buffer_init(&html, HTML_OUT_MAX);
    const char *text = plain_text(draft->arena, draft->body.text, ABSTRACT_MAX);
    struct rich_text abstract = {.text = text ? text : "", .length = text ? strlen(text) : 0};
    html_add_text(&html, draft->arena, &abstract, &draft->scope);
    const char *result = arena_string(draft->arena, buffer_text(&html));
    buffer_clear(&html);
    return result;
}

json_t *content_preview(struct draft *draft)
{
    struct buffer html;
    const char *title = plain_text(draft->arena, draft->post->title, TITLE_MAX);
    buffer_init(&html, HTML_OUT_MAX);
    if (title) {
        buffer_add_string(&html, "<p><strong>");
        html_add_escaped(&html, title, strlen(title), true);
        buffer_add_string(&html, "</strong></p>");
    }
    buffer_add_string(&html, content_abstract(draft));
    add_link_paragraph(&html, "", draft->id, "Read on");
    json_t *preview = json_pack("{ss}", "type", "Note");
    put_text(preview, "attributedTo", draft->actor);
    put_text(preview, "content", buffer_text(&html));
    buffer_clear(&html);
    return preview;
}
