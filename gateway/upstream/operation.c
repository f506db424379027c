#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/sig/base64.h"
#include "gateway/upstream/puppets.h"
#include "gateway/upstream/session.h"
#include "mapping/buffer.h"

enum {
    STEPS_MAX = 24,
    HEADERS_MAX = 16,
    AUTHORIZATION_MAX = 20000,
    HOUR_S = 3600,
    DAY_S = 86400,
    MINUTE_MS = 60000,
    UNAUTHORIZED = 401,
};

/* One planned request, with a credential or without; the answer's body is the result's and lives until
 * fetch_result_clear. */
static void send(struct platform *platform, const struct adapter_request *plan, const char *scheme,
                 const char *credential, struct fetch_result *result, struct adapter_response *response)
{
    struct fetch_header headers[HEADERS_MAX + 2];
    size_t count = 0;
    struct buffer authorization;
    buffer_init(&authorization, AUTHORIZATION_MAX);
    for (size_t i = 0; i < plan->header_count && count < HEADERS_MAX; i++)
        headers[count++] = (struct fetch_header){plan->headers[i].name, plan->headers[i].value};
    if (plan->content_type)
        headers[count++] = (struct fetch_header){"Content-Type", plan->content_type};
    if (credential) {
        buffer_format(&authorization, "%s %s", scheme, credential);
        headers[count++] = (struct fetch_header){"Authorization", buffer_text(&authorization)};
    }
    struct fetch_request request = {.method = plan->method,
                                    .url = plan->url,
                                    .headers = headers,
                                    .header_count = count,
                                    .body = plan->body.data,
                                    .body_length = plan->body.length,
                                    .response_max = plan->response_max,
                                    .timeout_ms = plan->timeout_ms,
                                    .trusted = !plan->foreign};
    fetch(platform->gateway->fetch, &request, result);
    buffer_clear(&authorization);
    *response = (struct adapter_response){
        .status = result->error == FETCH_OK ? result->status : 0,
        .error = result->error == FETCH_OK ? NULL : result->reason,
        .body = {.data = result->body, .length = result->length},
        .retry_after_ms = result->retry_after_ms,
    };
}

/* ---- the budget for writing: points in this hour and in this day
 * ------------------------------------------------------------------------ */

/* What is spent with that; -1: the store is away. A negative cost gives back. */
static int64_t spend(struct platform *platform, const char *span, int64_t seconds, int64_t cost)
{
    struct store *store = platform->gateway->store;
    char key[PLATFORM_NAME_MAX + 64];
    (void)snprintf(key, sizeof key, "points:%s:%s:%" PRId64, platform->config->name, span,
                   clock_now_ms() / 1000 / seconds);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "INCRBY");
    arguments_text(arguments, key);
    arguments_number(arguments, cost);
    struct reply *reply = store_run(store, arguments);
    int64_t spent = reply_failed(reply) ? -1 : reply_number(reply);
    reply_free(reply);
    arguments = arguments_new();
    arguments_text(arguments, "EXPIRE");
    arguments_text(arguments, key);
    arguments_number(arguments, 2 * seconds);
    reply_free(store_run(store, arguments));
    return spent;
}

/* What is not allowed is not spent: else what waits and asks again would use up what deletes need. */
static bool take_points(struct platform *platform, const char *span, int64_t seconds, unsigned cost,
                        int64_t maximum)
{
    int64_t spent = spend(platform, span, seconds, cost);
    if (spent > maximum)
        (void)spend(platform, span, seconds, -(int64_t)cost);
    return spent >= 0 && spent <= maximum;
}

/* Deletes may use all of it; what is new leaves them a fifth. */
static bool may_spend(struct platform *platform, const struct adapter_request *plan, bool is_delete)
{
    struct adapter_limits limits = platform->class->limits(platform->adapter);
    int64_t part = is_delete ? 100 : 80;
    if (!plan->cost || !limits.points_hour)
        return true;
    if (!take_points(platform, "hour", HOUR_S, plan->cost, limits.points_hour * part / 100))
        return false;
    if (take_points(platform, "day", DAY_S, plan->cost, limits.points_day * part / 100))
        return true;
    (void)spend(platform, "hour", HOUR_S, -(int64_t)plan->cost);
    return false;
}

