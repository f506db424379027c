#include "mapping/text_shorten.h"

#include <string.h>

#include "mapping/utf8_text.h"

/* A word that is longer than this is cut: some scripts have no spaces. */
enum { WORD_MAX = 64 };

static size_t limit(size_t maximum)
{
    return maximum ? maximum : SIZE_MAX;
}

bool text_fits(const struct rich_text *text, const struct text_policy *policy)
{
    return text_fit(text->text, text->length, policy->unit, limit(policy->maximum),
                    limit(policy->maximum_bytes)) == text->length;
}

static bool is_white(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t';
}

static bool is_style(enum span_kind kind)
{
    switch (kind) {
    case SPAN_LINK:
    case SPAN_MENTION:
    case SPAN_REMOTE_MENTION:
    case SPAN_HASHTAG:
    case SPAN_EMOJI:
        return false;
    default:
        return true;
    }
}

/* Back to the end of a word, then out of what must not be torn, then before white space. */
static size_t good_cut(const struct rich_text *text, size_t cut)
{
    if (cut < text->length && !is_white(text->text[cut])) {
        size_t word = cut;
        while (word > 0 && cut - word < WORD_MAX && !is_white(text->text[word - 1]))
            word--;
        if (word > 0 && is_white(text->text[word - 1]))
            cut = word;
    }
    for (size_t i = 0; i < text->span_count; i++) {
        const struct span *span = &text->spans[i];
        if (!is_style(span->kind) && span->start < cut && cut < span->end)
            cut = span->start;
    }
    while (cut > 0 && is_white(text->text[cut - 1]))
        cut--;
    return cut;
}

static size_t less(size_t maximum, size_t used)
{
    return maximum == SIZE_MAX ? SIZE_MAX : maximum > used ? maximum - used : 0;
}

static struct rich_text cut_with_tail(struct arena *arena, const struct rich_text *text, size_t cut,
                                      const char *tail, const char *url)
{
    struct span *spans = arena_alloc(arena, (text->span_count + 1) * sizeof *spans);
    size_t count = 0;
    for (size_t i = 0; i < text->span_count; i++) {
        if (text->spans[i].start >= cut)
            continue;
        spans[count] = text->spans[i];
        if (spans[count].end > cut)
            spans[count].end = cut;
        count++;
    }
    char *joined = arena_alloc(arena, cut + strlen(tail) + 1);
    memcpy(joined, text->text, cut);
    memcpy(joined + cut, tail, strlen(tail));
    size_t length = cut + strlen(tail);
    if (url)
        spans[count++] =
            (struct span){.start = length - strlen(url), .end = length, .kind = SPAN_LINK, .target = url};
    return (struct rich_text){.text = joined, .length = length, .spans = spans, .span_count = count};
}

struct rich_text text_shorten(struct arena *arena, const struct rich_text *text,
                              const struct text_policy *policy, const char *url)
{
    size_t maximum = limit(policy->maximum);
    size_t maximum_bytes = limit(policy->maximum_bytes);
    const char *tail = url ? arena_format(arena, "… %s", url) : "…";
    size_t units = text_measure(tail, strlen(tail), policy->unit);
    /* A text of which only the link would be left says less than its own beginning. */
    if (url && (units > maximum / 2 || strlen(tail) > maximum_bytes / 2)) {
        url = NULL;
        tail = "…";
        units = text_measure(tail, strlen(tail), policy->unit);
    }
    if (units > maximum || strlen(tail) > maximum_bytes)
        return cut_with_tail(arena, text, 0, "", NULL);
    size_t fitting = text_fit(text->text, text->length, policy->unit, less(maximum, units),
                              less(maximum_bytes, strlen(tail)));
    return cut_with_tail(arena, text, good_cut(text, fitting), tail, url);
}
