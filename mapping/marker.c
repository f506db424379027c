#include "mapping/marker.h"

#include <string.h>
#include <utf8proc.h>

#include "mapping/ids.h"
#include "mapping/utf8_text.h"

/* Letters, digits, marks and '_': what goes on with a word. */
static bool is_of_word(int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
        return true;
    default:
        return code == '_';
    }
}

bool marker_is_valid(const char *marker)
{
    size_t length = strlen(marker);
    bool named = false;
    if (marker[0] != '#' || length > MARKER_MAX)
        return false;
    for (size_t at = 1; at < length;) {
        int32_t code;
        size_t step = utf8_next(marker + at, length - at, &code);
        if (!step || !is_of_word(code))
            return false;
        named = named || utf8proc_category(code) != UTF8PROC_CATEGORY_ND;
        at += step;
    }
    return named;
}

/* Bytes of `text` that are the marker, whatever the case; 0 when it does not begin with it. */
static size_t match(const char *text, size_t length, const char *marker)
{
    size_t left = strlen(marker);
    size_t at = 0;
    while (left) {
        int32_t wanted;
        int32_t code;
        size_t step = utf8_next(marker, left, &wanted);
        size_t taken = utf8_next(text + at, length - at, &code);
        if (!step || !taken || utf8proc_tolower(code) != utf8proc_tolower(wanted))
            return 0;
        marker += step;
        left -= step;
        at += taken;
    }
    return at;
}

static bool text_has(const char *text, size_t length, const char *marker)
{
    bool in_word = false;
    for (size_t at = 0; at < length;) {
        int32_t code = 0;
        int32_t next = 0;
        size_t step = utf8_next(text + at, length - at, &code);
        size_t taken = in_word ? 0 : match(text + at, length - at, marker);
        bool goes_on = taken && utf8_next(text + at + taken, length - at - taken, &next) && is_of_word(next);
        if (taken && !goes_on)
            return true;
        in_word = step && is_of_word(code);
        at += step ? step : 1;
    }
    return false;
}

bool post_has_marker(const struct post *post, const char *marker)
{
    if (!marker || !*marker)
        return false;
    return text_has(post->body.text, post->body.length, marker) ||
           (post->title && text_has(post->title, strlen(post->title), marker)) ||
           (post->warning && text_has(post->warning, strlen(post->warning), marker));
}

const char *post_words_name(struct arena *arena, const struct post *post)
{
    char *name = arena_alloc(arena, 23);
    id_hash(arena_format(arena, "%s\n%s\n%.*s", post->title ? post->title : "",
                         post->warning ? post->warning : "", (int)post->body.length, post->body.text),
            name);
    return name;
}
