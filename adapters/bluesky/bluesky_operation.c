/* The machine that all operations are: a row of steps, each one request. */
#include "adapters/bluesky/bluesky_operation.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 20000, ARENA_BUDGET = 32 << 20 };

enum operation_state bluesky_fail(struct operation *operation, enum answer answer, const char *reason)
{
    operation->result.answer = answer;
    operation->result.reason = arena_string(operation->arena, reason);
    return OPERATION_FAILED;
}

enum operation_state bluesky_done(struct operation *operation)
{
    if (arena_exhausted(operation->arena))
        return bluesky_fail(operation, ANSWER_INVALID, "the server's answer is too large");
    operation->result.answer = ANSWER_OK;
    return OPERATION_DONE;
}

enum operation_state bluesky_go(struct operation *operation, const struct bluesky_step *step)
{
    for (; step->ask; step++) {
        operation->step = step;
        enum operation_state state = step->ask(operation);
        if (state != OPERATION_DONE)
            return state;
    }
    return bluesky_done(operation);
}

static void plan(struct operation *operation, const char *method, const char *url)
{
    static const struct adapter_header headers[] = {{"Accept", "application/json"}};
    free(operation->body);
    operation->body = NULL;
    operation->raw = false;
    operation->planned = true;
    operation->request = (struct adapter_request){
        .method = method,
        .url = url,
        .headers = headers,
        .header_count = 1,
        .response_max = BLUESKY_RESPONSE_MAX,
        .timeout_ms = TIMEOUT_MS,
    };
}

enum operation_state bluesky_get(struct operation *operation, const char *url, bool foreign)
{
    plan(operation, "GET", url);
    operation->request.foreign = foreign;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_post_to(struct operation *operation, const char *server, const char *method,
                                     json_t *body)
{
    plan(operation, "POST", arena_format(operation->arena, "%s/xrpc/%s", server, method));
    operation->body = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!operation->body)
        return bluesky_fail(operation, ANSWER_INVALID, "what is to be sent is no valid text");
    operation->request.body = (struct adapter_bytes){operation->body, strlen(operation->body)};
    operation->request.content_type = "application/json";
    return OPERATION_REQUEST;
}

enum operation_state bluesky_post(struct operation *operation, const char *method, json_t *body)
{
    enum operation_state state = bluesky_post_to(operation, operation->speaker.pds, method, body);
    if (state == OPERATION_REQUEST)
        bluesky_speak(operation);
    return state;
}

