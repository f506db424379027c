#include "gateway/upstream/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/lease.h"
#include "gateway/log.h"
#include "gateway/sig/sealed_text.h"

enum {
    TIMEOUT_MS = 15000,
    ANSWER_MAX = 65536,
    WAIT_MS = 100,
    WAIT_MAX_MS = 20000,
    FAILED_WAIT_MS = 30000,
    NAME_MAX_LENGTH = 128,
    SESSIONS_MAX = 256, /* in memory; all are in the store */
};

struct session_tokens {
    UT_hash_handle hh;
    char name[NAME_MAX_LENGTH]; /* "PLATFORM" or "PLATFORM:KEY" */
    char *access, *refresh;
    unsigned users;     /* tasks that look at it */
    bool busy;          /* a task of this worker renews them */
    bool refused;       /* the platform does not take the password */
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

static void drop(struct platform *platform, struct session_tokens *tokens)
{
    HASH_DEL(platform->tokens, tokens);
    wipe(&tokens->access);
    wipe(&tokens->refresh);
    free(tokens);
}

void session_free(struct platform *platform)
{
    struct session_tokens *tokens;
    struct session_tokens *next;
    HASH_ITER(hh, platform->tokens, tokens, next)
    {
        drop(platform, tokens);
    }
}

static void make_room(struct platform *platform)
{
    struct session_tokens *tokens;
    struct session_tokens *next;
    HASH_ITER(hh, platform->tokens, tokens, next)
    {
        if (HASH_COUNT(platform->tokens) < SESSIONS_MAX)
            return;
        if (!tokens->users)
            drop(platform, tokens);
    }
}

static void name_session(const struct platform *platform, const char *puppet, char out[NAME_MAX_LENGTH])
{
    (void)snprintf(out, NAME_MAX_LENGTH, "%s%s%s", platform->config->name, puppet ? ":" : "",
                   puppet ? puppet : "");
}

static struct session_tokens *tokens_of(const struct session_owner *owner)
{
    struct platform *platform = owner->platform;
    struct session_tokens *tokens;
    char name[NAME_MAX_LENGTH];
    name_session(platform, owner->puppet, name);
    HASH_FIND_STR(platform->tokens, name, tokens);
    if (tokens)
        return tokens;
    make_room(platform);
    tokens = calloc(1, sizeof *tokens);
    if (!tokens)
        abort();
    memcpy(tokens->name, name, sizeof name);
    HASH_ADD_STR(platform->tokens, name, tokens);
    return tokens;
}

/* ---- in the store
 * ------------------------------------------------------------------------------------------------------ */

static const char *seal_name(const struct session_tokens *tokens, char out[NAME_MAX_LENGTH + 16])
{
    (void)snprintf(out, NAME_MAX_LENGTH + 16, "session of %s", tokens->name);
    return out;
}

static char *open_field(const struct session_owner *owner, const struct session_tokens *tokens,
                        const struct reply *list, size_t index)
{
    char what[NAME_MAX_LENGTH + 16];
    size_t length;
    const char *sealed = reply_bytes(reply_at(list, index), &length);
    return length ? sealed_text_open(owner->platform->gateway->config->key_secret, seal_name(tokens, what),
                                     sealed, length)
                  : NULL;
}

static bool load(const struct session_owner *owner, struct session_tokens *tokens)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HMGET");
    arguments_format(arguments, "session:%s", tokens->name);
    arguments_text(arguments, "access");
    arguments_text(arguments, "refresh");
    struct reply *reply = store_run(owner->platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    if (good) {
        wipe(&tokens->access);
        wipe(&tokens->refresh);
        tokens->access = open_field(owner, tokens, reply, 0);
        tokens->refresh = open_field(owner, tokens, reply, 1);
    }
    reply_free(reply);
    return good;
}

static void add_sealed(const struct session_owner *owner, const struct session_tokens *tokens,
                       struct arguments *arguments, const char *text)
{
    char what[NAME_MAX_LENGTH + 16];
    size_t length = 0;
    unsigned char *sealed = sealed_text_make(owner->platform->gateway->config->key_secret,
                                             seal_name(tokens, what), text, &length);
    arguments_bytes(arguments, sealed, length);
    free(sealed);
}

static bool save(const struct session_owner *owner, const struct session_tokens *tokens)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_format(arguments, "session:%s", tokens->name);
    arguments_text(arguments, "access");
    add_sealed(owner, tokens, arguments, tokens->access);
    arguments_text(arguments, "refresh");
    add_sealed(owner, tokens, arguments, tokens->refresh);
    arguments_text(arguments, "time");
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_run(owner->platform->gateway->store, arguments);
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
static bool take(const struct session_owner *owner, struct session_tokens *tokens, const json_t *answer)
{
    char *access = member(answer, owner->how->access_member);
    char *refresh = member(answer, owner->how->refresh_member);
    if (!access || !refresh) {
        wipe(&access);
        wipe(&refresh);
        return false;
    }
    wipe(&tokens->access);
    wipe(&tokens->refresh);
    tokens->access = access;
    tokens->refresh = refresh;
    return save(owner, tokens);
}

static bool take_body(const struct session_owner *owner, struct session_tokens *tokens,
                      const struct fetch_result *result)
{
    json_t *answer = result->length ? json_loadb(result->body, result->length, 0, NULL) : NULL;
    bool good = take(owner, tokens, answer);
    json_decref(answer);
    return good;
}

/* `bearer` or a body. True when new tokens are there; *refused: the platform says no, for good. */
static bool ask(const struct session_owner *owner, struct session_tokens *tokens, const char *url,
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
    fetch(owner->platform->gateway->fetch,
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
    bool good = result.error == FETCH_OK && result.status == 200 && take_body(owner, tokens, &result);
    *refused = result.error == FETCH_OK && (result.status == 400 || result.status == 401);
    if (!good)
        (void)snprintf(tokens->why, sizeof tokens->why, "no session with the platform: it answered %d%s%s",
                       result.error == FETCH_OK ? result.status : 0, result.error == FETCH_OK ? "" : ", ",
                       result.error == FETCH_OK ? "" : result.reason);
    if (result.body)
        explicit_bzero(result.body, result.length);
    fetch_result_clear(&result);
    wipe(&authorization);
    return good;
}

static bool sign_in(const struct session_owner *owner, struct session_tokens *tokens)
{
    const struct adapter_session *how = owner->how;
    json_t *words = json_pack("{s:s, s:s}", how->identifier_member, how->identifier, how->password_member,
                              owner->password);
    char *body = json_dumps(words, JSON_COMPACT);
    json_decref(words);
    if (!body)
        abort();
    bool good = ask(owner, tokens, how->login_url, NULL, body, &tokens->refused);
    wipe(&body);
    if (tokens->refused && owner->puppet)
        log_write(LOG_ERROR, "the platform does not accept the password of a puppet", "platform",
                  owner->platform->config->name, "puppet", owner->puppet, (char *)NULL);
    else if (tokens->refused)
        log_write(LOG_ERROR,
                  "the platform does not accept the account and its app password; check identifier and "
                  "token_file",
                  "platform", owner->platform->config->name, (char *)NULL);
    return good;
}

/* Alone of all workers: what another one fetched meanwhile is taken. */
static bool renew(const struct session_owner *owner, struct session_tokens *tokens, const char *expired)
{
    bool refused = false;
    if (!load(owner, tokens))
        return false;
    if (tokens->access && (!expired || strcmp(tokens->access, expired) != 0))
        return true;
    if (tokens->refresh && ask(owner, tokens, owner->how->refresh_url, tokens->refresh, NULL, &refused))
        return true;
    /* Refused, the refresh token is worth nothing any more; without an answer it may well be good. */
    return (!tokens->refresh || refused) && owner->how->identifier && sign_in(owner, tokens);
}

static bool renew_alone(const struct session_owner *owner, struct session_tokens *tokens, const char *expired)
{
    char name[NAME_MAX_LENGTH + 16];
    struct gateway *gateway = owner->platform->gateway;
    int64_t until = loop_monotonic_ms() + WAIT_MAX_MS;
    (void)snprintf(name, sizeof name, "session:%s", tokens->name);
    struct lease lease = {.name = name};
    while (!lease_take(gateway, &lease)) {
        if (loop_monotonic_ms() > until || gateway->stopping)
            return false;
        task_sleep(WAIT_MS);
    }
    bool good = renew(owner, tokens, expired);
    lease_give_up(gateway, &lease);
    return good;
}

static void bring(const struct session_owner *owner, struct session_tokens *tokens, const char *expired)
{
    bool good = false;
    if (!owner->how || !owner->password) {
        (void)snprintf(tokens->why, sizeof tokens->why, "%s",
                       owner->puppet ? "the puppet has no password"
                                     : "the configuration has no app password; set token_file");
    } else if (loop_monotonic_ms() >= tokens->not_before) {
        tokens->busy = true;
        tokens->refused = false;
        good = renew_alone(owner, tokens, expired);
        tokens->busy = false;
        tokens->not_before = good ? 0 : loop_monotonic_ms() + FAILED_WAIT_MS;
    }
    if (!good)
        wipe(&tokens->access);
}

const char *session_token(const struct session_owner *owner, const char *expired, const char **why,
                          bool *refused)
{
    struct session_tokens *tokens = tokens_of(owner);
    char *old = expired ? strdup(expired) : NULL;
    int64_t until = loop_monotonic_ms() + WAIT_MAX_MS;
    tokens->users++;
    *why = tokens->why;
    while (tokens->busy && loop_monotonic_ms() < until)
        task_sleep(WAIT_MS);
    if (!tokens->busy && (!tokens->access || (old && strcmp(tokens->access, old) == 0)))
        bring(owner, tokens, old);
    tokens->users--;
    wipe(&old);
    *refused = !tokens->busy && !tokens->access && tokens->refused;
    return tokens->busy ? NULL : tokens->access;
}

bool session_accept(const struct session_owner *owner, const json_t *answer)
{
    struct session_tokens *tokens = tokens_of(owner);
    tokens->users++;
    bool good = take(owner, tokens, answer);
    tokens->not_before = 0;
    tokens->users--;
    return good;
}

bool session_forget(struct platform *platform, const char *puppet)
{
    struct session_tokens *tokens;
    char key[NAME_MAX_LENGTH + 16] = "session:";
    name_session(platform, puppet, key + 8);
    HASH_FIND_STR(platform->tokens, key + 8, tokens);
    if (tokens && !tokens->users)
        drop(platform, tokens);
    struct reply *reply = store_call(platform->gateway->store, "DEL", key, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}
