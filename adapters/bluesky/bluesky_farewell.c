/* A puppet is removed: by the server's administrator, else emptied and deactivated (PLATFORMS §1.4). May be
 * cut off anywhere and run again. */
#include <string.h>

#include "adapters/bluesky/bluesky_puppet.h"

enum { PAGE = 100, PAGES_MAX = 6 };

static const char *const emptied[] = {BLUESKY_POST, BLUESKY_REPOST, BLUESKY_LIKE, BLUESKY_PROFILE};
enum { EMPTIED = sizeof emptied / sizeof emptied[0] };

enum { STEP_WIPE = 1 };
static const struct bluesky_step steps_empty[];

static enum operation_state ask_erase(struct operation *operation)
{
    if (!operation->speaker.did)
        return OPERATION_DONE; /* there is none, and so nothing to remove */
    enum operation_state state = bluesky_post(operation, "com.atproto.admin.deleteAccount",
                                              json_pack("{s:s}", "did", operation->speaker.did));
    operation->request.credential = CREDENTIAL_OPERATOR;
    operation->raw = true;
    return state;
}

static enum operation_state miss_erase(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    if (answer == ANSWER_RETRY)
        return bluesky_fail(operation, answer, operation->answer.reason);
    if (answer == ANSWER_GONE || answer == ANSWER_UNKNOWN)
        return OPERATION_REQUEST;
    return bluesky_go(operation, steps_empty);
}

static enum operation_state ask_rows(struct operation *operation)
{
    const struct bluesky_puppet_work *work = operation->puppet;
    return work->collection < EMPTIED
               ? bluesky_get(
                     operation,
                     arena_format(operation->arena,
                                  "%s/xrpc/com.atproto.repo.listRecords?repo=%s&collection=%s&limit=%d",
                                  operation->speaker.pds, operation->speaker.did, emptied[work->collection],
                                  PAGE),
                     false)
               : OPERATION_DONE;
}

static json_t *deletes_of(struct operation *operation, const json_t *rows)
{
    json_t *deletes = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct bluesky_address address;
        const char *uri = bluesky_text(json_object_get(json_array_get(rows, i), "uri"), MODEL_NATIVE_ID_MAX,
                                       operation->arena);
        if (uri && bluesky_address_read(uri, operation->arena, &address))
            (void)json_array_append_new(
                deletes, json_pack("{s:s, s:s, s:s}", "$type", "com.atproto.repo.applyWrites#delete",
                                   "collection", address.collection, "rkey", address.rkey));
    }
    return deletes;
}

static enum operation_state take_rows(struct operation *operation, const json_t *body)
{
    json_t *deletes = deletes_of(operation, json_object_get(body, "records"));
    size_t count = json_array_size(deletes);
    if (!count) {
        json_decref(deletes);
        operation->puppet->collection++;
        return bluesky_go(operation, steps_empty);
    }
    if (++operation->puppet->pages > PAGES_MAX) {
        json_decref(deletes);
        return bluesky_fail(operation, ANSWER_RETRY, "the puppet wrote so much that more is left to remove");
    }
    operation->step = &steps_empty[STEP_WIPE];
    enum operation_state state =
        bluesky_post(operation, "com.atproto.repo.applyWrites",
                     json_pack("{s:s, s:o}", "repo", operation->speaker.did, "writes", deletes));
    operation->request.cost = (unsigned)count;
    return state;
}

/* Planned by take_rows alone. */
static enum operation_state ask_wipe(struct operation *operation)
{
    (void)operation;
    return OPERATION_DONE;
}

static enum operation_state take_wipe(struct operation *operation, const json_t *body)
{
    (void)body;
    return bluesky_go(operation, steps_empty);
}

static enum operation_state ask_deactivate(struct operation *operation)
{
    enum operation_state state =
        bluesky_post(operation, "com.atproto.server.deactivateAccount", json_object());
    operation->raw = true;
    return state;
}

static enum operation_state take_deactivate(struct operation *operation, const json_t *body)
{
    (void)body;
    operation->result.native_id = operation->speaker.did; /* it is still there, hidden */
    return OPERATION_REQUEST;
}

/* What was emptied before may be gone or hidden already. */
static enum operation_state miss_hidden(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    if (answer != ANSWER_REFUSED && answer != ANSWER_UNKNOWN && answer != ANSWER_GONE)
        return bluesky_fail(operation, answer, operation->answer.reason);
    operation->result.native_id = answer == ANSWER_REFUSED ? operation->speaker.did : NULL;
    return bluesky_done(operation);
}

static const struct bluesky_step steps_empty[] = {
    {ask_rows, take_rows, miss_hidden},
    {ask_wipe, take_wipe, miss_hidden},
    {ask_deactivate, take_deactivate, miss_hidden},
    {0},
};

static const struct bluesky_step steps_farewell[] = {
    {bluesky_ask_speaker, bluesky_take_identity, bluesky_miss_identity},
    {bluesky_use_speaker, NULL, NULL},
    {bluesky_ask_taken, bluesky_take_taken, bluesky_miss_taken},
    {bluesky_ask_ours, bluesky_pass, bluesky_miss_ours},
    {ask_erase, bluesky_pass, miss_erase},
    {0},
};

enum operation_state bluesky_begin_farewell(struct operation *operation)
{
    operation->puppet = arena_alloc(operation->arena, sizeof *operation->puppet);
    if (!operation->speaker.did && (!operation->adapter->puppets.pds || !operation->input->puppet->handle))
        return bluesky_done(operation);
    return bluesky_go(operation, steps_farewell);
}
