/* Before an answer is written: is what it answers there, and may it be answered (PLATFORMS §1.5)? */
#include <string.h>

#include "adapters/bluesky/bluesky_push.h"
#include "mapping/buffer.h"

enum operation_state bluesky_ask_parent(struct operation *operation)
{
    struct bluesky_push *push = operation->push;
    return bluesky_get_record(operation, push->parent_address.did, operation->pds, BLUESKY_POST,
                              push->parent_address.rkey);
}

static bool read_strong(const json_t *object, struct arena *arena, const char **uri, const char **cid,
                        struct bluesky_address *address)
{
    *uri = bluesky_text(json_object_get(object, "uri"), MODEL_NATIVE_ID_MAX, arena);
    *cid = bluesky_text(json_object_get(object, "cid"), 128, arena);
    return *uri && *cid && bluesky_address_read(*uri, arena, address);
}

/* Whether a post mentions the account that is to write. */
static bool mentions_speaker(const struct operation *operation, const json_t *post)
{
    const json_t *facets = json_object_get(post, "facets");
    for (size_t i = 0; i < json_array_size(facets); i++) {
        const json_t *features = json_object_get(json_array_get(facets, i), "features");
        for (size_t k = 0; k < json_array_size(features); k++) {
            const json_t *feature = json_array_get(features, k);
            const char *type = json_string_value(json_object_get(feature, "$type"));
            const char *did = json_string_value(json_object_get(feature, "did"));
            if (type && strcmp(type, "app.bsky.richtext.facet#mention") == 0 && did &&
                strcmp(did, operation->speaker.did) == 0)
                return true;
        }
    }
    return false;
}

/* The root is what the parent itself says, when it is an answer. */
enum operation_state bluesky_take_parent(struct operation *operation, const json_t *body)
{
    struct bluesky_push *push = operation->push;
    const json_t *root = json_object_get(json_object_get(json_object_get(body, "value"), "reply"), "root");
    push->parent_cid = bluesky_text(json_object_get(body, "cid"), 128, operation->arena);
    if (!push->parent_cid)
        return bluesky_fail(operation, ANSWER_RETRY, "the server does not name the content of the parent");
    push->root = push->parent;
    push->root_cid = push->parent_cid;
    push->root_address = push->parent_address;
    if (root && !read_strong(root, operation->arena, &push->root, &push->root_cid, &push->root_address))
        return bluesky_fail(operation, ANSWER_INVALID, "the thread's beginning cannot be understood");
    if (!root)
        push->mentioned = mentions_speaker(operation, json_object_get(body, "value"));
    operation->did = push->root_address.did;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_miss_parent(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    bool gone = answer == ANSWER_GONE || answer == ANSWER_UNKNOWN;
    return bluesky_fail(operation, gone ? ANSWER_REFUSED : answer,
                        gone ? "what it answers is not there any more" : operation->answer.reason);
}

/* Who may answer is said beside the thread's beginning, under the same key (PLATFORMS §1.5). */
enum operation_state bluesky_ask_gate(struct operation *operation)
{
    return bluesky_get_record(operation, operation->push->root_address.did, operation->pds,
                              BLUESKY_THREADGATE, operation->push->root_address.rkey);
}

static enum operation_state is_shut_out(struct operation *operation)
{
    return bluesky_fail(operation, ANSWER_REFUSED,
                        "the thread's author says who may answer, and this account is none of them");
}

/* Without a rule nobody may. Who is meant by rules is judged when all is known that can be. */
enum operation_state bluesky_take_gate(struct operation *operation, const json_t *body)
{
    struct bluesky_push *push = operation->push;
    const json_t *allow = json_object_get(json_object_get(body, "value"), "allow");
    if (!json_is_array(allow))
        return OPERATION_REQUEST;
    for (size_t i = 0; i < json_array_size(allow); i++) {
        const char *rule = json_string_value(json_object_get(json_array_get(allow, i), "$type"));
        push->mentioned_may |= rule && strcmp(rule, BLUESKY_THREADGATE "#mentionRule") == 0;
    }
    push->gated = true;
    return json_array_size(allow) ? OPERATION_REQUEST : is_shut_out(operation);
}

enum operation_state bluesky_miss_gate(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_GONE ? OPERATION_REQUEST
                                 : bluesky_fail(operation, answer, operation->answer.reason);
}

/* Whom the thread's beginning mentions is of interest where they may answer, and not known yet where
 * something further down is answered. */
enum operation_state bluesky_ask_root(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    return push->mentioned_may && push->root != push->parent
               ? bluesky_get_record(operation, push->root_address.did, operation->pds, BLUESKY_POST,
                                    push->root_address.rkey)
               : OPERATION_DONE;
}

enum operation_state bluesky_take_root(struct operation *operation, const json_t *body)
{
    operation->push->mentioned = mentions_speaker(operation, json_object_get(body, "value"));
    return OPERATION_REQUEST;
}

/* Blocks, and what else the AppView knows: as the account that will write sees the parent. */
enum operation_state bluesky_ask_view(struct operation *operation)
{
    struct buffer url;
    buffer_init(&url, BLUESKY_URL_MAX);
    buffer_format(&url,
                  "%s/xrpc/app.bsky.feed.getPostThread?depth=0&parentHeight=0&uri=", operation->speaker.pds);
    bluesky_add_escaped(&url, operation->push->parent);
    const char *text = arena_string(operation->arena, buffer_text(&url));
    buffer_clear(&url);
    enum operation_state state = bluesky_get(operation, text, false);
    bluesky_speak(operation);
    return state;
}

static bool is_node(const json_t *thread, const char *kind)
{
    static const char prefix[] = "app.bsky.feed.defs#";
    const char *type = json_string_value(json_object_get(thread, "$type"));
    return type && strncmp(type, prefix, sizeof prefix - 1) == 0 &&
           strcmp(type + sizeof prefix - 1, kind) == 0;
}

/* A post that the AppView does not have yet says nothing; one that it keeps back says that somebody blocks.
 */
enum operation_state bluesky_take_view(struct operation *operation, const json_t *body)
{
    const json_t *thread = json_object_get(body, "thread");
    const json_t *post = json_object_get(thread, "post");
    const json_t *author = json_object_get(json_object_get(post, "author"), "viewer");
    const json_t *disabled = json_object_get(json_object_get(post, "viewer"), "replyDisabled");
    if (json_is_true(disabled))
        return bluesky_fail(operation, ANSWER_REFUSED, "answers are switched off there");
    operation->push->let_in = json_is_false(disabled);
    if (is_node(thread, "blockedPost") || json_is_true(json_object_get(author, "blockedBy")) ||
        json_object_get(author, "blocking"))
        return bluesky_fail(operation, ANSWER_REFUSED, "one of the two blocks the other");
    return OPERATION_REQUEST;
}

/* A server without an AppView says what it says; what the thread's author wrote down was read. */
enum operation_state bluesky_miss_view(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_RETRY || answer == ANSWER_UNAUTHORIZED
               ? bluesky_fail(operation, answer, operation->answer.reason)
               : OPERATION_REQUEST;
}

/* The mentioned are seen in the thread itself. Of those whom its author follows, who follow the author or
 * stand in a list only the AppView knows: it says "false" of who may answer, and nothing where it knows of no
 * rules. */
enum operation_state bluesky_judge_gate(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    bool open = !push->gated || push->let_in || (push->mentioned_may && push->mentioned);
    return open ? OPERATION_DONE : is_shut_out(operation);
}
