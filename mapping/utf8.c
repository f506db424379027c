#include "mapping/utf8.h"

#include "mapping/utf8_text.h"

bool utf8_is_border(const char *text, size_t length, size_t offset)
{
    return offset == length || (offset < length && ((unsigned char)text[offset] & 0xC0) != 0x80);
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

size_t utf8_cut(const char *text, size_t length, size_t maximum)
{
    if (length <= maximum)
        return length;
    size_t grapheme = text_fit(text, length, TEXT_UNIT_BYTES, maximum, maximum);
    size_t word = grapheme;
    while (word > maximum - maximum / 4 && !is_space(text[word]))
        word--;
    return word > maximum - maximum / 4 ? word : grapheme;
}
