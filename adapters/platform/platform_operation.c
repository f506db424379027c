/* Operations on the platform's API (PLATFORMS §7.3–7.5, §7.7, §7.8): a few requests each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/platform/platform.h"
#include "mapping/buffer.h"

enum { TIMEOUT_MS = 20000, ARENA_BUDGET = 16 << 20, ITEMS_MAX = 10000 };

struct operation {
    struct adapter *adapter;
    const struct operation_input *input;
    struct arena *arena;
    struct adapter_request request;
    char *body;
    struct operation_result result;
    struct platform_answer answer;
    bool at_author;     /* the request in hand puts the author */
    bool author_put;    /* once is enough: a platform that still asks is tried later */
    bool listing_posts; /* post ids by listing posts */
};

struct operation *platform_operation_new(struct adapter *adapter, const struct operation_input *input)
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

void platform_operation_free(struct operation *operation)
{
    if (!operation)
        return;
    free(operation->body);
    arena_free(operation->arena);
    free(operation);
}

const struct adapter_request *platform_operation_request(const struct operation *operation)
{
    return &operation->request;
}

const struct operation_result *platform_operation_result(const struct operation *operation)
{
    return &operation->result;
}

static enum operation_state fail(struct operation *operation, enum answer answer, const char *reason)
{
    operation->result.answer = answer;
    operation->result.reason = arena_string(operation->arena, reason);
    return OPERATION_FAILED;
}

static enum operation_state done(struct operation *operation)
{
    if (arena_exhausted(operation->arena))
        return fail(operation, ANSWER_INVALID, "the platform's answer is too large");
    operation->result.answer = ANSWER_OK;
    return OPERATION_DONE;
}

/* ---- requests
 * ------------------------------------------------------------------------------------------------------- */

static enum operation_state request(struct operation *operation, const char *method, const char *url,
                                    json_t *body)
{
    static const struct adapter_header headers[] = {{"Accept", "application/json"}};
    free(operation->body);
    operation->body = NULL;
    if (body) {
        operation->body = json_dumps(body, JSON_COMPACT);
        json_decref(body);
        if (!operation->body)
            return fail(operation, ANSWER_INVALID, "what is to be sent is no valid text");
    }
    operation->request = (struct adapter_request){
        .method = method,
        .url = url,
        .headers = headers,
        .header_count = 1,
        .body = {operation->body, operation->body ? strlen(operation->body) : 0},
        .content_type = operation->body ? "application/json" : NULL,
        .authenticate = operation->input->kind != OPERATION_DISCOVER,
        .response_max = PLATFORM_RESPONSE_MAX,
        .timeout_ms = TIMEOUT_MS,
    };
    return OPERATION_REQUEST;
}

/* PATH with one id in it; the characters of ids need no escape. */
static enum operation_state request_id(struct operation *operation, const char *method, const char *format,
                                       const char *id, json_t *body)
{
    if (!id || !platform_id_valid(id)) {
        json_decref(body);
        return fail(operation, ANSWER_INVALID, "the id has characters that the contract does not know");
    }
    const char *slot = strstr(format, "{}");
    const char *url = arena_format(operation->arena, "%s%.*s%s%s", operation->adapter->api,
                                   (int)(slot - format), format, id, slot + 2);
    return request(operation, method, url, body);
}