/* ---- "429: not before then": for all workers
 * --------------------------------------------------------------------------------------------- */

static const char *quiet_key(const struct platform *platform, char out[PLATFORM_NAME_MAX + 16])
{
    (void)snprintf(out, PLATFORM_NAME_MAX + 16, "quiet:%s", platform->config->name);
    return out;
}

static void note_quiet(struct platform *platform, int64_t wait_ms)
{
    char key[PLATFORM_NAME_MAX + 16];
    int64_t wait = wait_ms > 0 && wait_ms < (int64_t)DAY_S * 1000 ? wait_ms : MINUTE_MS;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SET");
    arguments_text(arguments, quiet_key(platform, key));
    arguments_text(arguments, "1");
    arguments_text(arguments, "PX");
    arguments_number(arguments, wait);
    reply_free(store_run(platform->gateway->store, arguments));
}

/* How long still; 0: nobody asked for quiet. */
static int64_t quiet_ms(struct platform *platform)
{
    char key[PLATFORM_NAME_MAX + 16];
    struct reply *reply =
        store_call(platform->gateway->store, "PTTL", quiet_key(platform, key), (char *)NULL);
    int64_t left = reply_failed(reply) ? 0 : reply_number(reply);
    reply_free(reply);
    return left > 0 ? left : 0;
}

static void hold_back(struct adapter_response *response, const char *why, int64_t retry_after_ms)
{
    *response = (struct adapter_response){.error = why, .retry_after_ms = retry_after_ms};
}

/* With the token that the credential buys: one that has expired is renewed once. */
static void send_in_session(const struct session_owner *owner, const struct adapter_request *plan,
                            struct fetch_result *result, struct adapter_response *response)
{
    struct platform *platform = owner->platform;
    const char *why = NULL;
    bool refused = false;
    const char *token = session_token(owner, NULL, &why, &refused);
    char *sent = token ? strdup(token) : NULL;
    if (!sent) {
        hold_back(response, why, -1);
        if (refused && owner->puppet)
            response->status = UNAUTHORIZED;
        return;
    }
    send(platform, plan, "Bearer", sent, result, response);
    if (platform->class->session_expired(response) &&
        (token = session_token(owner, sent, &why, &refused)) != NULL) {
        fetch_result_clear(result);
        send(platform, plan, "Bearer", token, result, response);
    }
    explicit_bzero(sent, strlen(sent));
    free(sent);
}

static void send_as_operator(struct platform *platform, const struct adapter_request *plan,
                             struct fetch_result *result, struct adapter_response *response)
{
    const char *password = platform->config->admin_password;
    if (!password) {
        hold_back(response,
                  "the server wants its administrator for that; set admin_password_file in the platform's "
                  "section",
                  -1);
        response->status = UNAUTHORIZED;
        return;
    }
    char *plain = NULL;
    if (asprintf(&plain, "admin:%s", password) < 0)
        abort();
    size_t size = BASE64_SIZE(strlen(plain));
    char *credential = malloc(size);
    if (!credential)
        abort();
    base64_encode(plain, strlen(plain), credential);
    send(platform, plan, "Basic", credential, result, response);
    explicit_bzero(plain, strlen(plain));
    explicit_bzero(credential, strlen(credential));
    free(plain);
    free(credential);
}

/* With the platform's own credential, or the session that it buys. */
static void send_as_platform(struct platform *platform, const struct adapter_request *plan,
                             struct fetch_result *result, struct adapter_response *response)
{
    const struct adapter_class *class = platform->class;
    const struct adapter_session *how = class->session ? class->session(platform->adapter) : NULL;
    const struct session_owner owner = {
        .platform = platform, .how = how, .password = platform->config->token};
    if (how)
        send_in_session(&owner, plan, result, response);
    else
        send(platform, plan, "Bearer", platform->config->token, result, response);
}

