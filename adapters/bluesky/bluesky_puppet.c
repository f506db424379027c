/* Accounts of remote people's own on the operator's server (PLATFORMS §1.4, §1.6): made, kept up to date,
 * named and removed. Each row of steps may be cut off anywhere and run again: an account that was made but
 * not noted is found by its handle, and is ours when the password that was noted before opens it. */
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky_puppet.h"
#include "mapping/buffer.h"

enum { AVATAR_BYTES_MAX = 1000000 };

static const char *server_of(const struct operation *operation)
{
    return operation->adapter->puppets.pds ? operation->adapter->puppets.pds : operation->speaker.pds;
}

/* ---- what the server says of itself
 * ------------------------------------------------------------------------------------------------------ */

enum operation_state bluesky_ask_puppets(struct operation *operation)
{
    const struct bluesky_puppets *puppets = &operation->adapter->puppets;
    return puppets->wanted
               ? bluesky_get(operation,
                             arena_format(operation->arena, "%s/xrpc/com.atproto.server.describeServer",
                                          puppets->pds),
                             false)
               : OPERATION_DONE;
}

enum operation_state bluesky_take_puppets(struct operation *operation, const json_t *body)
{
    struct bluesky_puppets *puppets = &operation->adapter->puppets;
    const char *domain = bluesky_text(json_array_get(json_object_get(body, "availableUserDomains"), 0),
                                      BLUESKY_HANDLE_MAX, operation->arena);
    const char *example = domain ? arena_format(operation->arena, "a%s", domain) : "";
    if (!domain || domain[0] != '.' || !bluesky_handle_valid(example))
        return bluesky_fail(operation, ANSWER_RETRY,
                            "the server for puppets (pds) names no domain for handles");
    puppets->invited = json_is_true(json_object_get(body, "inviteCodeRequired"));
    bluesky_keep(&puppets->handle_domain, domain);
    return OPERATION_REQUEST;
}

enum operation_state bluesky_miss_puppets(struct operation *operation)
{
    return bluesky_fail(operation, ANSWER_RETRY,
                        arena_format(operation->arena,
                                     "the server for puppets (pds) does not describe itself: %s",
                                     operation->answer.reason));
}

/* ---- is it there already?
 * ------------------------------------------------------------------------------------------------------ */

enum operation_state bluesky_ask_taken(struct operation *operation)
{
    if (operation->speaker.did)
        return OPERATION_DONE;
    struct buffer url;
    buffer_init(&url, BLUESKY_URL_MAX);
    buffer_format(&url, "%s/xrpc/com.atproto.identity.resolveHandle?handle=", server_of(operation));
    bluesky_add_escaped(&url, operation->input->puppet->handle);
    const char *text = arena_string(operation->arena, buffer_text(&url));
    buffer_clear(&url);
    return bluesky_get(operation, text, false);
}

enum operation_state bluesky_take_taken(struct operation *operation, const json_t *body)
{
    const char *did = bluesky_text(json_object_get(body, "did"), BLUESKY_DID_MAX, operation->arena);
    if (!did || !bluesky_did_valid(did))
        return bluesky_fail(operation, ANSWER_RETRY, "the server names no DID for the puppet's handle");
    operation->speaker.did = did;
    return OPERATION_REQUEST;
}

/* Nobody has it. */
enum operation_state bluesky_miss_taken(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_RETRY || answer == ANSWER_UNAUTHORIZED
               ? bluesky_fail(operation, answer, operation->answer.reason)
               : OPERATION_REQUEST;
}

/* Does our password open what was found? */
enum operation_state bluesky_ask_ours(struct operation *operation)
{
    if (!operation->speaker.did || operation->input->puppet->native)
        return OPERATION_DONE;
    enum operation_state state = bluesky_get(
        operation,
        arena_format(operation->arena, "%s/xrpc/com.atproto.server.getSession", server_of(operation)), false);
    bluesky_speak(operation);
    return state;
}

