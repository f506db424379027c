#include "plaza/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <utf8proc.h>

void text_init(struct text *text, size_t maximum)
{
    *text = (struct text){.maximum = maximum};
}

void text_clear(struct text *text)
{
    free(text->bytes);
    text_init(text, text->maximum);
}

static bool reserve(struct text *text, size_t more)
{
    if (text->overflow || more > text->maximum - text->length) {
        text->overflow = true;
        return false;
    }
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    text->bytes = realloc(text->bytes, capacity);
    if (!text->bytes)
        abort();
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, const char *bytes, size_t length)
{
    if (!length || !reserve(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_put(struct text *text, const char *string)
{
    if (string)
        text_add(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        abort();
    if (!reserve(text, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

static const char *entity(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void text_add_escaped(struct text *text, const char *bytes, size_t length)
{
    size_t plain = 0;
    for (size_t i = 0; i < length; i++) {
        const char *escaped = entity(bytes[i]);
        if (!escaped)
            continue;
        text_add(text, bytes + plain, i - plain);
        text_put(text, escaped);
        plain = i + 1;
    }
    text_add(text, bytes + plain, length - plain);
}

void text_put_escaped(struct text *text, const char *string)
{
    if (string)
        text_add_escaped(text, string, strlen(string));
}

const char *text_string(const struct text *text)
{
    return text->bytes ? text->bytes : "";
}

bool text_is_clean(const char *string)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)string;
    while (*at) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length = utf8proc_iterate(at, -1, &point);
        if (length <= 0 || (point < 0x20 && point != '\t' && point != '\n' && point != '\r') || point == 0x7f)
            return false;
        at += length;
    }
    return true;
}

size_t text_graphemes(const char *string)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)string;
    utf8proc_int32_t before = 0;
    utf8proc_int32_t state = 0;
    size_t count = 0;
    while (*at) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length = utf8proc_iterate(at, -1, &point);
        if (length <= 0)
            break;
        if (!count || utf8proc_grapheme_break_stateful(before, point, &state))
            count++;
        before = point;
        at += length;
    }
    return count;
}

bool text_is_web_url(const char *string)
{
    if (!string || strlen(string) > 2048)
        return false;
    size_t scheme = 0;
    if (strncmp(string, "https://", 8) == 0)
        scheme = 8;
    else if (strncmp(string, "http://", 7) == 0)
        scheme = 7;
    if (!scheme || !string[scheme] || string[scheme] == '/')
        return false;
    for (const char *at = string; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == '"' || *at == '<' || *at == '>' || *at == 0x7f)
            return false;
    return true;
}

bool text_is_id(const char *string)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-_";
    size_t length = string ? strlen(string) : 0;
    return length > 0 && length <= 255 && strspn(string, allowed) == length;
}

int64_t text_numbered_id(const char *string, const char *prefix)
{
    size_t length = strlen(prefix);
    if (!string || strncmp(string, prefix, length) != 0 || string[length] < '1' || string[length] > '9')
        return 0;
    const char *digits = string + length;
    if (strlen(digits) > 18 || strspn(digits, "0123456789") != strlen(digits))
        return 0;
    return strtoll(digits, NULL, 10);
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        abort();
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t time_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t time_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

void time_text(int64_t time_ms, char out[TIME_TEXT_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t length = strftime(out, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + length, TIME_TEXT_SIZE - length, ".%03dZ", (int)(time_ms % 1000));
}

/* Reads ".123456" and stops after it; NULL when no digit follows the point. */
static const char *parse_fraction(const char *at, int *milliseconds)
{
    int weight = 100;
    if (*at != '.')
        return at;
    const char *digit = at + 1;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        *milliseconds += (*digit - '0') * weight;
        weight /= 10;
    }
    return digit == at + 1 ? NULL : digit;
}

/* Seconds east of UTC; false when it is no offset. */
static bool parse_offset(const char *at, int *offset)
{
    if ((*at == 'Z' || *at == 'z') && !at[1])
        return true;
    int hours;
    int minutes;
    int used = 0;
    if ((*at != '+' && *at != '-') || sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
        used != 5 || at[6] || hours > 23 || minutes > 59)
        return false;
    *offset = (hours * 60 + minutes) * (*at == '-' ? -60 : 60);
    return true;
}

int64_t time_parse(const char *string)
{
    struct tm parts = {0};
    int milliseconds = 0;
    int offset = 0;
    const char *rest = string ? strptime(string, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
    if (rest)
        rest = parse_fraction(rest, &milliseconds);
    if (!rest || !parse_offset(rest, &offset))
        return -1;
    int64_t time = ((int64_t)timegm(&parts) - offset) * 1000 + milliseconds;
    return time < 0 ? -1 : time;
}

static void hex(const unsigned char *bytes, size_t length, char *out)
{
    for (size_t i = 0; i < length; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

void hash_text(const void *bytes, size_t length, char out[HASH_TEXT_SIZE])
{
    unsigned char digest[32];
    if (!EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL))
        abort();
    hex(digest, sizeof digest, out);
}

void token_new(char out[TOKEN_TEXT_SIZE])
{
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    hex(bytes, sizeof bytes, out);
}

bool equal_secret(const char *one, const char *other)
{
    size_t length = strlen(one);
    return length == strlen(other) && CRYPTO_memcmp(one, other, length) == 0;
}
