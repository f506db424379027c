/* An account as its server and its owner's own records tell it (PLATFORMS §1.4, §1.6, §1.9). */
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky_operation.h"

static enum operation_state account_without(struct operation *operation, enum account_status status)
{
    struct account *account = arena_alloc(operation->arena, sizeof *account);
    const struct bluesky_record none = {.did = operation->did};
    (void)bluesky_read_profile(operation->adapter, &none, operation->handle_holds ? operation->handle : "",
                               operation->arena, account);
    account->status = status;
    operation->result.accounts = account;
    operation->result.account_count = 1;
    return bluesky_done(operation);
}

static enum operation_state ask_status(struct operation *operation)
{
    return bluesky_get(operation,
                       arena_format(operation->arena, "%s/xrpc/com.atproto.sync.getRepoStatus?did=%s",
                                    operation->pds, operation->did),
                       true);
}

static enum operation_state take_status(struct operation *operation, const json_t *body)
{
    const char *status = json_string_value(json_object_get(body, "status"));
    if (json_is_true(json_object_get(body, "active")))
        return OPERATION_REQUEST;
    /* A word that is not known here: what counts is that the account is not active. */
    return account_without(operation, !status                              ? ACCOUNT_SUSPENDED
                                      : strcmp(status, "deleted") == 0     ? ACCOUNT_DELETED
                                      : strcmp(status, "deactivated") == 0 ? ACCOUNT_DEACTIVATED
                                                                           : ACCOUNT_SUSPENDED);
}

static enum operation_state miss_status(struct operation *operation)
{
    if (operation->answer.answer == ANSWER_UNKNOWN || operation->answer.answer == ANSWER_GONE)
        return account_without(operation, ACCOUNT_DELETED);
    return bluesky_fail(operation, operation->answer.answer, operation->answer.reason);
}

static enum operation_state ask_profile(struct operation *operation)
{
    return bluesky_get_record(operation, operation->did, operation->pds, BLUESKY_PROFILE, "self");
}

static void refuse_wish(struct operation *operation, const char *why)
{
    if (operation->account->federation == FEDERATION_OFF)
        return;
    operation->account->federation = FEDERATION_OFF;
    operation->account->federation_reason = why;
}

static enum operation_state take_profile(struct operation *operation, const json_t *body)
{
    const struct bluesky_record record = {.did = operation->did,
                                          .pds = operation->pds,
                                          .collection = BLUESKY_PROFILE,
                                          .rkey = "self",
                                          .value = json_object_get(body, "value")};
    operation->account = arena_alloc(operation->arena, sizeof *operation->account);
    (void)bluesky_read_profile(operation->adapter, &record, operation->handle_holds ? operation->handle : "",
                               operation->arena, operation->account);
    /* Its texts are a remote person's: a code in them proves nothing. */
    if (json_object_get(record.value, BLUESKY_ORIGINAL)) {
        operation->account->federation = FEDERATION_OFF;
        operation->account->federation_reason =
            "the account is itself made by a bridge (drawbridge): follow the original";
    }
    return OPERATION_REQUEST;
}

static enum operation_state miss_profile(struct operation *operation)
{
    if (operation->answer.answer != ANSWER_GONE)
        return bluesky_fail(operation, operation->answer.answer, operation->answer.reason);
    return take_profile(operation, NULL);
}

/* Proposal 0008: what the account wants others to do with what it publishes. */
static enum operation_state ask_intents(struct operation *operation)
{
    return bluesky_get_record(operation, operation->did, operation->pds, BLUESKY_INTENTS, "self");
}

static enum operation_state finish_account(struct operation *operation)
{
    const char *host = strstr(operation->pds, "://") + 3;
    if (operation->adapter->relay && strcmp(operation->did, operation->adapter->relay) == 0)
        refuse_wish(operation, "it is the account that answers for remote people here (identifier)");
    if (strcmp(host, "atproto.brid.gy") == 0)
        refuse_wish(operation,
                    "the account is itself made by another bridge (Bridgy Fed): follow the original");
    operation->result.accounts = operation->account;
    operation->result.account_count = 1;
    return OPERATION_REQUEST;
}

static enum operation_state take_intents(struct operation *operation, const json_t *body)
{
    const json_t *bridging = json_object_get(json_object_get(body, "value"), "protocolBridging");
    if (json_is_false(json_object_get(bridging, "allow")))
        refuse_wish(operation,
                    "the account's declaration of intents does not allow bridging; change that first");
    return finish_account(operation);
}

static enum operation_state miss_intents(struct operation *operation)
{
    if (operation->answer.answer != ANSWER_GONE)
        return bluesky_fail(operation, operation->answer.answer, operation->answer.reason);
    return finish_account(operation);
}

/* Who follows another bridge's account is bridged there: the fediverse would see everything twice. */
static bool bridge_matters(const struct operation *operation)
{
    return operation->adapter->other_bridge && operation->account->federation != FEDERATION_OFF;
}

