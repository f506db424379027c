#include "gateway/sig/query_parameter.h"

#include <stdio.h>
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_kept(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("*-._", c));
}

/* Decodes application/x-www-form-urlencoded and percent-encodes the bytes again, so that each spelling of a
 * text becomes one. */
static const char *normalize(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length * 3 + 1), *end = out;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        int high = c == '%' && i + 2 < length ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            c = (unsigned char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (is_kept(c))
            *end++ = (char)c;
        else
            end += sprintf(end, "%%%02X", (unsigned)c);
    }
    *end = '\0';
    return out;
}

const char *query_parameter(struct arena *arena, const char *query, const char *name)
{
    const char *wanted = normalize(arena, name, strlen(name)), *found = NULL;
    for (const char *at = query; *at;) {
        size_t length = strcspn(at, "&"), name_length = strcspn(at, "=&");
        if (strcmp(normalize(arena, at, name_length), wanted) == 0) {
            if (found)
                return NULL;
            size_t start = name_length < length ? name_length + 1 : length;
            found = normalize(arena, at + start, length - start);
        }
        at += length + (at[length] == '&');
    }
    return found;
}
