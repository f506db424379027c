/* Likes and reposts of remote people who have a puppet (PLATFORMS §1.4): records of its own, under a key that
 * is made of the gateway's. */
#include "adapters/bluesky/bluesky_push.h"

static const char *collection_of(enum relation_kind kind)
{
    return kind == RELATION_LIKE ? BLUESKY_LIKE : kind == RELATION_REPOST ? BLUESKY_REPOST : NULL;
}

static enum operation_state turn_to_target(struct operation *operation)
{
    (void)bluesky_use_speaker(operation);
    operation->did = operation->push->parent_address.did;
    return OPERATION_DONE;
}

static enum operation_state take_target(struct operation *operation, const json_t *body)
{
    operation->push->parent_cid = bluesky_text(json_object_get(body, "cid"), 128, operation->arena);
    return operation->push->parent_cid
               ? OPERATION_REQUEST
               : bluesky_fail(operation, ANSWER_RETRY, "the server does not name the content of the post");
}

static enum operation_state ask_put(struct operation *operation)
{
    const struct remote_relation *relation = operation->input->remote_relation;
    char rkey[14];
    char created[TIME_TEXT_MAX];
    bluesky_tid_for(relation->key, rkey);
    time_format((int64_t)relation->revision, created);
    return bluesky_put(operation, operation->collection, rkey,
                       json_pack("{s:s, s:{s:s, s:s}, s:s}", "$type", operation->collection, "subject", "uri",
                                 operation->push->parent, "cid", operation->push->parent_cid, "createdAt",
                                 created));
}

static enum operation_state take_put(struct operation *operation, const json_t *body)
{
    operation->result.native_id =
        bluesky_text(json_object_get(body, "uri"), MODEL_NATIVE_ID_MAX, operation->arena);
    return OPERATION_REQUEST;
}

static const struct bluesky_step steps_put[] = {
    {bluesky_ask_speaker, bluesky_take_identity, bluesky_miss_identity},
    {turn_to_target, NULL, NULL},
    {bluesky_ask_identity, bluesky_take_identity, bluesky_miss_parent},
    {bluesky_ask_parent, take_target, bluesky_miss_parent},
    {ask_put, take_put, NULL},
    {0},
};

static enum operation_state ask_remove(struct operation *operation)
{
    char rkey[14];
    bluesky_tid_for(operation->input->key, rkey);
    return bluesky_remove(operation, operation->collection, rkey);
}

static const struct bluesky_step steps_remove[] = {
    {bluesky_ask_speaker, bluesky_take_identity, bluesky_miss_identity},
    {bluesky_use_speaker, NULL, NULL},
    {ask_remove, bluesky_pass, NULL},
    {0},
};

enum operation_state bluesky_begin_relation(struct operation *operation)
{
    const struct operation_input *input = operation->input;
    const struct remote_relation *relation = input->remote_relation;
    operation->collection = collection_of(relation ? relation->kind : input->relation);
    if (!operation->speaker.puppet || !operation->collection)
        return bluesky_fail(operation, ANSWER_REFUSED, "only puppets like and repost");
    if (!relation)
        return bluesky_go(operation, steps_remove);
    operation->push = arena_alloc(operation->arena, sizeof *operation->push);
    operation->push->parent = relation->target;
    if (!bluesky_address_read(relation->target, operation->arena, &operation->push->parent_address))
        return bluesky_fail(operation, ANSWER_INVALID, "that is no post of Bluesky");
    return bluesky_go(operation, steps_put);
}
