#include <string.h>
#include <strings.h>

#include "mapping/html_out.h"
#include "mapping/html_sanitize.h"
#include "mapping/html_text.h"
#include "mapping/ids.h"
#include "mapping/inbound.h"
#include "mapping/text_shorten.h"
#include "mapping/utf8_text.h"

enum { WARNING_MAX = 1000, ABSTRACT_MAX = 500, HTML_MAX = 65536, ALT_IN_LINK_MAX = 200 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- joining texts
 * -------------------------------------------------------------------------------------------------- */

static void join(struct arena *arena, struct rich_text *whole, const struct rich_text *more)
{
    if (more->length == 0)
        return;
    const char *gap = whole->length ? "\n\n" : "";
    size_t offset = whole->length + strlen(gap);
    struct span *spans = arena_alloc(arena, (whole->span_count + more->span_count + 1) * sizeof *spans);
    if (whole->span_count)
        memcpy(spans, whole->spans, whole->span_count * sizeof *spans);
    for (size_t i = 0; i < more->span_count; i++) {
        spans[whole->span_count + i] = more->spans[i];
        spans[whole->span_count + i].start += offset;
        spans[whole->span_count + i].end += offset;
    }
    whole->text = arena_format(arena, "%s%s%s", whole->text, gap, more->text);
    whole->length = offset + more->length;
    whole->spans = spans;
    whole->span_count += more->span_count;
}

static struct rich_text text_of_one_span(struct arena *arena, const char *text, enum span_kind kind,
                                         const char *target)
{
    struct span *span = arena_alloc(arena, sizeof *span);
    *span = (struct span){.start = 0, .end = strlen(text), .kind = kind, .target = target};
    return (struct rich_text){.text = text, .length = strlen(text), .spans = span, .span_count = 1};
}

/* ---- the body
 * ------------------------------------------------------------------------------------------------------- */

/* Where the platform shows the quote itself, the link that stands in for it is not needed. */
static bool has_quote(const struct remote_post_input *input)
{
    return input->quote_of.native || input->quote_of.remote;
}

struct body {
    struct rich_text text;
    bool whole; /* nothing of the text was left out */
};

static struct body text_of(struct arena *arena, const struct remote_post_input *input, const char *html,
                           struct loss *loss)
{
    struct body body;
    body.text = html_to_text(arena, html,
                             &(struct html_text_options){.note = input->note,
                                                         .people = input->people,
                                                         .people_count = input->people_count,
                                                         .length_max = MODEL_TEXT_MAX,
                                                         .drop_quote_inline = has_quote(input)},
                             &body.whole, loss);
    return body;
}

/* Everything that is no Note is shown as title, summary and a link to where it can be read, seen or heard
 * whole. */
static bool is_plain_note(const struct inbound_note *note)
{
    return strcmp(note->type, "Note") == 0 || strcmp(note->type, "ChatMessage") == 0 ||
           (strcmp(note->type, "Question") == 0 && !note->name);
}

static const char *link_of(const struct inbound_note *note)
{
    return note->url ? note->url : note->id;
}

static struct rich_text link_text(struct arena *arena, const struct inbound_note *note)
{
    return text_of_one_span(arena, link_of(note), SPAN_LINK, link_of(note));
}

static const char *event_time(struct arena *arena, int64_t time)
{
    char text[TIME_TEXT_MAX];
    time_format(time, text);
    return arena_format(arena, "%.10s %.5s UTC", text, text + 11);
}

/* "2026-11-05 17:00 UTC – 2026-11-05 19:00 UTC", and the place on a line of its own. */
static struct rich_text event_text(struct arena *arena, const struct inbound_note *note)
{
    const char *when = note->starts ? event_time(arena, note->starts) : "";
    if (note->starts && note->ends)
        when = arena_format(arena, "%s – %s", when, event_time(arena, note->ends));
    const char *where = note->place ? note->place : "";
    const char *text = arena_format(arena, "%s%s%s", when, *when && *where ? "\n" : "", where);
    return (struct rich_text){.text = text, .length = strlen(text)};
}

static struct rich_text titled_body(struct arena *arena, const struct remote_post_input *input,
                                    struct loss *loss)
{
    const struct inbound_note *note = input->note;
    struct rich_text whole = {.text = ""};
    if (note->name) {
        struct rich_text title = text_of_one_span(arena, note->name, SPAN_BOLD, NULL);
        join(arena, &whole, &title);
    }
    if (strcmp(note->type, "Event") == 0) {
        struct rich_text event = event_text(arena, note);
        join(arena, &whole, &event);
    }
    const char *html = note->summary ? note->summary : note->content_html;
    struct rich_text abstract = text_of(arena, input, html, loss).text;
    const struct text_policy policy = {.maximum = ABSTRACT_MAX, .unit = TEXT_UNIT_GRAPHEMES};
    if (!text_fits(&abstract, &policy))
        abstract = text_shorten(arena, &abstract, &policy, NULL);
    join(arena, &whole, &abstract);
    struct rich_text link = link_text(arena, note);
    join(arena, &whole, &link);
    loss_add(loss, note->type, "shown as title, summary and link");
    return whole;
}

/* Some servers put the quoted post into the text too, by a link or as a paragraph of its own class. */
static bool names_its_quote(const struct inbound_note *note, const struct rich_text *text)
{
    for (size_t i = 0; i < text->span_count; i++)
        if (text->spans[i].kind == SPAN_LINK && text->spans[i].target &&
            strcmp(text->spans[i].target, note->quote_of) == 0)
            return true;
    return note->content_html && strstr(note->content_html, "quote-inline");
}

/* A quote that the platform has no place for stays a link. */
static void add_quote(struct arena *arena, const struct remote_post_input *input, struct rich_text *text,
                      struct loss *loss)
{
    const struct inbound_note *note = input->note;
    if (!note->quote_of || has_quote(input))
        return;
    loss_add(loss, "quote", "shown as a link: the platform cannot show it as a quote");
    if (names_its_quote(note, text))
        return;
    static const char mark[] = "RE: ";
    const char *shown = arena_format(arena, "%s%s", mark, note->quote_of);
    struct span *span = arena_alloc(arena, sizeof *span);
    *span = (struct span){
        .start = strlen(mark), .end = strlen(shown), .kind = SPAN_LINK, .target = note->quote_of};
    struct rich_text link = {.text = shown, .length = strlen(shown), .spans = span, .span_count = 1};
    join(arena, text, &link);
}

/* Votes cannot be cast from here: the choices are shown, the link leads to where they can. */
static void add_poll(struct arena *arena, const struct inbound_note *note, struct rich_text *text,
                     struct loss *loss)
{
    const char *lines = "";
    for (size_t i = 0; i < note->poll->option_count; i++)
        lines = arena_format(arena, "%s%s○ %s", lines, i ? "\n" : "", note->poll->options[i].name);
    struct rich_text choices = {.text = lines, .length = strlen(lines)};
    struct rich_text link = link_text(arena, note);
    join(arena, text, &choices);
    join(arena, text, &link);
    loss_add(loss, "poll", "its choices are shown as text, votes are cast where it is linked");
}

/* ---- the post
 * ------------------------------------------------------------------------------------------------------- */

static void shorten(struct arena *arena, const struct remote_post_input *input, struct remote_post *post,
                    struct loss *loss)
{
    bool bounded = input->text_max_bytes && input->text_max_bytes < MODEL_TEXT_MAX;
    const struct text_policy policy = {.maximum = input->text_max,
                                       .maximum_bytes = bounded ? input->text_max_bytes : MODEL_TEXT_MAX,
                                       .unit = input->text_unit};
    if (text_fits(&post->body, &policy))
        return;
    size_t before = text_measure(post->body.text, post->body.length, policy.unit);
    post->body = text_shorten(arena, &post->body, &policy, post->url);
    size_t after = text_measure(post->body.text, post->body.length, policy.unit);
    post->html = NULL; /* it would say all that the platform does not take */
    loss_add(loss, "text",
             arena_format(arena, "shortened from %zu to %zu, with a link to the original", before, after));
}

static void collect_mentions(const struct remote_post_input *input, struct remote_post *post)
{
    for (size_t i = 0; i < input->people_count && post->mention_count < COUNT(post->mentions); i++) {
        const char *native = input->people[i].native;
        bool known = !native;
        for (size_t k = 0; k < post->mention_count && !known; k++)
            known = strcmp(post->mentions[k], native) == 0;
        if (!known)
            post->mentions[post->mention_count++] = native;
    }
}

/* ---- attachments
 * ------------------------------------------------------------------------------------------------------ */

static const char *media_place(struct arena *arena, const struct inbound_note *note, size_t index)
{
    static const char *const names[] = {
        [MEDIA_IMAGE] = "image", [MEDIA_VIDEO] = "video", [MEDIA_AUDIO] = "audio", [MEDIA_FILE] = "file"};
    return arena_format(arena, "%s %zu of %zu", names[note->media[index].kind], index + 1, note->media_count);
}

static void shorten_alt(struct arena *arena, const struct remote_post_input *input, struct media *media,
                        size_t index, struct loss *loss)
{
    if (!media->alt || !input->alt_max || strlen(media->alt) <= input->alt_max)
        return;
    media->alt = plain_text(arena, media->alt, input->alt_max);
    loss_add(loss, media_place(arena, input->note, index), "its description was shortened");
}

static void copy_media(struct arena *arena, const struct remote_post_input *input, struct remote_post *post,
                       struct loss *loss)
{
    const struct inbound_note *note = input->note;
    size_t count = note->media_count < input->media_max ? note->media_count : input->media_max;
    struct media *media = arena_alloc(arena, (count + 1) * sizeof *media);
    for (size_t i = 0; i < count; i++) {
        media[i] = note->media[i];
        shorten_alt(arena, input, &media[i], i, loss);
    }
    post->media = media;
    post->media_count = count;
}

static const char *alt_in_link(struct arena *arena, const char *alt)
{
    return alt ? plain_text(arena, utf8_clean_line(arena, alt, strlen(alt)), ALT_IN_LINK_MAX) : NULL;
}

/* "Image 2 of 3: its description", linked: for what the platform has no place for. */
static void link_media(struct arena *arena, const struct remote_post_input *input, struct remote_post *post,
                       struct loss *loss)
{
    const struct inbound_note *note = input->note;
    const char *why = post->media_count
                          ? arena_format(arena, "linked, the platform takes %zu", input->media_max)
                          : "linked, the platform does not take it";
    for (size_t i = post->media_count; i < note->media_count; i++) {
        const char *alt = alt_in_link(arena, note->media[i].alt);
        char *label =
            arena_format(arena, "%s%s%s", media_place(arena, note, i), alt ? ": " : "", alt ? alt : "");
        label[0] = (char)(label[0] - 'a' + 'A');
        struct rich_text link = text_of_one_span(arena, label, SPAN_LINK, note->media[i].url);
        join(arena, &post->body, &link);
        loss_add(loss, media_place(arena, note, i), why);
        if (alt && strlen(note->media[i].alt) > ALT_IN_LINK_MAX)
            loss_add(loss, media_place(arena, note, i), "its description was shortened");
        post->html = NULL; /* it would say less than the text */
    }
}

static void tell_what_is_cut(struct arena *arena, const struct inbound_note *note, struct loss *loss)
{
    if (note->media_left_out)
        loss_add(loss, "attachments",
                 arena_format(arena, "%zu of %zu left out: no more are taken", note->media_left_out,
                              note->media_count + note->media_left_out));
    if (note->language && note->language_count > 1)
        loss_add(loss, "languages", arena_format(arena, "only the text in %s is taken", note->language));
    if (note->summary && strlen(note->summary) > WARNING_MAX && is_plain_note(note))
        loss_add(loss, "warning", "shortened");
}

static bool has_hashtag(const struct rich_text *text, const char *tag)
{
    for (size_t i = 0; i < text->span_count; i++)
        if (text->spans[i].kind == SPAN_HASHTAG && strcasecmp(text->spans[i].target, tag) == 0)
            return true;
    return false;
}

/* Some servers list hashtags beside the text; the platform has no place for them. */
static void tell_hashtags(struct arena *arena, const struct inbound_note *note, const struct rich_text *text,
                          struct loss *loss)
{
    for (size_t i = 0; i < note->hashtag_count; i++)
        if (!has_hashtag(text, note->hashtags[i]))
            loss_add(loss, arena_format(arena, "hashtag #%s", note->hashtags[i]),
                     "left out: it does not stand in the text");
}

static void write_body(struct arena *arena, const struct remote_post_input *input, struct remote_post *post,
                       struct loss *loss)
{
    const struct inbound_note *note = input->note;
    if (!is_plain_note(note)) {
        post->title = note->name;
        post->body = titled_body(arena, input, loss);
        return;
    }
    struct body body = text_of(arena, input, note->content_html, loss);
    post->body = body.text;
    /* On a Note the summary is the warning; elsewhere it is the abstract (PROTOCOL §3.3). */
    post->warning = utf8_clean_line(arena, note->summary, WARNING_MAX);
    size_t written = post->body.length;
    add_quote(arena, input, &post->body, loss);
    if (note->poll) {
        add_poll(arena, note, &post->body, loss);
        return;
    }
    bool empty = post->body.length == 0 && post->media_count == 0;
    if (!body.whole || empty) {
        struct rich_text link = link_text(arena, note);
        join(arena, &post->body, &link);
        return;
    }
    /* The HTML is for what it alone can say; where the text says more, the text is the post. */
    if (post->body.length != written)
        return;
    post->html = html_sanitize_without(arena, note->content_html, HTML_MAX, has_quote(input));
}

struct remote_post *remote_post_make(struct arena *arena, const struct remote_post_input *input,
                                     struct loss *loss)
{
    const struct inbound_note *note = input->note;
    if (!note->id || !note->type || note->is_vote)
        return NULL;
    char *key = arena_alloc(arena, KEY_LENGTH + 1);
    remote_key_make("rp", note->id, NULL, key);
    struct remote_post *post = arena_alloc(arena, sizeof *post);
    *post = (struct remote_post){
        .key = key,
        .object_id = note->id,
        .url = link_of(note),
        .author = input->author,
        .reply_to = input->reply_to,
        .root = input->root,
        .quote_of = input->quote_of,
        .visibility = note->visibility,
        .poll = note->poll,
        .created = note->published,
        .edited = note->updated > note->published ? note->updated : 0,
        .timeline = input->timeline,
        .revision = input->revision,
    };
    if (note->language)
        post->languages[post->language_count++] = note->language;
    copy_media(arena, input, post, loss);
    collect_mentions(input, post);
    write_body(arena, input, post, loss);
    link_media(arena, input, post, loss);
    tell_what_is_cut(arena, note, loss);
    tell_hashtags(arena, note, &post->body, loss);
    post->sensitive = note->sensitive || post->warning;
    shorten(arena, input, post, loss);
    return post;
}