static void send_as_puppet(struct platform *platform, const struct adapter_puppet *puppet,
                           const struct adapter_request *plan, struct fetch_result *result,
                           struct adapter_response *response)
{
    char *password = puppet ? puppet_password(platform, puppet->key) : NULL;
    const struct session_owner owner = {.platform = platform,
                                        .puppet = puppet ? puppet->key : "",
                                        .how = &plan->session,
                                        .password = password};
    send_in_session(&owner, plan, result, response);
    puppet_wipe(password);
}

/* The new account's tokens go to its session, and not on to the adapter. */
static void keep_tokens(struct platform *platform, const struct adapter_puppet *puppet,
                        const struct adapter_session *how, struct fetch_result *result,
                        struct adapter_response *response)
{
    json_t *answer = json_loadb(result->body, result->length, 0, NULL);
    const struct session_owner owner = {.platform = platform, .puppet = puppet->key, .how = how};
    (void)session_accept(&owner, answer); /* without, the password buys others */
    (void)json_object_del(answer, how->access_member);
    (void)json_object_del(answer, how->refresh_member);
    explicit_bzero(result->body, result->length);
    free(result->body);
    result->body = json_dumps(answer, JSON_COMPACT);
    result->length = result->body ? strlen(result->body) : 0;
    response->body = (struct adapter_bytes){.data = result->body, .length = result->length};
    json_decref(answer);
}

/* An owner's session was wanted as a proof only: it ends, and its tokens are forgotten. */
static void drop_tokens(struct platform *platform, const struct adapter_request *plan,
                        struct fetch_result *result, struct adapter_response *response)
{
    json_t *answer = json_loadb(result->body, result->length, 0, NULL);
    const char *token = json_string_value(json_object_get(answer, plan->session.refresh_member));
    explicit_bzero(result->body, result->length);
    if (token && plan->session.logout_url) {
        struct fetch_result farewell = {0};
        struct adapter_response ignored;
        send(platform,
             &(struct adapter_request){.method = "POST",
                                       .url = plan->session.logout_url,
                                       .foreign = plan->foreign,
                                       .response_max = plan->response_max,
                                       .timeout_ms = plan->timeout_ms},
             "Bearer", token, &farewell, &ignored);
        fetch_result_clear(&farewell);
    }
    (void)json_object_del(answer, plan->session.access_member);
    (void)json_object_del(answer, plan->session.refresh_member);
    free(result->body);
    result->body = json_dumps(answer, JSON_COMPACT);
    result->length = result->body ? strlen(result->body) : 0;
    response->body = (struct adapter_bytes){.data = result->body, .length = result->length};
    json_decref(answer);
}

/* The request by which a puppet is made, or an owner signs in: the adapter knows all of it but the password.
 */
static void send_with_password(struct platform *platform, const struct operation_input *input,
                               const struct adapter_request *plan, struct fetch_result *result,
                               struct adapter_response *response)
{
    const struct adapter_puppet *puppet = input->puppet;
    char *password = puppet            ? puppet_password(platform, puppet->key)
                     : input->password ? strdup(input->password)
                                       : NULL;
    json_t *words = json_loadb(plan->body.data, plan->body.length, 0, NULL);
    if (!password || !json_is_object(words)) {
        hold_back(response, puppet ? "the puppet has no password" : "no password was given", -1);
        json_decref(words);
        puppet_wipe(password);
        return;
    }
    (void)json_object_set_new(words, plan->password_member, json_string(password));
    puppet_wipe(password);
    char *body = json_dumps(words, JSON_COMPACT);
    json_decref(words);
    if (!body)
        abort();
    struct adapter_request request = *plan;
    request.body = (struct adapter_bytes){.data = body, .length = strlen(body)};
    send(platform, &request, NULL, NULL, result, response);
    if (response->status == 200 && plan->session.access_member && !puppet)
        drop_tokens(platform, plan, result, response);
    else if (response->status == 200 && plan->session.access_member)
        keep_tokens(platform, puppet, &plan->session, result, response);
    puppet_wipe(body);
}

