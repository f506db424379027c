#include "mapping/utf8.h"

#include <utf8proc.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t utf8_character(const char *text, size_t length)
{
    if (length == 0)
        return 0;
    unsigned char first = (unsigned char)text[0];
    if (first < 0x80)
        return 1;
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if (!is_continuation(text[i]))
            return 0;
    unsigned char second = (unsigned char)text[1];
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
        return 0;
    return size;
}

bool utf8_is_border(const char *text, size_t length, size_t offset)
{
    return offset == length || (offset < length && !is_continuation(text[offset]));
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static utf8proc_int32_t code_point(const char *text, size_t size)
{
    utf8proc_int32_t value = 0xFFFD;
    (void)utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, &value);
    return value < 0 ? 0xFFFD : value;
}

size_t utf8_cut(const char *text, size_t length, size_t maximum)
{
    if (length <= maximum)
        return length;
    size_t grapheme = 0;
    size_t word = 0;
    utf8proc_int32_t state = 0;
    utf8proc_int32_t before = 0;
    for (size_t at = 0; at <= maximum;) {
        size_t size = utf8_character(text + at, length - at);
        if (size == 0)
            break;
        utf8proc_int32_t here = code_point(text + at, size);
        if (at == 0 || utf8proc_grapheme_break_stateful(before, here, &state))
            grapheme = at;
        if (is_space(text[at]) && grapheme == at)
            word = at;
        before = here;
        at += size;
    }
    return word > maximum - maximum / 4 ? word : grapheme;
}
