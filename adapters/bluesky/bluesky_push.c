/* What remote people say in threads of accounts that are on, said by one account of the operator's (PLATFORMS
 * §1.5, §1.6). Its record key is made of the gateway's key, so that the same push is the same record,
 * whatever became of the answer. */
#include <stdlib.h>

#include "adapters/bluesky/bluesky_push.h"

static const char *own_address(struct operation *operation, const char *did, const char *key)
{
    char rkey[14];
    bluesky_tid_for(key, rkey);
    return arena_format(operation->arena, "at://%s/%s/%s", did, BLUESKY_POST, rkey);
}

static enum operation_state ask_put(struct operation *operation)
{
    char rkey[14];
    bluesky_tid_for(operation->input->remote_post->key, rkey);
    return bluesky_put(operation, BLUESKY_POST, rkey, bluesky_compose(operation));
}

static enum operation_state take_put(struct operation *operation, const json_t *body)
{
    (void)body;
    operation->result.native_id =
        own_address(operation, operation->speaker.did, operation->input->remote_post->key);
    return OPERATION_REQUEST;
}

static enum operation_state turn_to_parent(struct operation *operation);
static enum operation_state take_upload(struct operation *operation, const json_t *body);

static const struct bluesky_step steps_push[] = {
    {bluesky_ask_speaker, bluesky_take_identity, bluesky_miss_identity},
    {turn_to_parent, NULL, NULL},
    {bluesky_ask_identity, bluesky_take_identity, bluesky_miss_parent},
    {bluesky_ask_parent, bluesky_take_parent, bluesky_miss_parent},
    {bluesky_ask_identity, bluesky_take_identity, bluesky_miss_parent},
    {bluesky_ask_gate, bluesky_take_gate, bluesky_miss_gate},
    {bluesky_ask_root, bluesky_take_root, bluesky_miss_parent},
    {bluesky_ask_view, bluesky_take_view, bluesky_miss_view},
    {bluesky_judge_gate, NULL, NULL},
    {bluesky_turn_to_quoted, NULL, NULL},
    {bluesky_ask_quoted_identity, bluesky_take_identity, bluesky_miss_quoted},
    {bluesky_ask_quoted, bluesky_take_quoted, bluesky_miss_quoted},
    {bluesky_ask_quote_gate, bluesky_take_quote_gate, bluesky_miss_quote_gate},
    {bluesky_ask_image, bluesky_take_image, bluesky_give_up_images},
    {bluesky_ask_upload, take_upload, bluesky_miss_upload},
    {ask_put, take_put, NULL},
    {0},
};

enum { STEP_QUOTED = 9, STEP_IMAGE = 13 };

/* From here on the account in question is the author of what is answered, if anything is. */
static enum operation_state turn_to_parent(struct operation *operation)
{
    (void)bluesky_use_speaker(operation);
    if (!operation->push->parent)
        return bluesky_go(operation, &steps_push[STEP_QUOTED]);
    operation->did = operation->push->parent_address.did;
    return OPERATION_DONE;
}

static enum operation_state take_upload(struct operation *operation, const json_t *body)
{
    struct bluesky_push *push = operation->push;
    const json_t *blob = json_object_get(body, "blob");
    char *text = bluesky_blob_cid(blob, operation->arena) ? json_dumps(blob, JSON_COMPACT) : NULL;
    if (!text)
        return bluesky_give_up_images(operation);
    push->blobs[push->image++] = arena_string(operation->arena, text);
    free(text);
    return bluesky_go(operation, &steps_push[STEP_IMAGE]);
}

enum operation_state bluesky_begin_push(struct operation *operation)
{
    const struct remote_post *post = operation->input->remote_post;
    struct bluesky_push *push = arena_alloc(operation->arena, sizeof *push);
    operation->push = push;
    push->image_count = bluesky_images_to_carry(post);
    const char *relay = operation->adapter->relay;
    push->parent = post->reply_to.native            ? post->reply_to.native
                   : post->reply_to.remote && relay ? own_address(operation, relay, post->reply_to.remote)
                                                    : NULL;
    push->quoted = post->quote_of.native;
    if ((push->parent && !bluesky_address_read(push->parent, operation->arena, &push->parent_address)) ||
        (push->quoted && !bluesky_address_read(push->quoted, operation->arena, &push->quoted_address)) ||
        (!push->parent && !push->quoted))
        return bluesky_fail(operation, ANSWER_INVALID, "it answers and quotes no post of Bluesky");
    return bluesky_go(operation, steps_push);
}

static enum operation_state ask_delete(struct operation *operation)
{
    char rkey[14];
    bluesky_tid_for(operation->input->key, rkey);
    return bluesky_remove(operation, BLUESKY_POST, rkey);
}

static const struct bluesky_step steps_delete[] = {
    {bluesky_ask_speaker, bluesky_take_identity, bluesky_miss_identity},
    {bluesky_use_speaker, NULL, NULL},
    {ask_delete, bluesky_pass, NULL},
    {0},
};

enum operation_state bluesky_begin_delete(struct operation *operation)
{
    return bluesky_go(operation, steps_delete);
}
