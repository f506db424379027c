#include <string.h>

#include "adapters/platform/platform.h"

const char *platform_text(const json_t *value, size_t length_max, struct arena *arena)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text || length > length_max || !text_is_clean(text, length))
        return NULL;
    return arena_copy(arena, text, length);
}

const char *platform_words(const json_t *value, size_t length_max, struct arena *arena)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text)
        return NULL;
    if (length > length_max)
        for (length = length_max; length && ((unsigned char)text[length] & 0xC0) == 0x80;)
            length--;
    char *words = arena_copy(arena, text, length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)words[i] < ' ' && !(words[i] && strchr("\t\n\r", words[i])))
            words[i] = ' ';
    return words;
}

/* PLATFORMS §7.2: [A-Za-z0-9._:~-], at most 255 bytes. */
bool platform_id_valid(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-");
    /* "." and ".." would mean something else in a path. */
    return length && !text[length] && length <= MODEL_NATIVE_ID_MAX && strspn(text, ".") != length;
}

const char *platform_id(const json_t *value, struct arena *arena)
{
    const char *text = platform_text(value, MODEL_NATIVE_ID_MAX, arena);
    return text && platform_id_valid(text) ? text : NULL;
}

const char *platform_url(const json_t *value, struct arena *arena)
{
    const char *text = platform_text(value, PLATFORM_URL_MAX, arena);
    if (!text || (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0))
        return NULL;
    return text[strcspn(text, " \t\r\n\"<>\\^`{|}")] ? NULL : text;
}

int64_t platform_time(const json_t *value)
{
    const char *text = json_string_value(value);
    int64_t time = text ? time_parse(text) : -1;
    return time < 0 ? 0 : time;
}

bool platform_number(const json_t *value, int64_t *out)
{
    if (!json_is_integer(value))
        return false;
    *out = json_integer_value(value);
    return *out >= 0 && *out <= PLATFORM_NUMBER_MAX;
}
