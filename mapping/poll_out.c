/* Polls: a Question (FEP-9967) where votes can be carried back, else a list with a link: a vote that goes
 * nowhere would be a lie. */
#include <string.h>

#include "mapping/json_out.h"
#include "mapping/note_out.h"

enum { OPTION_MAX = 500, OPTION_MAX_IN_NEED = 100 };

bool poll_is_question(const struct post *post)
{
    const struct poll *poll = post->poll;
    if (!poll || !poll->votable || poll->option_count < 2)
        return false;
    for (size_t i = 0; i < poll->option_count; i++) {
        const char *name = poll->options[i].name;
        if (!name || !*name || strlen(name) > OPTION_MAX || !text_is_clean(name, strlen(name)))
            return false;
        /* A vote names its option: two of one name could not be told apart. */
        for (size_t other = 0; other < i; other++)
            if (strcmp(poll->options[other].name, name) == 0)
                return false;
    }
    return true;
}

static json_t *option_of(const struct poll_option *option)
{
    return json_pack("{ss ss s{ss sI}}", "type", "Note", "name", option->name, "replies", "type",
                     "Collection", "totalItems", (json_int_t)option->votes);
}

void poll_put(struct draft *draft, json_t *document)
{
    const struct poll *poll = draft->post->poll;
    json_t *options = json_array();
    for (size_t i = 0; i < poll->option_count; i++)
        (void)json_array_append_new(options, option_of(&poll->options[i]));
    put_new(document, poll->multiple ? "anyOf" : "oneOf", options);
    put_time(document, "endTime", poll->ends ? poll->ends : poll->closed);
    put_time(document, "closed", poll->closed);
    put_new(document, "votersCount", json_integer((json_int_t)poll->voters));
}

static void add_heading(const struct poll *poll, struct buffer *html)
{
    char time[TIME_TEXT_MAX];
    buffer_add_string(html, poll->multiple ? "<p>Poll, several answers" : "<p>Poll");
    if (poll->closed) {
        buffer_add_string(html, " (closed)");
    } else if (poll->ends > 0) {
        time_format(poll->ends, time);
        buffer_format(html, " (until %.10s %.5s UTC)", time, time + 11);
    }
    buffer_add_string(html, ":");
}

void poll_add_text(struct draft *draft, struct buffer *html)
{
    const struct poll *poll = draft->post->poll;
    if (!poll || draft->is_question)
        return;
    add_heading(poll, html);
    for (size_t i = 0; i < poll->option_count; i++) {
        const char *name = poll->options[i].name;
        size_t maximum = draft->in_need ? OPTION_MAX_IN_NEED : OPTION_MAX;
        if (name && strlen(name) > maximum)
            loss_add(&draft->loss, arena_format(draft->arena, "option %zu", i + 1), "shortened");
        name = plain_text(draft->arena, name, maximum);
        buffer_add_string(html, "<br>• ");
        html_add_escaped(html, name ? name : "", name ? strlen(name) : 0, false);
        /* Counts of an open poll would be wrong a minute later. */
        if (poll->closed)
            buffer_format(html, " – %llu", (unsigned long long)poll->options[i].votes);
    }
    buffer_add_string(html, "</p>");
    if (url_is_web(draft->post->url)) {
        buffer_add_string(html, "<p>");
        html_add_link(html, draft->post->url, NULL,
                      arena_format(draft->arena, poll->closed ? "See the poll on %s" : "Vote on %s",
                                   draft_platform(draft)));
        buffer_add_string(html, "</p>");
    }
    loss_add(&draft->loss, "poll",
             poll->votable ? "shown as text: its options cannot be told apart by name"
                           : "shown as text: votes of other servers cannot be carried back");
}
