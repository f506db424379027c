/* A post and lists of posts, as their author's own server has them (PLATFORMS §1.4). */
#include <string.h>

#include "adapters/bluesky/bluesky_operation.h"
#include "mapping/buffer.h"

enum { PAGE_MAX = 100, CURSOR_MAX = 512 };

/* ---- a post
 * ----------------------------------------------------------------------------------------------------------
 */

/* First the repository's rev: what is read after it is at least as new. */
static enum operation_state ask_latest(struct operation *operation)
{
    return bluesky_get(operation,
                       arena_format(operation->arena, "%s/xrpc/com.atproto.sync.getLatestCommit?did=%s",
                                    operation->pds, operation->did),
                       true);
}

static enum operation_state take_latest(struct operation *operation, const json_t *body)
{
    operation->revision = bluesky_tid_time(json_string_value(json_object_get(body, "rev")));
    return operation->revision
               ? OPERATION_REQUEST
               : bluesky_fail(operation, ANSWER_RETRY, "the server names no revision of the repository");
}

/* The repository as a whole is not to be had: that says nothing about one of its posts. */
static enum operation_state miss_repository(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return bluesky_fail(operation,
                        answer == ANSWER_UNKNOWN || answer == ANSWER_GONE ? ANSWER_REFUSED : answer,
                        operation->answer.reason);
}

static enum operation_state ask_post(struct operation *operation)
{
    return bluesky_get_record(operation, operation->did, operation->pds, operation->collection,
                              operation->rkey);
}

static bool read_one(struct operation *operation, const char *collection, const char *rkey,
                     const json_t *object, struct post *out)
{
    const struct bluesky_record record = {
        .did = operation->did,
        .pds = operation->pds,
        .collection = collection,
        .rkey = rkey,
        .cid = bluesky_text(json_object_get(object, "cid"), 128, operation->arena),
        .revision = operation->revision,
        .value = json_object_get(object, "value"),
    };
    return record.cid && bluesky_read_record(operation->adapter, &record, operation->arena, out);
}

static enum operation_state take_post(struct operation *operation, const json_t *body)
{
    struct post *post = arena_alloc(operation->arena, sizeof *post);
    if (!read_one(operation, operation->collection, operation->rkey, body, post))
        return bluesky_fail(operation, ANSWER_INVALID, "the record is no post that is understood here");
    operation->post = post;
    operation->result.posts = post;
    operation->result.post_count = 1;
    return OPERATION_REQUEST;
}

static enum operation_state miss_post(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return bluesky_fail(operation, answer == ANSWER_UNKNOWN ? ANSWER_REFUSED : answer,
                        operation->answer.reason);
}

/* ---- the gates beside it: none is there as a rule */

static enum operation_state ask_beside(struct operation *operation, const char *collection)
{
    return strcmp(operation->collection, BLUESKY_POST) != 0
               ? OPERATION_DONE
               : bluesky_get_record(operation, operation->did, operation->pds, collection, operation->rkey);
}

static enum operation_state ask_threadgate(struct operation *operation)
{
    return ask_beside(operation, BLUESKY_THREADGATE);
}

static enum operation_state take_threadgate(struct operation *operation, const json_t *body)
{
    bluesky_read_threadgate(json_object_get(body, "value"), operation->post);
    return OPERATION_REQUEST;
}

static enum operation_state ask_postgate(struct operation *operation)
{
    return ask_beside(operation, BLUESKY_POSTGATE);
}

static enum operation_state take_postgate(struct operation *operation, const json_t *body)
{
    bluesky_read_postgate(json_object_get(body, "value"), operation->post);
    return OPERATION_REQUEST;
}

static enum operation_state miss_beside(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_GONE ? OPERATION_REQUEST
                                 : bluesky_fail(operation, answer == ANSWER_UNKNOWN ? ANSWER_REFUSED : answer,
                                                operation->answer.reason);
}

static const struct bluesky_step steps_post[] = {
    {bluesky_ask_identity, bluesky_take_identity, miss_repository},
    {ask_latest, take_latest, miss_repository},
    {ask_post, take_post, miss_post},
    {ask_threadgate, take_threadgate, miss_beside},
    {ask_postgate, take_postgate, miss_beside},
    {0},
};

/* ---- lists: the cursor is "COLLECTION CURSOR"; posts first, then reposts, then (of ids) who may quote
 * ---------------------------------------------------------- */

static enum operation_state ask_list(struct operation *operation)
{
    struct buffer url;
    buffer_init(&url, (size_t)2 * BLUESKY_URL_MAX);
    const char *cursor = operation->input->cursor ? strchr(operation->input->cursor, ' ') : NULL;
    unsigned limit =
        operation->input->limit && operation->input->limit < PAGE_MAX ? operation->input->limit : PAGE_MAX;
    buffer_format(&url, "%s/xrpc/com.atproto.repo.listRecords?repo=%s&collection=%s&limit=%u%s",
                  operation->pds, operation->did, operation->collection, limit,
                  operation->input->oldest_first ? "&reverse=true" : "");
    if (cursor && cursor[1]) {
        buffer_add_string(&url, "&cursor=");
        bluesky_add_escaped(&url, cursor + 1);
    }
    const char *text = url.failed ? NULL : arena_string(operation->arena, buffer_text(&url));
    buffer_clear(&url);
    return text ? bluesky_get(operation, text, true)
                : bluesky_fail(operation, ANSWER_INVALID, "the cursor is too long");
}

