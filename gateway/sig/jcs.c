#include "gateway/sig/jcs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t SAFE_INTEGER = (int64_t)1 << 53; /* up to here a double holds every integer */

/* ---- numbers (§3.2.2.3)
 * --------------------------------------------------------------------------------------------- */

/* The shortest digits that read back the same; *point is where the decimal point stands in them. */
static void shortest(double number, char digits[20], int *count, int *point)
{
    char text[JCS_NUMBER_SIZE];
    for (int precision = 0; precision < 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision, number);
        if (strtod(text, NULL) == number)
            break;
    }
    *count = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[(*count)++] = *at;
    *point = (int)strtol(at + 1, NULL, 10) + 1;
    while (*count > 1 && digits[*count - 1] == '0')
        (*count)--;
    digits[*count] = '\0';
}

void jcs_number(double number, char out[JCS_NUMBER_SIZE])
{
    if (number == 0) {
        memcpy(out, "0", 2);
        return;
    }
    char digits[20];
    int count, point;
    shortest(fabs(number), digits, &count, &point);
    const char *sign = number < 0 ? "-" : "";
    if (point > 21 || point < -5)
        (void)snprintf(out, JCS_NUMBER_SIZE, "%s%c%s%se%c%d", sign, digits[0], count > 1 ? "." : "",
                       digits + 1, point > 0 ? '+' : '-', abs(point - 1));
    else if (point <= 0)
        (void)snprintf(out, JCS_NUMBER_SIZE, "%s0.%.*s%s", sign, -point, "00000", digits);
    else if (count <= point)
        (void)snprintf(out, JCS_NUMBER_SIZE, "%s%s%.*s", sign, digits, point - count, "00000000000000000000");
    else
        (void)snprintf(out, JCS_NUMBER_SIZE, "%s%.*s.%s", sign, point, digits, digits + point);
}

static void write_number(const json_t *value, struct buffer *out)
{
    json_int_t integer = json_integer_value(value);
    if (json_is_integer(value) && integer >= -SAFE_INTEGER && integer <= SAFE_INTEGER) {
        buffer_format(out, "%" PRId64, (int64_t)integer);
        return;
    }
    char text[JCS_NUMBER_SIZE];
    jcs_number(json_number_value(value), text);
    buffer_add_string(out, text);
}

/* ---- strings (§3.2.2.2)
 * --------------------------------------------------------------------------------------------- */

static const char *short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\t':
        return "\\t";
    case '\n':
        return "\\n";
    case '\f':
        return "\\f";
    case '\r':
        return "\\r";
    default:
        return NULL;
    }
}

static void write_string(const char *text, size_t length, struct buffer *out)
{
    buffer_add_char(out, '"');
    for (size_t i = 0, start = 0; i <= length; i++) {
        unsigned char c = i < length ? (unsigned char)text[i] : '"';
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_add(out, text + start, i - start);
        start = i + 1;
        if (i == length)
            break;
        if (short_escape(c))
            buffer_add_string(out, short_escape(c));
        else
            buffer_format(out, "\\u%04x", c);
    }
    buffer_add_char(out, '"');
}

/* ---- objects (§3.2.3)
 * ----------------------------------------------------------------------------------------------- */

/* By UTF-16 code units. That is the order of UTF-8's bytes, but for the characters beyond U+FFFF (first byte
 * F0 to F4): their surrogates come before U+E000 to U+FFFF (first byte EE or EF). */
static int compare_keys(const void *one, const void *other)
{
    const unsigned char *a = *(const unsigned char *const *)one, *b = *(const unsigned char *const *)other;
    while (*a && *a == *b) {
        a++;
        b++;
    }
    bool a_beyond = *a >= 0xf0, b_beyond = *b >= 0xf0;
    if (a_beyond != b_beyond && *a >= 0xee && *b >= 0xee)
        return a_beyond ? -1 : 1;
    return (int)*a - (int)*b;
}

static bool write_value(const json_t *value, struct buffer *out, unsigned depth);

static bool write_members(const json_t *object, const char **keys, size_t count, struct buffer *out,
                          unsigned depth)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        write_string(keys[i], strlen(keys[i]), out);
        buffer_add_char(out, ':');
        if (!write_value(json_object_get(object, keys[i]), out, depth))
            return false;
    }
    return true;
}

static bool write_object(const json_t *object, struct buffer *out, unsigned depth)
{
    size_t count = json_object_size(object), i = 0;
    const char **keys = calloc(count + 1, sizeof *keys), *key;
    json_t *value;
    if (!keys)
        abort();
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        keys[i++] = key;
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    buffer_add_char(out, '{');
    bool good = write_members(object, keys, count, out, depth);
    buffer_add_char(out, '}');
    free(keys);
    return good;
}

static bool write_array(const json_t *array, struct buffer *out, unsigned depth)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        if (!write_value(json_array_get(array, i), out, depth))
            return false;
    }
    buffer_add_char(out, ']');
    return true;
}

static bool write_value(const json_t *value, struct buffer *out, unsigned depth)
{
    if (out->failed || depth > JCS_DEPTH_MAX)
        return false;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return write_object(value, out, depth + 1);
    case JSON_ARRAY:
        return write_array(value, out, depth + 1);
    case JSON_STRING:
        write_string(json_string_value(value), json_string_length(value), out);
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        write_number(value, out);
        break;
    case JSON_TRUE:
        buffer_add_string(out, "true");
        break;
    case JSON_FALSE:
        buffer_add_string(out, "false");
        break;
    case JSON_NULL:
        buffer_add_string(out, "null");
        break;
    }
    return true;
}

bool jcs_write(const json_t *value, struct buffer *out)
{
    return write_value(value, out, 0) && !out->failed;
}