enum operation_state bluesky_miss_ours(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    operation->speaker.did = NULL;
    return bluesky_fail(operation, answer == ANSWER_UNAUTHORIZED ? ANSWER_TAKEN : answer,
                        answer == ANSWER_UNAUTHORIZED ? "somebody else has the puppet's handle"
                                                      : operation->answer.reason);
}

/* ---- made
 * -------------------------------------------------------------------------------------------------------- */

static enum operation_state ask_invite(struct operation *operation)
{
    if (operation->speaker.did || !operation->adapter->puppets.invited)
        return OPERATION_DONE;
    enum operation_state state =
        bluesky_post(operation, "com.atproto.server.createInviteCode", json_pack("{s:i}", "useCount", 1));
    operation->request.credential = CREDENTIAL_OPERATOR;
    return state;
}

static enum operation_state take_invite(struct operation *operation, const json_t *body)
{
    operation->puppet->invite =
        bluesky_text(json_object_get(body, "code"), BLUESKY_HANDLE_MAX, operation->arena);
    return operation->puppet->invite
               ? OPERATION_REQUEST
               : bluesky_fail(operation, ANSWER_RETRY, "the server made no invite code for a puppet");
}

static enum operation_state ask_create(struct operation *operation)
{
    const char *handle = operation->input->puppet->handle;
    if (operation->speaker.did)
        return OPERATION_DONE;
    json_t *body = json_pack("{s:s, s:o}", "handle", handle, "email", json_sprintf("puppet@%s", handle));
    if (operation->puppet->invite)
        (void)json_object_set_new(body, "inviteCode", json_string(operation->puppet->invite));
    enum operation_state state = bluesky_post(operation, "com.atproto.server.createAccount", body);
    operation->request.authenticate = false;
    operation->request.password_member = "password";
    operation->request.cost = 3;
    return state;
}

static enum operation_state miss_create(struct operation *operation);

/* ---- its picture and profile
 * --------------------------------------------------------------------------------------------------- */

static enum operation_state ask_activate(struct operation *operation)
{
    if (!operation->input->puppet->hidden)
        return OPERATION_DONE;
    return bluesky_post_nothing(operation, "com.atproto.server.activateAccount");
}

static enum operation_state ask_picture(struct operation *operation)
{
    const char *url = operation->input->remote_author->avatar_url;
    if (!bluesky_is_web(url))
        return OPERATION_DONE;
    enum operation_state state = bluesky_get(operation, url, true);
    operation->request.response_max = AVATAR_BYTES_MAX;
    operation->raw = true;
    return state;
}

/* What is no picture that fits is left out. */
static enum operation_state take_picture(struct operation *operation, const json_t *body)
{
    struct bluesky_puppet_work *work = operation->puppet;
    struct adapter_bytes bytes = operation->response->body;
    (void)body;
    const char *type = bluesky_image_type(bytes);
    if (!type || (strcmp(type, "image/png") != 0 && strcmp(type, "image/jpeg") != 0))
        return OPERATION_REQUEST;
    work->picture_type = type;
    work->picture =
        (struct adapter_bytes){arena_copy(operation->arena, bytes.data, bytes.length), bytes.length};
    return OPERATION_REQUEST;
}

static enum operation_state ask_picture_upload(struct operation *operation)
{
    const struct bluesky_puppet_work *work = operation->puppet;
    return work->picture.length ? bluesky_post_bytes(operation, "com.atproto.repo.uploadBlob",
                                                     work->picture_type, work->picture)
                                : OPERATION_DONE;
}

static enum operation_state take_picture_upload(struct operation *operation, const json_t *body)
{
    const json_t *blob = json_object_get(body, "blob");
    char *text = bluesky_blob_cid(blob, operation->arena) ? json_dumps(blob, JSON_COMPACT) : NULL;
    operation->puppet->picture_blob = text ? arena_string(operation->arena, text) : NULL;
    free(text);
    return OPERATION_REQUEST;
}

