/* Asking the service: requests at the rate that it permits, answers that must be as the contract says. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/contract.h"
#include "mapping/buffer.h"

enum {
    TIMEOUT_MS = 20000,
    RESPONSE_MAX = 4 << 20,
    TRIES_MAX = 8,
    WAIT_MAX_MS = 60000,
    PATH_MAX_BYTES = 2048,
    BURST_MS = 1000
};

static const int64_t number_max = ((int64_t)1 << 53) - 1;

const char *contract_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t contract_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    json_int_t number = json_integer_value(value);
    return json_is_integer(value) && number >= 0 && number <= number_max ? number : -1;
}

int64_t contract_limit(const struct contract *contract, const char *group, const char *name,
                       int64_t otherwise)
{
    const json_t *limits = json_object_get(contract->discovery, "limits");
    int64_t number = contract_number(group ? json_object_get(limits, group) : limits, name);
    return number >= 0 ? number : otherwise;
}

/* An even pace below what the service permits; a second's worth may come at once. */
static void keep_pace(struct contract *contract)
{
    if (!contract->requests_per_minute)
        return;
    int64_t now = loop_monotonic_ms();
    int64_t step = 60000 / contract->requests_per_minute;
    if (contract->next_request_ms < now - BURST_MS)
        contract->next_request_ms = now - BURST_MS;
    contract->next_request_ms += step;
    if (contract->next_request_ms > now)
        task_sleep(contract->next_request_ms - now);
}

static void take_result(struct fetch_result *result, struct contract_answer *out)
{
    *out = (struct contract_answer){0};
    if (result->error == FETCH_OK)
        out->status = result->status;
    else
        (void)snprintf(out->error, sizeof out->error, "%s", result->reason);
    (void)snprintf(out->content_type, sizeof out->content_type, "%s", result->content_type);
    (void)snprintf(out->etag, sizeof out->etag, "%s", result->etag);
    if (result->length)
        out->body = json_loadb(result->body, result->length, JSON_REJECT_DUPLICATES, NULL);
}

struct contract_answer contract_ask(struct contract *contract, const struct contract_ask *ask)
{
    struct fetch_header headers[4] = {{"Accept", "application/json"}};
    size_t count = 1;
    char url[4096];
    const char *token = ask->token ? ask->token : contract->token;
    char *text = ask->body ? json_dumps(ask->body, JSON_COMPACT) : NULL;
    const char *body = ask->raw ? ask->raw : text;
    struct buffer authorization;
    buffer_init(&authorization, 8192);
    buffer_format(&authorization, "Bearer %s", token);
    if (*token)
        headers[count++] = (struct fetch_header){"Authorization", buffer_text(&authorization)};
    if (body)
        headers[count++] = (struct fetch_header){"Content-Type", "application/json"};
    if (ask->if_none_match)
        headers[count++] = (struct fetch_header){"If-None-Match", ask->if_none_match};
    (void)snprintf(url, sizeof url, "%s%s", ask->path[0] == '/' ? contract->api : "", ask->path);
    const struct fetch_request request = {.method = ask->method,
                                          .url = url,
                                          .headers = headers,
                                          .header_count = count,
                                          .body = body,
                                          .body_length = body ? strlen(body) : 0,
                                          .response_max = RESPONSE_MAX,
                                          .timeout_ms = ask->timeout_ms ? ask->timeout_ms : TIMEOUT_MS,
                                          .trusted = true};
    struct contract_answer answer = {0};
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct fetch_result result = {0};
        keep_pace(contract);
        fetch(contract->fetch, &request, &result);
        int64_t wait = result.retry_after_ms;
        contract_answer_clear(&answer);
        take_result(&result, &answer);
        fetch_result_clear(&result);
        if (answer.status != 429)
            break;
        task_sleep(wait < 0 ? 1000 : wait > WAIT_MAX_MS ? WAIT_MAX_MS : wait);
    }
    explicit_bzero(authorization.bytes, authorization.length);
    buffer_clear(&authorization);
    free(text);
    json_decref(ask->body);
    return answer;
}

void contract_answer_clear(struct contract_answer *answer)
{
    json_decref(answer->body);
    *answer = (struct contract_answer){0};
}

static void say_status(struct contract *contract, const struct contract_answer *answer, int wanted,
                       const char *what)
{
    if (!answer->status)
        contract_wrong(contract, "%s: no answer (%s)", what, answer->error);
    else
        contract_wrong(contract, "%s: answered %d%s%s, must be %d", what, answer->status,
                       contract_text(answer->body, "code")[0] ? " " : "", contract_text(answer->body, "code"),
                       wanted);
}

