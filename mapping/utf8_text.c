#include "mapping/utf8_text.h"

#include <string.h>
#include <utf8proc.h>

size_t utf8_next(const char *text, size_t length, int32_t *code)
{
    if (length == 0)
        return 0;
    if ((unsigned char)*text < 0x80) {
        *code = (unsigned char)*text;
        return 1;
    }
    utf8proc_ssize_t size =
        utf8proc_iterate((const utf8proc_uint8_t *)text, length < 4 ? (utf8proc_ssize_t)length : 4, code);
    return size > 0 ? (size_t)size : 0;
}

bool utf8_is_control(int32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

bool utf8_is_direction_control(int32_t code)
{
    return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static bool is_white(int32_t code)
{
    return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == '\f' || code == '\v' ||
           code == 0x2028 || code == 0x2029;
}

/* Printable ASCII at the beginning: most of most texts. */
static size_t plain_run(const char *text, size_t length)
{
    size_t run = 0;
    while (run < length && text[run] >= ' ' && text[run] <= '~')
        run++;
    return run;
}

char *utf8_clean_copy(struct arena *arena, const char *text, size_t maximum)
{
    if (!text)
        return NULL;
    size_t length = strlen(text);
    char *copy = arena_alloc(arena, (length < maximum ? length : maximum) + 1);
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        int32_t code;
        size_t run = plain_run(text + at, length - at < maximum - used ? length - at : maximum - used);
        memcpy(copy + used, text + at, run);
        used += run;
        at += run;
        size_t size = utf8_next(text + at, length - at, &code);
        bool kept = size && (!utf8_is_control(code) || code == '\t' || code == '\n' || code == '\r');
        if (kept && used + size > maximum)
            break;
        if (kept) {
            memcpy(copy + used, text + at, size);
            used += size;
        }
        at += size ? size : 1;
    }
    return copy;
}

char *utf8_clean_line(struct arena *arena, const char *text, size_t maximum)
{
    if (!text)
        return NULL;
    size_t length = strlen(text);
    char *copy = arena_alloc(arena, (length < maximum ? length : maximum) + 1);
    size_t used = 0;
    bool space = false;
    for (size_t at = 0; at < length;) {
        int32_t code = 0;
        size_t size = utf8_next(text + at, length - at, &code);
        if (size && is_white(code)) {
            space = used > 0;
        } else if (size && !utf8_is_control(code) && !utf8_is_direction_control(code)) {
            if (used + space + size > maximum)
                break;
            if (space)
                copy[used++] = ' ';
            space = false;
            memcpy(copy + used, text + at, size);
            used += size;
        }
        at += size ? size : 1;
    }
    return used ? copy : NULL;
}

static size_t units_of(int32_t code, size_t size, int unit)
{
    switch (unit) {
    case TEXT_UNIT_CODE_POINTS:
        return 1;
    case TEXT_UNIT_UTF16:
        return code > 0xffff ? 2 : 1;
    case TEXT_UNIT_GRAPHEMES:
        return 0; /* counted at their borders */
    default:
        return size;
    }
}

/* Walks grapheme by grapheme until a limit would be passed; returns the bytes walked. */
static size_t walk(const char *text, size_t length, int unit, size_t maximum, size_t maximum_bytes,
                   size_t *units)
{
    utf8proc_int32_t state = 0;
    int32_t previous = 0;
    size_t fitting = 0; /* end of the last whole grapheme inside the limits */
    size_t fitting_units = 0;
    size_t count = 0;
    for (size_t at = 0; at < length;) {
        int32_t code = 0xfffd;
        size_t size = utf8_next(text + at, length - at, &code);
        if (size == 0)
            size = 1;
        if (at == 0 || utf8proc_grapheme_break_stateful(previous, code, &state)) {
            fitting = at;
            fitting_units = count;
            count += unit == TEXT_UNIT_GRAPHEMES;
        }
        count += units_of(code, size, unit);
        at += size;
        if (count > maximum || at > maximum_bytes) {
            *units = fitting_units;
            return fitting;
        }
        previous = code;
    }
    *units = count;
    return length;
}

size_t text_measure(const char *text, size_t length, int unit)
{
    size_t units;
    (void)walk(text, length, unit, SIZE_MAX, SIZE_MAX, &units);
    return units;
}

size_t text_fit(const char *text, size_t length, int unit, size_t maximum, size_t maximum_bytes)
{
    size_t units;
    return walk(text, length, unit, maximum, maximum_bytes, &units);
}