static void send_as(struct platform *platform, const struct operation_input *input,
                    const struct adapter_request *plan, struct fetch_result *result,
                    struct adapter_response *response)
{
    if (plan->password_member)
        send_with_password(platform, input, plan, result, response);
    else if (!plan->authenticate)
        send(platform, plan, NULL, NULL, result, response);
    else if (plan->credential == CREDENTIAL_OPERATOR)
        send_as_operator(platform, plan, result, response);
    else if (plan->credential == CREDENTIAL_PUPPET)
        send_as_puppet(platform, input->puppet, plan, result, response);
    else
        send_as_platform(platform, plan, result, response);
}

static void perform(struct platform *platform, const struct operation_input *input,
                    const struct adapter_request *plan, struct fetch_result *result,
                    struct adapter_response *response)
{
    bool is_delete = input->kind == OPERATION_PUSH_DELETE || input->kind == OPERATION_DELETE_AUTHOR ||
                     input->kind == OPERATION_DELETE_RELATION;
    int64_t quiet = plan->cost ? quiet_ms(platform) : 0;
    if (quiet)
        hold_back(response, "the platform asked us to wait", quiet);
    else if (!may_spend(platform, plan, is_delete))
        hold_back(response, "the budget for writing is used up for now", MINUTE_MS);
    else
        send_as(platform, input, plan, result, response);
    if (plan->cost && response->status == 429)
        note_quiet(platform, response->retry_after_ms);
}

static struct operation *run_operation(struct platform *platform, const struct operation_input *input)
{
    const struct adapter_class *class = platform->class;
    struct operation *operation = class->operation_new(platform->adapter, input);
    if (!operation)
        abort();
    struct fetch_result result = {0};
    enum operation_state state = class->operation_step(operation, NULL);
    /* Whoever asks for more gets no answer any more, so that it does not end as if all were done. */
    for (int steps = 0; state == OPERATION_REQUEST && steps < 2 * STEPS_MAX; steps++) {
        struct adapter_response response;
        if (steps < STEPS_MAX)
            perform(platform, input, class->operation_request(operation), &result, &response);
        else
            hold_back(&response, "it takes more requests than one operation may make", MINUTE_MS);
        state = class->operation_step(operation, &response);
        fetch_result_clear(&result);
    }
    return operation;
}

static void discover(struct platform *platform)
{
    platform->class->operation_free(
        platform_operation(platform, &(struct operation_input){.kind = OPERATION_DISCOVER}));
}

bool platform_capabilities(struct platform *platform, unsigned *out)
{
    if (!platform->discovered)
        discover(platform);
    *out = platform->discovered ? platform->class->capabilities(platform->adapter) : 0;
    return platform->discovered;
}

struct operation *platform_operation(struct platform *platform, const struct operation_input *input)
{
    if (!platform->discovered && input->kind != OPERATION_DISCOVER) {
        struct operation *discovery =
            platform_operation(platform, &(struct operation_input){.kind = OPERATION_DISCOVER});
        if (!platform->discovered)
            return discovery; /* its answer tells what is wrong */
        platform->class->operation_free(discovery);
    }
    struct operation *operation = run_operation(platform, input);
    const struct operation_result *result = platform->class->operation_result(operation);
    if (input->kind == OPERATION_DISCOVER)
        platform->discovered = result->answer == ANSWER_OK;
    if (result->answer != ANSWER_OK && result->answer != ANSWER_GONE && result->answer != ANSWER_UNKNOWN)
        log_number(LOG_WARNING, "the platform did not do what was asked", "operation", input->kind,
                   "platform", platform->config->name, "reason", result->reason, (char *)NULL);
    return operation;
}

const struct operation_result *platform_result(const struct platform *platform,
                                               const struct operation *operation)
{
    return platform->class->operation_result(operation);
}
