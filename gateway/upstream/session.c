#include "gateway/upstream/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/lease.h"
#include "gateway/log.h"
#include "gateway/sig/sealed_text.h"

enum { TIMEOUT_MS = 15000, ANSWER_MAX = 65536, WAIT_MS = 100, WAIT_MAX_MS = 20000, FAILED_WAIT_MS = 30000 };

struct session_tokens {
    char *access, *refresh;
    bool busy;          /* a task of this worker renews them */
    int64_t not_before; /* after a failure */
    char why[256];
};

static void wipe(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

void session_free(struct platform *platform)
{
    if (!platform->tokens)
        return;
    wipe(&platform->tokens->access);
    wipe(&platform->tokens->refresh);
    free(platform->tokens);
    platform->tokens = NULL;
}

/* ---- in the store
 * ------------------------------------------------------------------------------------------------------ */

static const char *seal_name(const struct platform *platform, char out[PLATFORM_NAME_MAX + 32])
{
    (void)snprintf(out, PLATFORM_NAME_MAX + 32, "session of %s", platform->config->name);
    return out;
}

static char *open_field(struct platform *platform, const struct reply *list, size_t index)
{
    char what[PLATFORM_NAME_MAX + 32];
    size_t length;
    const char *sealed = reply_bytes(reply_at(list, index), &length);
    return length ? sealed_text_open(platform->gateway->config->key_secret, seal_name(platform, what), sealed,
                                     length)
                  : NULL;
}

static bool load(struct platform *platform)
{
    struct session_tokens *tokens = platform->tokens;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HMGET");
    arguments_format(arguments, "session:%s", platform->config->name);
    arguments_text(arguments, "access");
    arguments_text(arguments, "refresh");
    struct reply *reply = store_run(platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    if (good) {
        wipe(&tokens->access);
        wipe(&tokens->refresh);
        tokens->access = open_field(platform, reply, 0);
        tokens->refresh = open_field(platform, reply, 1);
    }
    reply_free(reply);
    return good;
}

static void add_sealed(struct platform *platform, struct arguments *arguments, const char *text)
{
    char what[PLATFORM_NAME_MAX + 32];
    size_t length = 0;
    unsigned char *sealed =
        sealed_text_make(platform->gateway->config->key_secret, seal_name(platform, what), text, &length);
    arguments_bytes(arguments, sealed, length);
    free(sealed);
}

static bool save(struct platform *platform)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_format(arguments, "session:%s", platform->config->name);
    arguments_text(arguments, "access");
    add_sealed(platform, arguments, platform->tokens->access);
    arguments_text(arguments, "refresh");
    add_sealed(platform, arguments, platform->tokens->refresh);
    arguments_text(arguments, "time");
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_run(platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* ---- with the platform
 * -------------------------------------------------------------------------------------------------- */

static char *member(const json_t *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));
    return text && text[0] && strlen(text) < SEALED_TEXT_MAX ? strdup(text) : NULL;
}

/* Takes the tokens of a good answer. */
static bool take(struct platform *platform, const struct adapter_session *session,
                 const struct fetch_result *result)
{
    struct session_tokens *tokens = platform->tokens;
    json_t *answer = result->length ? json_loadb(result->body, result->length, 0, NULL) : NULL;
    char *access = member(answer, session->access_member);
    char *refresh = member(answer, session->refresh_member);
    bool good = access && refresh;
    json_decref(answer);
    if (!good) {
        wipe(&access);
        wipe(&refresh);
        return false;
    }
    wipe(&tokens->access);
    wipe(&tokens->refresh);
    tokens->access = access;
    tokens->refresh = refresh;
    return save(platform);
}

/* `bearer` or a body. True when new tokens are there; *refused: the platform says no, for good. */
static bool ask(struct platform *platform, const struct adapter_session *session, const char *url,
                const char *bearer, char *body, bool *refused)
{
    char *authorization = NULL;
    struct fetch_header headers[2] = {{"Accept", "application/json"}};
    size_t count = 1;
    if (bearer && asprintf(&authorization, "Bearer %s", bearer) < 0)
        abort();
    if (authorization)
        headers[count++] = (struct fetch_header){"Authorization", authorization};
    else
        headers[count++] = (struct fetch_header){"Content-Type", "application/json"};
    struct fetch_result result = {0};
    fetch(platform->gateway->fetch,
          &(struct fetch_request){.method = "POST",
                                  .url = url,
                                  .headers = headers,
                                  .header_count = count,
                                  .body = body,
                                  .body_length = body ? strlen(body) : 0,
                                  .response_max = ANSWER_MAX,
                                  .timeout_ms = TIMEOUT_MS,
                                  .trusted = true},
          &result);
    bool good = result.error == FETCH_OK && result.status == 200 && take(platform, session, &result);
    *refused = result.error == FETCH_OK && (result.status == 400 || result.status == 401);
    if (!good)
        (void)snprintf(platform->tokens->why, sizeof platform->tokens->why,
                       "no session with the platform: it answered %d%s%s",
                       result.error == FETCH_OK ? result.status : 0, result.error == FETCH_OK ? "" : ", ",
                       result.error == FETCH_OK ? "" : result.reason);
    if (result.body)
        explicit_bzero(result.body, result.length);
    fetch_result_clear(&result);
    wipe(&authorization);
    return good;
}

static bool sign_in(struct platform *platform, const struct adapter_session *session)
{
    bool refused = false;
    json_t *words = json_pack("{s:s, s:s}", session->identifier_member, session->identifier,
                              session->password_member, platform->config->token);
    char *body = json_dumps(words, JSON_COMPACT);
    json_decref(words);
    if (!body)
        abort();
    bool good = ask(platform, session, session->login_url, NULL, body, &refused);
    wipe(&body);
    if (refused)
        log_write(LOG_ERROR,
                  "the platform does not accept the account and its app password; check identifier and "
                  "token_file",
                  "platform", platform->config->name, (char *)NULL);
    return good;
}

/* Alone of all workers: what another one fetched meanwhile is taken. */
static bool renew(struct platform *platform, const struct adapter_session *session, const char *expired)
{
    struct session_tokens *tokens = platform->tokens;
    bool refused = false;
    if (!load(platform))
        return false;
    if (tokens->access && (!expired || strcmp(tokens->access, expired) != 0))
        return true;
    if (tokens->refresh && ask(platform, session, session->refresh_url, tokens->refresh, NULL, &refused))
        return true;
    /* Refused, the refresh token is worth nothing any more; without an answer it may well be good. */
    return (!tokens->refresh || refused) && sign_in(platform, session);
}

static bool renew_alone(struct platform *platform, const struct adapter_session *session, const char *expired)
{
    char name[PLATFORM_NAME_MAX + 16];
    int64_t until = loop_monotonic_ms() + WAIT_MAX_MS;
    (void)snprintf(name, sizeof name, "session:%s", platform->config->name);
    struct lease lease = {.name = name};
    while (!lease_take(platform->gateway, &lease)) {
        if (loop_monotonic_ms() > until || platform->gateway->stopping)
            return false;
        task_sleep(WAIT_MS);
    }
    bool good = renew(platform, session, expired);
    lease_give_up(platform->gateway, &lease);
    return good;
}

const char *session_token(struct platform *platform, const char *expired, const char **why)
{
    const struct adapter_session *session = platform->class->session(platform->adapter);
    if (!platform->tokens && !(platform->tokens = calloc(1, sizeof *platform->tokens)))
        abort();
    struct session_tokens *tokens = platform->tokens;
    char *old = expired ? strdup(expired) : NULL;
    int64_t until = loop_monotonic_ms() + WAIT_MAX_MS;
    *why = tokens->why;
    while (tokens->busy && loop_monotonic_ms() < until)
        task_sleep(WAIT_MS);
    if (!tokens->busy && (!tokens->access || (old && strcmp(tokens->access, old) == 0))) {
        bool good = false;
        if (!session || !platform->config->token) {
            (void)snprintf(tokens->why, sizeof tokens->why,
                           "the configuration has no app password; set token_file");
        } else if (loop_monotonic_ms() >= tokens->not_before) {
            tokens->busy = true;
            good = renew_alone(platform, session, old);
            tokens->busy = false;
            tokens->not_before = good ? 0 : loop_monotonic_ms() + FAILED_WAIT_MS;
        }
        if (!good)
            wipe(&tokens->access);
    }
    wipe(&old);
    return tokens->busy ? NULL : tokens->access;
}
