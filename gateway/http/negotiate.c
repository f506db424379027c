#include "gateway/http/negotiate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RANGES_MAX = 32 };

static bool type_is(const char *range, size_t length, const char *type)
{
    return length == strlen(type) && strncasecmp(range, type, length) == 0;
}

/* The q of one media range, 0..1; what is no number counts as 0. */
static double quality_of(const char *parameters, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++) {
        if (parameters[i] != ';')
            continue;
        size_t at = i + 1;
        while (at < length && (parameters[at] == ' ' || parameters[at] == '\t'))
            at++;
        if (at + 1 < length && (parameters[at] == 'q' || parameters[at] == 'Q') &&
            parameters[at + 1] == '=') {
            char number[8] = "";
            size_t digits = 0;
            for (at += 2; at < length && digits + 1 < sizeof number; at++) {
                if ((parameters[at] < '0' || parameters[at] > '9') && parameters[at] != '.')
                    break;
                number[digits++] = parameters[at];
            }
            double quality = strtod(number, NULL);
            return quality > 1. ? 1. : quality;
        }
    }
    return 1.;
}

enum wanted negotiate(const char *accept, enum wanted unsaid)
{
    double activity = -1.;
    double html = -1.;
    for (size_t ranges = 0; accept && *accept && ranges < RANGES_MAX; ranges++) {
        accept += strspn(accept, " \t,");
        /* Commas inside a quoted parameter (profile="…") do not part ranges. */
        size_t length = 0;
        for (bool quoted = false; accept[length] && (quoted || accept[length] != ','); length++)
            if (accept[length] == '"')
                quoted = !quoted;
        size_t type = strcspn(accept, "; \t,");
        if (type > length)
            type = length;
        double quality = quality_of(accept, length);
        if (type_is(accept, type, "application/activity+json") ||
            type_is(accept, type, "application/ld+json") || type_is(accept, type, "application/json")) {
            if (quality > activity)
                activity = quality;
        } else if (type_is(accept, type, "text/html") || type_is(accept, type, "application/xhtml+xml")) {
            if (quality > html)
                html = quality;
        }
        accept += length;
    }
    if (activity > 0. && activity >= html)
        return WANTED_ACTIVITY;
    return html > 0. ? WANTED_HTML : unsaid;
}