/* A cursor comes with the last page too: the end is an empty page (§1.4). False: a list without end. */
static bool next_page(struct operation *operation, const json_t *body, size_t count)
{
    const char *cursor = bluesky_text(json_object_get(body, "cursor"), CURSOR_MAX, operation->arena);
    if (!count || !cursor) {
        if (strcmp(operation->collection, BLUESKY_POST) == 0)
            operation->result.cursor = BLUESKY_REPOST " ";
        else if (operation->input->kind == OPERATION_POST_IDS &&
                 strcmp(operation->collection, BLUESKY_REPOST) == 0)
            operation->result.cursor = BLUESKY_POSTGATE " ";
        return true;
    }
    operation->result.cursor = arena_format(operation->arena, "%s %s", operation->collection, cursor);
    return !operation->input->cursor || strcmp(operation->input->cursor, operation->result.cursor) != 0;
}

/* The at:// address of an entry, which must be of this account and collection; NULL when it is not. */
static const char *entry_id(struct operation *operation, const json_t *entry, struct bluesky_address *address)
{
    const char *uri = bluesky_text(json_object_get(entry, "uri"), MODEL_NATIVE_ID_MAX, operation->arena);
    return uri && bluesky_address_read(uri, operation->arena, address) &&
                   strcmp(address->did, operation->did) == 0 &&
                   strcmp(address->collection, operation->collection) == 0
               ? uri
               : NULL;
}

static enum operation_state broken_list(struct operation *operation)
{
    operation->result.cursor = NULL;
    return bluesky_fail(operation, ANSWER_RETRY, "the server's list of records cannot be understood");
}

/* What a postgate says is of use only together with the post beside which it stands. */
static void read_beside(struct operation *operation, const struct bluesky_address *address,
                        const json_t *value, struct post_revision *out)
{
    struct post post = {.quotable = true};
    bluesky_read_postgate(value, &post);
    out->id = arena_join(operation->arena, "at://", address->did, "/", BLUESKY_POST, "/", address->rkey,
                         (char *)NULL);
    out->beside = post.digest;
}

/* Who is not in this list may be deleted: so a list with one broken entry is no list. */
static enum operation_state take_ids(struct operation *operation, const json_t *body)
{
    const json_t *records = json_object_get(body, "records");
    size_t count = json_array_size(records);
    bool gates = strcmp(operation->collection, BLUESKY_POSTGATE) == 0;
    struct post_revision *list = arena_alloc(operation->arena, (count + 1) * sizeof *list);
    if (!json_is_array(records) || !next_page(operation, body, count))
        return broken_list(operation);
    for (size_t i = 0; i < count; i++) {
        struct bluesky_address address;
        const json_t *entry = json_array_get(records, i);
        const char *cid = json_string_value(json_object_get(entry, "cid"));
        struct post_revision *out = &list[operation->result.revision_count];
        out->id = entry_id(operation, entry, &address);
        if (!out->id || !cid)
            return broken_list(operation);
        if (gates) {
            read_beside(operation, &address, json_object_get(entry, "value"), out);
        } else {
            out->digest = bluesky_digest(cid);
            out->created = bluesky_time(json_object_get(json_object_get(entry, "value"), "createdAt"));
        }
        if (out->digest || out->beside)
            operation->result.revision_count++;
    }
    operation->result.revisions = list;
    return OPERATION_REQUEST;
}

/* Records that are not understood are left out here. */
static enum operation_state take_list(struct operation *operation, const json_t *body)
{
    const json_t *records = json_object_get(body, "records");
    size_t count = json_array_size(records);
    struct post *posts = arena_alloc(operation->arena, (count + 1) * sizeof *posts);
    if (!json_is_array(records) || !next_page(operation, body, count))
        return broken_list(operation);
    for (size_t i = 0; i < count; i++) {
        struct bluesky_address address;
        const json_t *entry = json_array_get(records, i);
        if (entry_id(operation, entry, &address) && read_one(operation, address.collection, address.rkey,
                                                             entry, &posts[operation->result.post_count]))
            operation->result.post_count++;
    }
    operation->result.posts = posts;
    return OPERATION_REQUEST;
}

static const struct bluesky_step steps_ids[] = {
    {bluesky_ask_identity, bluesky_take_identity, miss_repository},
    {ask_list, take_ids, miss_repository},
    {0},
};

static const struct bluesky_step steps_list[] = {
    {bluesky_ask_identity, bluesky_take_identity, miss_repository},
    {ask_latest, take_latest, miss_repository},
    {ask_list, take_list, miss_repository},
    {0},
};

enum operation_state bluesky_begin_post(struct operation *operation)
{
    struct bluesky_address address;
    if (!bluesky_address_read(operation->input->post, operation->arena, &address))
        return bluesky_fail(operation, ANSWER_INVALID, "that is no at:// address of a post");
    operation->did = address.did;
    operation->collection = address.collection;
    operation->rkey = address.rkey;
    return bluesky_go(operation, steps_post);
}

static enum operation_state begin_list(struct operation *operation, const struct bluesky_step *steps)
{
    static const char *const later[] = {BLUESKY_REPOST, BLUESKY_POSTGATE};
    const char *cursor = operation->input->cursor;
    operation->did = operation->input->account ? operation->input->account : "";
    operation->collection = BLUESKY_POST;
    for (size_t i = 0; cursor && i < sizeof later / sizeof later[0]; i++)
        if (strncmp(cursor, later[i], strlen(later[i])) == 0 && cursor[strlen(later[i])] == ' ')
            operation->collection = later[i];
    return bluesky_go(operation, steps);
}

enum operation_state bluesky_begin_posts(struct operation *operation)
{
    return begin_list(operation, steps_list);
}

enum operation_state bluesky_begin_post_ids(struct operation *operation)
{
    return begin_list(operation, steps_ids);
}
