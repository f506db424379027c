/* What an HTTP answer of the platform means (PLATFORMS §7.5, §7.8). */
#include <stdio.h>
#include <string.h>

#include "adapters/platform/platform.h"

enum { CODE_MAX = 64, RETRY_AFTER_MAX_S = 86400 };

json_t *platform_body(struct adapter_bytes body)
{
    /* A NUL inside a string is refused where the string is read: it must not spoil the whole answer. */
    return body.length ? json_loadb(body.data, body.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL)
                       : NULL;
}

/* RFC 9457: the member `code` is the contract's own. */
static const char *problem_code(const json_t *body)
{
    const char *code = json_string_value(json_object_get(body, "code"));
    return code && code[0] && strlen(code) < CODE_MAX &&
                   strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(code)
               ? code
               : "";
}

/* For people: the platform's own words, without what could upset a log. */
static void note_reason(struct platform_answer *out, const struct adapter_response *response,
                        const char *code, const json_t *body)
{
    const char *words = json_string_value(json_object_get(body, "detail"));
    if (!words)
        words = json_string_value(json_object_get(body, "title"));
    if (!response->status)
        (void)snprintf(out->reason, sizeof out->reason, "no answer: %s",
                       response->error ? response->error : "the connection failed");
    else
        (void)snprintf(out->reason, sizeof out->reason, "%d %s%s%s", response->status, code,
                       words ? ": " : "", words ? words : "");
    for (char *at = out->reason; *at; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
            *at = '?';
}

static int64_t retry_after(const struct adapter_response *response, const json_t *body)
{
    int64_t seconds = 0;
    if (response->retry_after_ms >= 0)
        return response->retry_after_ms;
    if (!platform_number(json_object_get(body, "retry_after_s"), &seconds))
        return -1;
    return (seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
}

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* 404 and 410 make accounts and posts disappear from other servers. So they count only when the platform
 * itself says them, with a code: a proxy in front of it answers 404 too when it is set up wrongly. */
static enum answer missing(const struct adapter_response *response, const char *code,
                           struct platform_answer *out)
{
    if (code[0])
        return response->status == 410 ? ANSWER_GONE : ANSWER_UNKNOWN;
    out->missing_route = response->status == 404;
    return ANSWER_RETRY;
}

/* 403: about this post or person, unless it is about our credential. */
static enum answer refused(const char *code)
{
    static const char *const credential[] = {"", "unauthorized", "revoked", "scope", "insufficient_scope"};
    for (size_t i = 0; i < sizeof credential / sizeof credential[0]; i++)
        if (strcmp(code, credential[i]) == 0)
            return ANSWER_UNAUTHORIZED;
    return ANSWER_REFUSED;
}

static enum answer of_status(const struct adapter_response *response, const char *code,
                             struct platform_answer *out)
{
    switch (response->status) {
    case 401:
        return ANSWER_UNAUTHORIZED;
    case 403:
        return refused(code);
    case 404:
    case 410:
        return missing(response, code, out);
    case 409:
        out->wants_author = strcmp(code, "actor_stale") == 0;
        return out->wants_author ? ANSWER_RETRY : ANSWER_INVALID;
    case 424:
        out->wants_author = strcmp(code, "actor_unknown") == 0;
        return out->wants_author ? ANSWER_RETRY : ANSWER_INVALID;
    case 422:
        if (starts(code, "media_"))
            return ANSWER_NO_MEDIA;
        return strcmp(code, "too_long") == 0 ? ANSWER_TOO_LONG : ANSWER_INVALID;
    case 405:
    case 501:
        out->missing_route = true;
        return ANSWER_INVALID;
    case 507:
        return ANSWER_FULL;
    case 408:
    case 413:
    case 425:
    case 429:
        return ANSWER_RETRY;
    default:
        break;
    }
    if (response->status >= 200 && response->status < 300)
        return ANSWER_OK;
    return response->status >= 400 && response->status < 500 ? ANSWER_INVALID : ANSWER_RETRY;
}

void platform_answer(const struct adapter_response *response, bool is_delete, const json_t *body,
                     struct platform_answer *out)
{
    *out = (struct platform_answer){.retry_after_ms = -1};
    const char *code = problem_code(body);
    out->answer = of_status(response, code, out);
    /* What is not there is deleted. */
    if (is_delete && (out->answer == ANSWER_UNKNOWN || out->answer == ANSWER_GONE))
        out->answer = ANSWER_OK;
    if (out->answer == ANSWER_OK)
        return;
    note_reason(out, response, code, body);
    if (out->answer == ANSWER_RETRY || out->answer == ANSWER_FULL)
        out->retry_after_ms = retry_after(response, body);
}
