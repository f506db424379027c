#include "gateway/fed/json_guard.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fed/json_read.h"

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The four digits of \uXXXX behind `text`, or -1. */
static long escaped_unit(const char *text, size_t left)
{
    char digits[5] = "";
    if (left < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    memcpy(digits, text + 2, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

/* The bytes of the escape at `text`; 0 when it stands for no character, or for NUL: what goes on after it is
 * there for one reader and not for another. */
static size_t escape_length(const char *text, size_t left)
{
    if (left < 2 || text[1] != 'u')
        return 2;
    long unit = escaped_unit(text, left);
    bool first_half = unit >= 0xd800 && unit <= 0xdbff;
    bool second_half = unit >= 0xdc00 && unit <= 0xdfff;
    if (!first_half)
        return unit <= 0 || second_half ? 0 : 6;
    long second = escaped_unit(text + 6, left - 6);
    return second >= 0xdc00 && second <= 0xdfff ? 12 : 0;
}

/* The bytes of the string that begins at `text`, without its quotes; to the text's end when none ends it.
 * SIZE_MAX: it has an escape that stands for no character. */
static size_t string_length(const char *text, size_t left)
{
    const char *end = text + left;
    const char *at = text + 1;
    const char *quote = at;
    while (at < end) {
        if (quote <= at)
            quote = memchr(at, '"', (size_t)(end - at));
        if (!quote)
            quote = end;
        const char *escape = memchr(at, '\\', (size_t)(quote - at));
        if (!escape)
            return (size_t)(quote - text - 1);
        size_t length = escape_length(escape, (size_t)(end - escape));
        if (!length)
            return SIZE_MAX;
        at = escape + length;
    }
    return left - 1;
}

const char *json_guard(const char *text, size_t length)
{
    size_t depth = 0;
    size_t nodes = 0;
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        if (byte == '"') {
            size_t string = string_length(text + i, length - i);
            if (string == SIZE_MAX)
                return "the JSON has an escape that stands for no character";
            if (string > JSON_STRING_MAX)
                return "a JSON string is longer than 256 KiB";
            i += string + 1;
        } else if (byte == '{' || byte == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return "the JSON is nested deeper than 64 levels";
            nodes++;
        } else if (byte == '}' || byte == ']') {
            if (depth)
                depth--;
        } else if (byte == ',' || byte == ':') {
            nodes++;
        } else if ((unsigned char)byte < ' ' && !is_space(byte)) {
            return "the JSON has control characters";
        }
        if (nodes > JSON_NODES_MAX)
            return "the JSON has more than 10000 nodes";
    }
    return NULL;
}

json_t *json_load_guarded(const char *text, size_t length, const char **why)
{
    *why = json_guard(text, length);
    if (*why)
        return NULL;
    json_t *document = json_read(text, length);
    if (!document)
        *why = "the body is not valid JSON";
    return document;
}
