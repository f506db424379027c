/* Text, spans and times of the neutral model (mapping/model.h). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mapping/model.h"
#include "mapping/utf8.h"
#include "mapping/utf8_text.h"

enum { NESTING_MAX = 16 };

bool text_is_clean(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        unsigned char byte = (unsigned char)text[at];
        if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r')
            return false;
        int32_t code = 0;
        size_t size = utf8_next(text + at, length - at, &code);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

/* ---- spans
 * ----------------------------------------------------------------------------------------------------------
 */

static bool is_atom(enum span_kind kind)
{
    return kind <= SPAN_EMOJI;
}

/* Which of two spans over the same range is the outer one: blocks, then styles, then links and their like. */
static int rank(enum span_kind kind)
{
    if (kind == SPAN_QUOTE)
        return 0;
    if (kind == SPAN_PREFORMATTED)
        return 1;
    return is_atom(kind) ? SPAN_QUOTE + 1 : (int)kind;
}

static bool comes_before(const struct span *one, const struct span *other)
{
    if (one->start != other->start)
        return one->start < other->start;
    if (one->end != other->end)
        return one->end > other->end;
    return rank(one->kind) < rank(other->kind);
}

static size_t drop_impossible(const char *text, size_t length, struct span *spans, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < MODEL_SPANS_MAX; i++) {
        const struct span *span = &spans[i];
        if (span->start < span->end && span->end <= length && utf8_is_border(text, length, span->start) &&
            utf8_is_border(text, length, span->end))
            spans[kept++] = *span;
    }
    return kept;
}

/* By insertion: stable, and linear for the sorted lists that most platforms give. */
static void sort(struct span *spans, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct span span = spans[i];
        size_t place = i;
        for (; place > 0 && comes_before(&span, &spans[place - 1]); place--)
            spans[place] = spans[place - 1];
        spans[place] = span;
    }
}

/* `around` are the kept spans that are still open where `span` starts, each inside the one before. */
static bool fits_inside(const struct span *span, const struct span *const *around, size_t depth)
{
    if (depth == NESTING_MAX || (depth && span->end > around[depth - 1]->end))
        return false;
    for (size_t i = 0; i < depth; i++) {
        if (is_atom(around[i]->kind) && (is_atom(span->kind) || rank(span->kind) <= 1))
            return false;
        if (around[i]->kind == span->kind && span->kind != SPAN_QUOTE)
            return false;
        if (around[i]->kind == span->kind && around[i]->start == span->start && around[i]->end == span->end)
            return false;
    }
    return true;
}

size_t spans_normalize(const char *text, size_t length, struct span *spans, size_t count)
{
    const struct span *around[NESTING_MAX];
    size_t depth = 0;
    size_t kept = 0;
    count = drop_impossible(text, length, spans, count);
    sort(spans, count);
    for (size_t i = 0; i < count; i++) {
        while (depth && around[depth - 1]->end <= spans[i].start)
            depth--;
        if (!fits_inside(&spans[i], around, depth))
            continue;
        spans[kept] = spans[i];
        around[depth++] = &spans[kept++];
    }
    return kept;
}

/* ---- times
 * ----------------------------------------------------------------------------------------------------------
 */

/* Reads exactly `digits` digits. */
static bool read_number(const char **text, int digits, int minimum, int maximum, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char digit = (*text)[i];
        if (digit < '0' || digit > '9')
            return false;
        value = value * 10 + (digit - '0');
    }
    *text += digits;
    *out = value;
    return value >= minimum && value <= maximum;
}

static bool read_mark(const char **text, const char *marks)
{
    if (**text == '\0' || !strchr(marks, **text))
        return false;
    (*text)++;
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool read_date(const char **text, struct tm *out)
{
    int year = 0;
    int month = 0;
    int day = 0;
    if (!read_number(text, 4, 0, 9999, &year) || !read_mark(text, "-") ||
        !read_number(text, 2, 1, 12, &month) || !read_mark(text, "-") ||
        !read_number(text, 2, 1, days_of_month(year, month), &day))
        return false;
    out->tm_year = year - 1900;
    out->tm_mon = month - 1;
    out->tm_mday = day;
    return true;
}

/* A fraction may have any number of digits; what is below a millisecond is dropped. */
static bool read_fraction(const char **text, int *milliseconds)
{
    int weight = 100;
    if (!read_mark(text, "."))
        return true;
    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++, weight /= 10)
        *milliseconds += (**text - '0') * weight;
    return true;
}

/* Activity Streams allows a time without seconds. */
static bool read_clock(const char **text, struct tm *out, int *milliseconds)
{
    if (!read_number(text, 2, 0, 23, &out->tm_hour) || !read_mark(text, ":") ||
        !read_number(text, 2, 0, 59, &out->tm_min))
        return false;
    return !read_mark(text, ":") ||
           (read_number(text, 2, 0, 60, &out->tm_sec) && read_fraction(text, milliseconds));
}

/* "Z", "+02:00", and "+0200" as Threads writes it. */
static bool read_offset(const char **text, int *seconds)
{
    int hours = 0;
    int minutes = 0;
    if (read_mark(text, "Zz"))
        return true;
    int sign = **text == '-' ? -1 : 1;
    if (!read_mark(text, "+-") || !read_number(text, 2, 0, 23, &hours))
        return false;
    (void)read_mark(text, ":");
    if (!read_number(text, 2, 0, 59, &minutes))
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* The end of the year 9999: four digits go no further. */
static const int64_t TIME_LAST = 253402300799999;

int64_t time_parse(const char *text)
{
    struct tm parts = {0};
    int milliseconds = 0;
    int offset = 0;
    if (!text || !read_date(&text, &parts) || !read_mark(&text, "Tt ") ||
        !read_clock(&text, &parts, &milliseconds) || !read_offset(&text, &offset) || *text != '\0')
        return -1;
    int64_t result = ((int64_t)timegm(&parts) - offset) * 1000 + milliseconds;
    return result < 0 || result > TIME_LAST ? -1 : result;
}

void time_format(int64_t time_ms, char out[TIME_TEXT_MAX])
{
    int64_t clamped = time_ms < 0 ? 0 : time_ms > TIME_LAST ? TIME_LAST : time_ms;
    time_t seconds = (time_t)(clamped / 1000);
    unsigned milliseconds = (unsigned)(clamped % 1000);
    struct tm parts = {0};
    (void)gmtime_r(&seconds, &parts);
    size_t length = strftime(out, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
    if (milliseconds)
        (void)snprintf(out + length, TIME_TEXT_MAX - length, ".%03uZ", milliseconds);
    else
        (void)snprintf(out + length, TIME_TEXT_MAX - length, "Z");
}