static enum operation_state ask_profile(struct operation *operation)
{
    json_t *profile = bluesky_puppet_profile(operation->input->remote_author);
    if (operation->puppet->picture_blob)
        (void)json_object_set_new(profile, "avatar", json_loads(operation->puppet->picture_blob, 0, NULL));
    return bluesky_put(operation, BLUESKY_PROFILE, "self", profile);
}

static enum operation_state take_author(struct operation *operation, const json_t *body)
{
    const struct adapter *adapter = operation->adapter;
    (void)body;
    operation->result.native_id = operation->speaker.did;
    operation->result.handle = operation->input->puppet->handle;
    if (adapter->puppets.domain)
        operation->result.wanted_handle =
            bluesky_puppet_wanted(adapter->puppets.domain, operation->input->remote_author, operation->arena);
    return OPERATION_REQUEST;
}

static const struct bluesky_step steps_author[] = {
    {bluesky_ask_speaker, bluesky_take_identity, bluesky_miss_identity},
    {bluesky_use_speaker, NULL, NULL},
    {bluesky_ask_taken, bluesky_take_taken, bluesky_miss_taken},
    {bluesky_ask_ours, bluesky_pass, bluesky_miss_ours},
    {ask_invite, take_invite, NULL},
    {ask_create, bluesky_take_taken, miss_create},
    {ask_activate, bluesky_pass, bluesky_miss_pass},
    {ask_picture, take_picture, bluesky_miss_pass},
    {ask_picture_upload, take_picture_upload, bluesky_miss_pass},
    {ask_profile, take_author, NULL},
    {0},
};

enum { STEP_TAKEN = 2 };

/* Taken, although nobody had it: somebody made it meanwhile, perhaps another of our workers, or it is hidden.
 */
static enum operation_state miss_create(struct operation *operation)
{
    struct bluesky_puppet_work *work = operation->puppet;
    const char *error = operation->answer.error;
    bool taken = strstr(operation->answer.reason, "already taken") ||
                 strcmp(error, "HandleNotAvailable") == 0 || strcmp(error, "InvalidHandle") == 0;
    if (!taken)
        return bluesky_fail(operation, operation->answer.answer, operation->answer.reason);
    if (work->looked_twice || strcmp(error, "InvalidHandle") == 0)
        return bluesky_fail(operation, ANSWER_TAKEN, operation->answer.reason);
    work->looked_twice = true;
    return bluesky_go(operation, &steps_author[STEP_TAKEN]);
}

enum operation_state bluesky_begin_author(struct operation *operation)
{
    operation->puppet = arena_alloc(operation->arena, sizeof *operation->puppet);
    if (!operation->speaker.did && (!operation->adapter->puppets.wanted || !operation->input->puppet->handle))
        return bluesky_fail(operation, ANSWER_REFUSED, "no puppets are made (reply_mode)");
    return bluesky_go(operation, steps_author);
}

/* ---- named
 * ------------------------------------------------------------------------------------------------------- */

/* Its answer has no body. */
static enum operation_state ask_name(struct operation *operation)
{
    enum operation_state state =
        bluesky_post(operation, "com.atproto.identity.updateHandle",
                     json_pack("{s:s}", "handle", operation->input->puppet->wanted_handle));
    operation->raw = true;
    return state;
}

static enum operation_state take_name(struct operation *operation, const json_t *body)
{
    (void)body;
    operation->result.handle = operation->input->puppet->wanted_handle;
    return OPERATION_REQUEST;
}

static const struct bluesky_step steps_name[] = {
    {bluesky_ask_speaker, bluesky_take_identity, bluesky_miss_identity},
    {bluesky_use_speaker, NULL, NULL},
    {ask_name, take_name, NULL},
    {0},
};

enum operation_state bluesky_begin_name(struct operation *operation)
{
    return operation->input->puppet->wanted_handle
               ? bluesky_go(operation, steps_name)
               : bluesky_fail(operation, ANSWER_INVALID, "no name is wanted for the puppet");
}