/* A page of accounts, or of a list of one account; the cursor is the platform's, so it is escaped. */
static enum operation_state request_page(struct operation *operation, const char *id, const char *list,
                                         const char *query)
{
    const struct operation_input *input = operation->input;
    if (id && !platform_id_valid(id))
        return fail(operation, ANSWER_INVALID, "the id has characters that the contract does not know");
    struct buffer url;
    buffer_init(&url, (size_t)4 * PLATFORM_URL_MAX);
    unsigned limit = input->limit && input->limit < operation->adapter->page_max
                         ? input->limit
                         : operation->adapter->page_max;
    buffer_add_string(&url, operation->adapter->api);
    buffer_format(&url, "/accounts%s%s%s?limit=%u%s", id ? "/" : "", id ? id : "", list, limit, query);
    if (input->cursor)
        buffer_add_string(&url, "&after=");
    for (const char *at = input->cursor; at && *at; at++) {
        if (strchr("-._~", *at) || (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
            (*at >= 'a' && *at <= 'z'))
            buffer_add_char(&url, *at);
        else
            buffer_format(&url, "%%%02X", (unsigned)(unsigned char)*at);
    }
    const char *text = url.failed ? NULL : arena_string(operation->arena, buffer_text(&url));
    buffer_clear(&url);
    return text ? request(operation, "GET", text, NULL)
                : fail(operation, ANSWER_INVALID, "the cursor is too long");
}

static enum operation_state request_post_ids(struct operation *operation)
{
    const char *account = operation->input->account ? operation->input->account : "";
    operation->listing_posts = operation->adapter->no_post_ids;
    if (operation->listing_posts)
        return request_page(operation, account, "/posts", "&order=oldest");
    return request_page(operation, account, "/post-ids", "");
}

static enum operation_state request_main(struct operation *operation)
{
    const struct operation_input *input = operation->input;
    if (input->kind != OPERATION_DISCOVER && !operation->adapter->api)
        return fail(operation, ANSWER_RETRY, "the platform was not discovered yet");
    switch (input->kind) {
    case OPERATION_DISCOVER:
        return request(operation, "GET",
                       arena_format(operation->arena, "%s/.well-known/drawbridge", operation->adapter->base),
                       NULL);
    case OPERATION_ACCOUNT:
        return request_id(operation, "GET", "/accounts/{}", input->account, NULL);
    case OPERATION_FEDERATED_ACCOUNTS:
        return request_page(operation, NULL, "", "&federated=1");
    case OPERATION_POST:
        return request_id(operation, "GET", "/posts/{}", input->post, NULL);
    case OPERATION_POSTS:
        return request_page(operation, input->account ? input->account : "", "/posts",
                            input->oldest_first ? "&order=oldest" : "&order=newest");
    case OPERATION_POST_IDS:
        return request_post_ids(operation);
    case OPERATION_PUSH_POST:
        return request_id(operation, "PUT", "/remote-posts/{}", input->remote_post->key,
                          platform_post_json(input->remote_post));
    case OPERATION_PUSH_DELETE:
        return request_id(operation, "DELETE", "/remote-posts/{}", input->key, NULL);
    case OPERATION_PUSH_AUTHOR:
        return request_id(operation, "PUT", "/remote-actors/{}", input->remote_author->key,
                          platform_author_json(input->remote_author));
    case OPERATION_DELETE_AUTHOR:
        return request_id(operation, "DELETE", "/remote-actors/{}", input->key, NULL);
    case OPERATION_PUSH_RELATION:
        return request_id(operation, "PUT", "/remote-relations/{}", input->remote_relation->key,
                          platform_relation_json(input->remote_relation));
    case OPERATION_DELETE_RELATION:
        return request_id(operation, "DELETE", "/remote-relations/{}", input->key, NULL);
    case OPERATION_PUSH_REPORT:
        return request_id(operation, "PUT", "/reports/{}", input->remote_report->key,
                          platform_report_json(input->remote_report));
    case OPERATION_NAME_AUTHOR:
    case OPERATION_PROVE:
        break;
    }
    return fail(operation, ANSWER_INVALID, "the contract has no such operation");
}

static const struct remote_author *author_of(const struct operation_input *input)
{
    return input->kind == OPERATION_PUSH_POST       ? input->remote_post->author
           : input->kind == OPERATION_PUSH_RELATION ? input->remote_relation->author
                                                    : NULL;
}

/* ---- answers
 * -------------------------------------------------------------------------------------------------------- */

static enum operation_state read_account(struct operation *operation, const json_t *body)
{
    struct account *account = arena_alloc(operation->arena, sizeof *account);
    if (!platform_read_account(body, operation->arena, account) ||
        strcmp(account->id, operation->input->account) != 0)
        return fail(operation, ANSWER_INVALID, "the platform's account is not as the contract says");
    operation->result.accounts = account;
    operation->result.account_count = 1;
    return done(operation);
}

static enum operation_state read_post(struct operation *operation, const json_t *body)
{
    struct post *post = arena_alloc(operation->arena, sizeof *post);
    if (!platform_read_post(body, operation->arena, post) || strcmp(post->id, operation->input->post) != 0)
        return fail(operation, ANSWER_INVALID, "the platform's post is not as the contract says");
    operation->result.posts = post;
    operation->result.post_count = 1;
    return done(operation);
}

/* {"items": […], "next": "…" or null}: false when it is no page, or one that would never end. */
static bool read_page(struct operation *operation, const json_t *body, size_t *count)
{
    const json_t *items = json_object_get(body, "items");
    const json_t *next = json_object_get(body, "next");
    *count = json_array_size(items);
    if (!json_is_array(items) || *count > ITEMS_MAX)
        return false;
    if (!next || json_is_null(next))
        return true;
    const char *cursor = platform_text(next, PLATFORM_CURSOR_MAX, operation->arena);
    if (!cursor || !cursor[0] || (operation->input->cursor && strcmp(cursor, operation->input->cursor) == 0))
        return false;
    operation->result.cursor = cursor;
    return true;
}

static enum operation_state broken_page(struct operation *operation)
{
    operation->result.cursor = NULL;
    return fail(operation, ANSWER_RETRY, "the platform's list is not as the contract says");
}

/* An account that cannot be understood is left out; it is not taken for one that is gone. */
static enum operation_state read_accounts(struct operation *operation, const json_t *body)
{
    size_t count = 0;
    if (!read_page(operation, body, &count))
        return broken_page(operation);
    struct account *accounts = arena_alloc(operation->arena, (count + 1) * sizeof *accounts);
    for (size_t i = 0; i < count; i++)
        if (platform_read_account(json_array_get(json_object_get(body, "items"), i), operation->arena,
                                  &accounts[operation->result.account_count]))
            operation->result.account_count++;
    operation->result.accounts = accounts;
    return done(operation);
}

static enum operation_state read_posts(struct operation *operation, const json_t *body)
{
    size_t count = 0;
    if (!read_page(operation, body, &count))
        return broken_page(operation);
    struct post *posts = arena_alloc(operation->arena, (count + 1) * sizeof *posts);
    for (size_t i = 0; i < count; i++)
        if (platform_read_post(json_array_get(json_object_get(body, "items"), i), operation->arena,
                               &posts[operation->result.post_count]))
            operation->result.post_count++;
    operation->result.posts = posts;
    return done(operation);
}

/* Who is not in this list may be deleted: so a list with one broken entry is no list. */
static enum operation_state read_post_ids(struct operation *operation, const json_t *body)
{
    size_t count = 0;
    if (!read_page(operation, body, &count))
        return broken_page(operation);
    struct post_revision *list = arena_alloc(operation->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(json_object_get(body, "items"), i);
        int64_t revision = 0;
        bool pair = !operation->listing_posts;
        list[i].id =
            platform_id(pair ? json_array_get(item, 0) : json_object_get(item, "id"), operation->arena);
        if (!list[i].id ||
            !platform_number(pair ? json_array_get(item, 1) : json_object_get(item, "rev"), &revision))
            return broken_page(operation);
        list[i].revision = (uint64_t)revision;
    }
    operation->result.revisions = list;
    operation->result.revision_count = count;
    return done(operation);
}

static enum operation_state read_discovery(struct operation *operation, const json_t *body)
{
    const char *why = platform_discovered(operation->adapter, body);
    return why ? fail(operation, ANSWER_INVALID, why) : done(operation);
}

static enum operation_state read_pushed(struct operation *operation, const json_t *body)
{
    operation->result.native_id = platform_id(json_object_get(body, "local_id"), operation->arena);
    return done(operation);
}

static enum operation_state digest(struct operation *operation, const json_t *body)
{
    enum operation_kind kind = operation->input->kind;
    if (!json_is_object(body) && kind <= OPERATION_POST_IDS)
        return fail(operation, ANSWER_RETRY, "the platform's answer is no JSON object");
    switch (kind) {
    case OPERATION_DISCOVER:
        return read_discovery(operation, body);
    case OPERATION_ACCOUNT:
        return read_account(operation, body);
    case OPERATION_FEDERATED_ACCOUNTS:
        return read_accounts(operation, body);
    case OPERATION_POST:
        return read_post(operation, body);
    case OPERATION_POSTS:
        return read_posts(operation, body);
    case OPERATION_POST_IDS:
        return read_post_ids(operation, body);
    default:
        return read_pushed(operation, body);
    }
}

/* What can be mended at once is: the author goes first, posts stand in for a list of ids. Each once. */
static enum operation_state mend(struct operation *operation)
{
    const struct remote_author *author = author_of(operation->input);
    const struct platform_answer *answer = &operation->answer;
    if (answer->wants_author && author && !operation->author_put) {
        operation->at_author = operation->author_put = true;
        return request_id(operation, "PUT", "/remote-actors/{}", author->key, platform_author_json(author));
    }
    if (answer->missing_route && operation->input->kind == OPERATION_POST_IDS && !operation->listing_posts) {
        operation->adapter->no_post_ids = true;
        return request_main(operation);
    }
    operation->result.retry_after_ms = answer->retry_after_ms;
    return fail(operation, answer->answer, answer->reason);
}

enum operation_state platform_operation_step(struct operation *operation,
                                             const struct adapter_response *response)
{
    if (!response)
        return request_main(operation);
    bool is_delete = strcmp(operation->request.method, "DELETE") == 0;
    json_t *body = platform_body(response->body);
    enum operation_state state = OPERATION_FAILED;
    platform_answer(response, is_delete, body, &operation->answer);
    if (operation->answer.answer != ANSWER_OK) {
        state = mend(operation);
    } else if (operation->at_author) {
        operation->at_author = false;
        state = request_main(operation);
    } else {
        state = digest(operation, body);
    }
    json_decref(body);
    return state;
}