void contract_check_problem(struct contract *contract, const struct contract_answer *answer, int status,
                            const char *code, const char *what)
{
    if (answer->status != status) {
        say_status(contract, answer, status, what);
        return;
    }
    const char *given = contract_text(answer->body, "code");
    if (strncmp(answer->content_type, "application/problem+json", 24) != 0)
        contract_wrong(contract, "%s: the error's Content-Type is '%s', must be application/problem+json",
                       what, answer->content_type);
    else if (!given[0])
        contract_wrong(contract, "%s: the error has no member 'code'", what);
    else if (code && strcmp(given, code) != 0)
        contract_wrong(contract, "%s: the error's code is '%s', must be '%s'", what, given, code);
    else if (contract_number(answer->body, "status") >= 0 &&
             contract_number(answer->body, "status") != status)
        contract_wrong(contract, "%s: the error's member 'status' differs from the HTTP status %d", what,
                       status);
    else if (!contract_text(answer->body, "title")[0])
        contract_wrong(contract, "%s: the error has no member 'title'", what);
}

static json_t *must(struct contract *contract, const char *method, int status, const char *code, json_t *body,
                    const char *path)
{
    char what[PATH_MAX_BYTES + 16];
    (void)snprintf(what, sizeof what, "%s %s", method, path);
    size_t before = contract->outcome->finding_count;
    struct contract_answer answer =
        contract_ask(contract, &(struct contract_ask){.method = method, .path = path, .body = body});
    if (status >= 400)
        contract_check_problem(contract, &answer, status, code, what);
    else if (answer.status != status && !(status == 200 && answer.status == 201))
        say_status(contract, &answer, status, what);
    else if (status != 204 && !json_is_object(answer.body))
        contract_wrong(contract, "%s: the answer's body is no JSON object", what);
    json_t *out = NULL;
    if (contract->outcome->finding_count == before)
        out = json_is_object(answer.body) ? json_incref(answer.body) : json_object();
    contract_answer_clear(&answer);
    return out;
}

json_t *contract_must(struct contract *contract, const char *method, int status, const char *code,
                      json_t *body, const char *format, ...)
{
    char path[PATH_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    return must(contract, method, status, code, body, path);
}

json_t *contract_get(struct contract *contract, const char *format, ...)
{
    char path[PATH_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    return must(contract, "GET", 200, NULL, NULL, path);
}

json_t *contract_sandbox(struct contract *contract, const char *what, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_t *body = json_vpack_ex(NULL, 0, format, arguments);
    va_end(arguments);
    if (!body)
        abort();
    (void)json_object_set_new(body, "do", json_string(what));
    struct contract_answer answer =
        contract_ask(contract, &(struct contract_ask){.method = "POST", .path = "/sandbox", .body = body});
    json_t *out = NULL;
    if (answer.status == 200 && json_is_object(answer.body))
        out = json_incref(answer.body);
    else if (strcmp(what, "show") != 0)
        contract_wrong(contract, "the sandbox did not do '%s': answered %d (read §9)", what, answer.status);
    contract_answer_clear(&answer);
    return out;
}

bool contract_ping(struct contract *contract, const char *nonce)
{
    json_t *answer = contract_must(contract, "POST", 200, NULL, json_pack("{s:s}", "nonce", nonce), "/ping");
    bool good = answer != NULL;
    if (answer && !json_is_true(json_object_get(answer, "ok"))) {
        contract_wrong(contract, "POST /ping: the answer must say \"ok\": true");
        good = false;
    }
    json_decref(answer);
    return good;
}

/* ---- many at once ---- */

struct crowd {
    void (*work)(void *context, size_t index);
    void *context;
    size_t next, count, running;
    struct task *waiting;
};

static void crowd_task(void *context)
{
    struct crowd *crowd = context;
    while (crowd->next < crowd->count)
        crowd->work(crowd->context, crowd->next++);
    if (--crowd->running == 0 && crowd->waiting)
        task_resume(crowd->waiting);
}

void contract_parallel(struct contract *contract, size_t count, size_t at_once,
                       void (*work)(void *context, size_t index), void *context)
{
    struct crowd crowd = {.work = work, .context = context, .count = count};
    for (size_t i = 0; i < at_once && i < count; i++) {
        crowd.running++;
        if (!task_spawn(contract->tasks, crowd_task, &crowd))
            crowd.running--;
    }
    if (crowd.running) {
        crowd.waiting = task_current();
        task_park();
    }
}
