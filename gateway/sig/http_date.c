#include "gateway/sig/http_date.h"

#include <stdio.h>
#include <string.h>

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days from 1970-01-01 to that civil day (proleptic Gregorian; years from 1 on). */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t shifted = month > 2 ? year : year - 1; /* years that begin in March: the leap day is last */
    int64_t era = shifted / 400, year_of_era = shifted % 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int weekday_of(int64_t days)
{
    return (int)(((days + 4) % 7 + 7) % 7); /* the first day of the epoch was a Thursday */
}

static int days_in_month(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : lengths[month - 1];
}

/* The index of a three-letter name in a table of them, -1 when it is none. */
static int name_index(const char *table, const char *text)
{
    for (int i = 0; table[i * 3]; i++)
        if (memcmp(table + i * 3, text, 3) == 0)
            return i;
    return -1;
}

static int number(const char *text, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool has_shape(const char *text)
{
    static const char shape[] = "xxx, xx xxx xxxx xx:xx:xx GMT";
    for (int i = 0; i < HTTP_DATE_LENGTH; i++)
        if (text[i] == '\0' || (shape[i] != 'x' && shape[i] != text[i]))
            return false;
    return text[HTTP_DATE_LENGTH] == '\0';
}

bool http_date_parse(const char *text, int64_t *seconds)
{
    if (!has_shape(text))
        return false;
    int weekday = name_index(weekdays, text), day = number(text + 5, 2),
        month = name_index(months, text + 8) + 1, year = number(text + 12, 4), hour = number(text + 17, 2),
        minute = number(text + 20, 2), second = number(text + 23, 2);
    if (weekday < 0 || month < 1 || year < 1 || day < 1 || day > days_in_month(year, month) || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    int64_t days = days_from_civil(year, month, day);
    if (weekday_of(days) != weekday)
        return false;
    *seconds = days * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

void http_date_format(int64_t seconds, char out[HTTP_DATE_LENGTH + 1])
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    int64_t since = days + 719468, era = since / 146097, day_of_era = since % 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    int year = (int)(year_of_era + era * 400 + (month <= 2));
    (void)snprintf(out, HTTP_DATE_LENGTH + 1, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
                   weekdays + weekday_of(days) * 3, (unsigned)day % 100, months + (month - 1) * 3,
                   (unsigned)year % 10000, (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60),
                   (unsigned)(rest % 60));
}