static enum operation_state ask_bridge(struct operation *operation)
{
    const char *bridge = operation->adapter->other_bridge;
    return bridge_matters(operation) && strncmp(bridge, "did:", 4) != 0 ? bluesky_resolve(operation, bridge)
                                                                        : OPERATION_DONE;
}

static enum operation_state take_bridge(struct operation *operation, const json_t *body)
{
    const char *did = json_string_value(json_object_get(body, "did"));
    if (did && bluesky_did_valid(did)) {
        free(operation->adapter->other_bridge);
        operation->adapter->other_bridge = strdup(did);
        if (!operation->adapter->other_bridge)
            abort();
    }
    return OPERATION_REQUEST;
}

static enum operation_state ask_bridges(struct operation *operation)
{
    const char *bridge = operation->adapter->other_bridge;
    if (!bridge_matters(operation) || strncmp(bridge, "did:", 4) != 0)
        return OPERATION_DONE;
    return bluesky_get(operation,
                       arena_format(operation->arena,
                                    "%s/xrpc/app.bsky.graph.getRelationships?actor=%s&others=%s",
                                    operation->adapter->appview, operation->did, bridge),
                       false);
}

static enum operation_state take_bridges(struct operation *operation, const json_t *body)
{
    const json_t *one = json_array_get(json_object_get(body, "relationships"), 0);
    if (json_is_string(json_object_get(one, "following")))
        refuse_wish(operation, "the account is bridged by another bridge already: it follows that bridge's "
                               "account; unfollow it first");
    return OPERATION_REQUEST;
}

/* The AppView says nothing: that is no reason to refuse anybody. */
static enum operation_state miss_bridges(struct operation *operation)
{
    (void)operation;
    return OPERATION_REQUEST;
}

static const struct bluesky_step steps_account[] = {
    {bluesky_ask_handle, bluesky_take_handle, bluesky_miss_handle},
    {bluesky_ask_identity, bluesky_take_identity, bluesky_miss_identity},
    {bluesky_ask_handle_host, bluesky_take_handle_host, bluesky_miss_pass},
    {bluesky_ask_handle_back, bluesky_take_handle_back, bluesky_miss_handle_back},
    {ask_status, take_status, miss_status},
    {ask_profile, take_profile, miss_profile},
    {ask_intents, take_intents, miss_intents},
    {ask_bridge, take_bridge, miss_bridges},
    {ask_bridges, take_bridges, miss_bridges},
    {0},
};

enum operation_state bluesky_begin_account(struct operation *operation)
{
    const char *account = operation->input->account ? operation->input->account : "";
    operation->did = strncmp(account, "did:", 4) == 0 ? account
                     : operation->asked_anew          ? operation->did
                                                      : NULL;
    if (!operation->did && !bluesky_handle_valid(account))
        return bluesky_fail(operation, ANSWER_UNKNOWN,
                            "that is no handle and no DID; write it as name.bsky.social");
    return bluesky_go(operation, steps_account);
}

/* ---- its owner signs in
 * ----------------------------------------------------------------------------------------------- */

static enum operation_state ask_session(struct operation *operation)
{
    enum operation_state state =
        bluesky_post_to(operation, operation->pds, "com.atproto.server.createSession",
                        json_pack("{s:s}", "identifier", operation->did));
    if (state != OPERATION_REQUEST)
        return state;
    operation->request.foreign = true;
    operation->request.password_member = "password";
    operation->request.session = (struct adapter_session){
        .logout_url =
            arena_format(operation->arena, "%s/xrpc/com.atproto.server.deleteSession", operation->pds),
        .access_member = "accessJwt",
        .refresh_member = "refreshJwt"};
    return state;
}

static enum operation_state take_session(struct operation *operation, const json_t *body)
{
    const char *did = json_string_value(json_object_get(body, "did"));
    return did && strcmp(did, operation->did) == 0
               ? OPERATION_REQUEST
               : bluesky_fail(operation, ANSWER_REFUSED, "the server signed somebody else in");
}

static enum operation_state miss_session(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    if (strcmp(operation->answer.error, "AuthFactorTokenRequired") == 0)
        return bluesky_fail(operation, ANSWER_REFUSED,
                            "the account's own password wants a second factor; make an app password instead "
                            "(Settings, Privacy and security, App passwords)");
    if (answer == ANSWER_UNAUTHORIZED || answer == ANSWER_INVALID)
        return bluesky_fail(operation, ANSWER_REFUSED,
                            "the account's server does not take the password; make an app password and give "
                            "that (Settings, Privacy and security, App passwords)");
    return bluesky_fail(operation, answer, operation->answer.reason);
}

static const struct bluesky_step steps_prove[] = {
    {bluesky_ask_identity, bluesky_take_identity, bluesky_miss_identity},
    {ask_session, take_session, miss_session},
    {0},
};

enum operation_state bluesky_begin_prove(struct operation *operation)
{
    operation->did = operation->input->account ? operation->input->account : "";
    return bluesky_go(operation, steps_prove);
}
