#include "gateway/http/form.h"

#include <stdio.h>
#include <string.h>

/* In place; a NUL that is written as %00 stays as it is written. */
static void decode(char *value)
{
    char *out = value;
    for (const char *at = value; *at; at++) {
        unsigned code = 0;
        if (*at == '+') {
            *out++ = ' ';
        } else if (*at == '%' && at[1] && at[2] && sscanf(at + 1, "%2x", &code) == 1 && code) {
            *out++ = (char)code;
            at += 2;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

const char *form_field(const struct http_request *request, struct arena *arena, const char *name)
{
    size_t length;
    const char *body = http_request_body(request, &length);
    char *text = arena_copy(arena, body ? body : "", body ? length : 0);
    char *rest = NULL;
    for (char *pair = strtok_r(text, "&", &rest); pair; pair = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(pair, '=');
        if (!value)
            continue;
        *value++ = '\0';
        if (strcmp(pair, name) != 0 || strlen(value) > FORM_FIELD_MAX)
            continue;
        decode(value);
        return value;
    }
    return NULL;
}

bool form_is_from(const struct http_request *request, const char *base)
{
    const char *origin = http_request_header(request, "origin");
    const char *site = http_request_header(request, "sec-fetch-site");
    /* Without a referrer browsers say "null" for everybody; where the form was they say all the same. */
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    return !origin || strcmp(origin, "null") == 0 || strcmp(origin, base) == 0;
}
