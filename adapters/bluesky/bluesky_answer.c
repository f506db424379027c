/* What an XRPC answer means (PLATFORMS §1.10). */
#include <stdio.h>
#include <string.h>

#include "adapters/bluesky/bluesky_operation.h"

enum { NO_WAIT = -1 };

static const struct {
    const char *error;
    enum answer answer;
} errors[] = {
    {"RecordNotFound", ANSWER_GONE},
    {"RepoNotFound", ANSWER_UNKNOWN},
    {"RepoDeactivated", ANSWER_REFUSED},
    {"RepoTakendown", ANSWER_REFUSED},
    {"RepoSuspended", ANSWER_REFUSED},
    {"AccountTakedown", ANSWER_REFUSED},
    {"AccountDeactivated", ANSWER_REFUSED},
    {"ExpiredToken", ANSWER_UNAUTHORIZED},
    {"InvalidToken", ANSWER_UNAUTHORIZED},
    {"AuthMissing", ANSWER_UNAUTHORIZED},
    {"AuthenticationRequired", ANSWER_UNAUTHORIZED},
    {"RateLimitExceeded", ANSWER_RETRY},
    {"BlockedActor", ANSWER_REFUSED},
    {"BlockedByActor", ANSWER_REFUSED},
    {"InvalidSwap", ANSWER_RETRY},
    {"UpstreamFailure", ANSWER_RETRY},
};

static enum answer by_name(const char *name, enum answer otherwise)
{
    for (size_t i = 0; name && i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i].error, name) == 0)
            return errors[i].answer;
    return otherwise;
}

static enum answer by_status(int status, bool is_json)
{
    if (status >= 200 && status < 300)
        return ANSWER_OK;
    if (status == 401)
        return ANSWER_UNAUTHORIZED;
    if (status == 404)
        return ANSWER_UNKNOWN;
    if (status == 410)
        return ANSWER_GONE;
    /* A proxy's page of HTML says nothing about what was asked. */
    return status == 400 && is_json ? ANSWER_INVALID : ANSWER_RETRY;
}

/* The server's own words, without what could upset a log. */
static void note_reason(const struct adapter_response *response, const char *error, const char *message,
                        struct bluesky_answer *out)
{
    if (!response->status)
        (void)snprintf(out->reason, sizeof out->reason, "no answer: %s",
                       response->error ? response->error : "the connection failed");
    else
        (void)snprintf(out->reason, sizeof out->reason, "%d %s%s%s", response->status, error ? error : "",
                       message ? ": " : "", message ? message : "");
    for (char *at = out->reason; *at; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
            *at = '?';
}

bool bluesky_session_expired(const struct adapter_response *response)
{
    struct bluesky_answer answer;
    if (response->status != 400 && response->status != 401)
        return false;
    json_t *body = response->body.length
                       ? json_loadb(response->body.data, response->body.length, JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    bluesky_answer(response, body, &answer);
    json_decref(body);
    return answer.answer == ANSWER_UNAUTHORIZED;
}

void bluesky_answer(const struct adapter_response *response, const json_t *body, struct bluesky_answer *out)
{
    const char *error = json_string_value(json_object_get(body, "error"));
    const char *message = json_string_value(json_object_get(body, "message"));
    *out = (struct bluesky_answer){.retry_after_ms = NO_WAIT};
    note_reason(response, error, message, out);
    if (error)
        (void)snprintf(out->error, sizeof out->error, "%s", error);
    out->answer = by_status(response->status, json_is_object(body));
    if (out->answer != ANSWER_OK && response->status < 500)
        out->answer = by_name(error, out->answer);
    /* Older servers say it in words only. */
    if (out->answer == ANSWER_INVALID && message && strncmp(message, "Could not find repo", 19) == 0)
        out->answer = ANSWER_UNKNOWN;
    if (out->answer == ANSWER_INVALID && message && strncmp(message, "Could not locate record", 23) == 0)
        out->answer = ANSWER_GONE;
    if (out->answer == ANSWER_RETRY)
        out->retry_after_ms = response->retry_after_ms;
}