enum operation_state bluesky_post_nothing(struct operation *operation, const char *method)
{
    plan(operation, "POST", arena_format(operation->arena, "%s/xrpc/%s", operation->speaker.pds, method));
    bluesky_speak(operation);
    operation->raw = true;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_post_bytes(struct operation *operation, const char *method, const char *type,
                                        struct adapter_bytes bytes)
{
    plan(operation, "POST", arena_format(operation->arena, "%s/xrpc/%s", operation->speaker.pds, method));
    operation->request.body = bytes;
    operation->request.content_type = type;
    bluesky_speak(operation);
    return OPERATION_REQUEST;
}

void bluesky_speak(struct operation *operation)
{
    const struct bluesky_speaker *speaker = &operation->speaker;
    struct arena *arena = operation->arena;
    operation->request.authenticate = true;
    if (!speaker->puppet)
        return;
    operation->request.credential = CREDENTIAL_PUPPET;
    operation->request.session = (struct adapter_session){
        .login_url = arena_format(arena, "%s/xrpc/com.atproto.server.createSession", speaker->pds),
        .refresh_url = arena_format(arena, "%s/xrpc/com.atproto.server.refreshSession", speaker->pds),
        .identifier = speaker->did,
        .identifier_member = "identifier",
        .password_member = "password",
        .access_member = "accessJwt",
        .refresh_member = "refreshJwt"};
}

enum operation_state bluesky_put(struct operation *operation, const char *collection, const char *rkey,
                                 json_t *record)
{
    enum operation_state state =
        bluesky_post(operation, "com.atproto.repo.putRecord",
                     json_pack("{s:s, s:s, s:s, s:o}", "repo", operation->speaker.did, "collection",
                               collection, "rkey", rkey, "record", record));
    operation->request.cost = 3;
    return state;
}

enum operation_state bluesky_remove(struct operation *operation, const char *collection, const char *rkey)
{
    enum operation_state state = bluesky_post(
        operation, "com.atproto.repo.deleteRecord",
        json_pack("{s:s, s:s, s:s}", "repo", operation->speaker.did, "collection", collection, "rkey", rkey));
    operation->request.cost = 1;
    return state;
}

enum operation_state bluesky_pass(struct operation *operation, const json_t *body)
{
    (void)operation;
    (void)body;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_miss_pass(struct operation *operation)
{
    (void)operation;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_ask_speaker(struct operation *operation)
{
    if (operation->speaker.pds)
        return OPERATION_DONE;
    operation->did = operation->speaker.did;
    return bluesky_ask_identity(operation);
}

enum operation_state bluesky_use_speaker(struct operation *operation)
{
    if (!operation->speaker.pds)
        operation->speaker.pds = operation->pds;
    return OPERATION_DONE;
}

enum operation_state bluesky_get_record(struct operation *operation, const char *did, const char *pds,
                                        const char *collection, const char *rkey)
{
    return bluesky_get(operation,
                       arena_format(operation->arena,
                                    "%s/xrpc/com.atproto.repo.getRecord?repo=%s&collection=%s&rkey=%s", pds,
                                    did, collection, rkey),
                       true);
}

/* An account whose server does not know it may have moved: its document is read anew, once. */
static bool look_again(struct operation *operation)
{
    if (operation->answer.answer != ANSWER_UNKNOWN || operation->asked_anew || !operation->did)
        return false;
    operation->asked_anew = true;
    bluesky_home_forget(operation->adapter->homes, operation->did);
    operation->pds = NULL;
    return true;
}

static enum operation_state begin(struct operation *operation);

enum operation_state bluesky_operation_step(struct operation *operation,
                                            const struct adapter_response *response)
{
    if (!response)
        return begin(operation);
    const struct bluesky_step *step = operation->step;
    json_t *body = response->body.length && !operation->raw
                       ? json_loadb(response->body.data, response->body.length, JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    enum operation_state state = OPERATION_FAILED;
    operation->response = response;
    operation->planned = false;
    bluesky_answer(response, body, &operation->answer);
    operation->result.retry_after_ms = operation->answer.retry_after_ms;
    if (operation->answer.answer == ANSWER_OK)
        state = operation->raw || json_is_object(body)
                    ? step->take(operation, body)
                    : bluesky_fail(operation, ANSWER_RETRY, "the server's answer is no JSON object");
    else if (operation->pds && !operation->raw && look_again(operation))
        state = begin(operation);
    else if (step->miss)
        state = step->miss(operation);
    else
        state = bluesky_fail(operation, operation->answer.answer, operation->answer.reason);
    json_decref(body);
    operation->response = NULL;
    /* A step that planned no other request passes on to the next. */
    return state == OPERATION_REQUEST && !operation->planned ? bluesky_go(operation, step + 1) : state;
}

struct operation *bluesky_operation_new(struct adapter *adapter, const struct operation_input *input)
{
    struct operation *operation = calloc(1, sizeof *operation);
    if (!operation)
        abort();
    operation->adapter = adapter;
    operation->input = input;
    operation->arena = arena_new(ARENA_BUDGET);
    operation->result.retry_after_ms = -1;
    return operation;
}

void bluesky_operation_free(struct operation *operation)
{
    if (!operation)
        return;
    free(operation->body);
    arena_free(operation->arena);
    free(operation);
}

const struct adapter_request *bluesky_operation_request(const struct operation *operation)
{
    return &operation->request;
}

const struct operation_result *bluesky_operation_result(const struct operation *operation)
{
    return &operation->result;
}

/* ---- where each begins
 * -------------------------------------------------------------------------------------------------- */

/* Who writes it; NULL when nobody can. */
static const char *speaker_of(struct operation *operation)
{
    const struct adapter *adapter = operation->adapter;
    const struct adapter_puppet *puppet = operation->input->puppet;
    operation->speaker = puppet ? (struct bluesky_speaker){puppet->native, adapter->puppets.pds, true}
                                : (struct bluesky_speaker){adapter->relay, adapter->pds, false};
    return operation->speaker.did;
}

static enum operation_state begin_write(struct operation *operation)
{
    if (!speaker_of(operation))
        return bluesky_fail(
            operation, ANSWER_REFUSED,
            "no account is configured that could say it (identifier, or reply_mode = puppets)");
    switch (operation->input->kind) {
    case OPERATION_PUSH_POST:
        return bluesky_begin_push(operation);
    case OPERATION_PUSH_DELETE:
        return bluesky_begin_delete(operation);
    case OPERATION_NAME_AUTHOR:
        return bluesky_begin_name(operation);
    default:
        return bluesky_begin_relation(operation);
    }
}

static enum operation_state begin_author(struct operation *operation)
{
    if (!operation->input->puppet)
        return bluesky_fail(operation, ANSWER_INVALID, "no account is named that the author could have");
    (void)speaker_of(operation);
    return operation->input->kind == OPERATION_PUSH_AUTHOR ? bluesky_begin_author(operation)
                                                           : bluesky_begin_farewell(operation);
}

static enum operation_state begin(struct operation *operation)
{
    switch (operation->input->kind) {
    case OPERATION_DISCOVER:
        return bluesky_begin_discover(operation);
    case OPERATION_PUSH_POST:
    case OPERATION_PUSH_DELETE:
    case OPERATION_NAME_AUTHOR:
    case OPERATION_PUSH_RELATION:
    case OPERATION_DELETE_RELATION:
        return begin_write(operation);
    case OPERATION_PUSH_AUTHOR:
    case OPERATION_DELETE_AUTHOR:
        return begin_author(operation);
    case OPERATION_ACCOUNT:
        return bluesky_begin_account(operation);
    case OPERATION_POST:
        return bluesky_begin_post(operation);
    case OPERATION_POSTS:
        return bluesky_begin_posts(operation);
    case OPERATION_POST_IDS:
        return bluesky_begin_post_ids(operation);
    case OPERATION_PROVE:
        return bluesky_begin_prove(operation);
    case OPERATION_FEDERATED_ACCOUNTS:
    case OPERATION_PUSH_REPORT:
        break;
    }
    return bluesky_fail(operation, ANSWER_INVALID, "Bluesky has no such operation");
}
