/* What a card shows besides the text: polls, what is quoted or shown again, reactions, and the buttons for
 * it. */
#include "plaza/page_extras.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *get(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Where a post is: a local id leads to its thread, an address to itself. */
static void put_target(struct text *page, const char *target)
{
    if (text_is_web_url(target)) {
        text_put(page, "<a rel=\"nofollow ugc noopener\" href=\"");
        text_put_escaped(page, target);
        text_put(page, "\">");
        text_put_escaped(page, target);
    } else {
        text_format(page, "<a href=\"/show/%s\">this post", target);
    }
    text_put(page, "</a>");
}

static void put_pointer(struct text *page, const char *mark, const char *target)
{
    if (!target)
        return;
    text_format(page, "<p class=\"meta\">%s ", mark);
    put_target(page, target);
    text_put(page, "</p>");
}

static bool is_open(const json_t *poll)
{
    return json_is_null(json_object_get(poll, "closed"));
}

static void put_poll(struct text *page, const struct visitor *visitor, const json_t *post)
{
    const json_t *poll = json_object_get(post, "poll");
    bool votes = visitor->signed_in && is_open(poll);
    size_t index;
    json_t *option;
    if (!json_is_object(poll))
        return;
    if (votes) {
        form_begin(page, visitor, "/vote");
        text_format(page, "<input type=\"hidden\" name=\"target\" value=\"%s\">", get(post, "id"));
    }
    text_put(page, "<ul class=\"poll\">");
    json_array_foreach(json_object_get(poll, "options"), index, option)
    {
        text_put(page, votes ? "<li><button class=\"quiet\" name=\"choice\" value=\"" : "<li>");
        text_put_escaped(page, get(option, "name"));
        if (votes) {
            text_put(page, "\">");
            text_put_escaped(page, get(option, "name"));
            text_put(page, "</button>");
        }
        text_format(page, " <span class=\"meta\">%lld</span></li>",
                    (long long)json_integer_value(json_object_get(option, "votes")));
    }
    text_put(page, votes ? "</ul></form>" : "</ul>");
    text_format(page, "<div class=\"meta\">%lld voted%s</div>",
                (long long)json_integer_value(json_object_get(poll, "voters")),
                is_open(poll) ? "" : " · over");
}

void put_extras(struct text *page, const struct visitor *visitor, const json_t *post)
{
    put_poll(page, visitor, post);
    put_pointer(page, "❝ Quotes", get(post, "quote"));
    put_pointer(page, "↻ Shows again", get(post, "repost"));
    if (json_is_true(json_object_get(post, "pinned")))
        text_put(page, "<p class=\"meta\">📌 Pinned</p>");
}

void put_reactions(struct text *page, const json_t *post)
{
    size_t index;
    json_t *reaction;
    const json_t *list = json_object_get(post, "reactions");
    if (!json_array_size(list))
        return;
    text_put(page, "<div class=\"meta\">Reactions:");
    json_array_foreach(list, index, reaction)
    {
        text_put(page, " <bdi title=\"");
        text_put_escaped(page, get(json_object_get(reaction, "person"), "shown"));
        text_put(page, "\">");
        text_put_escaped(page, get(reaction, "emoji"));
        text_put(page, "</bdi>");
    }
    text_put(page, "</div>");
}

static void put_button(struct text *page, const struct visitor *visitor, const char *action,
                       const char *target, const char *more, const char *label)
{
    form_begin(page, visitor, action);
    text_format(page,
                "<input type=\"hidden\" name=\"target\" value=\"%s\">%s<button class=\"link\">%s</button>"
                "</form>",
                target, more, label);
}

void put_extra_actions(struct text *page, const struct visitor *visitor, const json_t *post)
{
    const char *id = get(post, "id");
    const char *author = get(json_object_get(post, "author"), "id");
    bool pinned = json_is_true(json_object_get(post, "pinned"));
    if (get(post, "repost"))
        return;
    put_button(page, visitor, "/repost", id, "", "Show again");
    if (text_numbered_id(author, "u_") == visitor->account.id)
        put_button(page, visitor, "/pin", id,
                   pinned ? "<input type=\"hidden\" name=\"on\" value=\"0\">"
                          : "<input type=\"hidden\" name=\"on\" value=\"1\">",
                   pinned ? "Take down from profile" : "Pin to profile");
}
