/* Operations that read (PLATFORMS §1.2, §1.4). */
#include "adapters/bluesky/bluesky_operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapping/buffer.h"

enum { TIMEOUT_MS = 20000, ARENA_BUDGET = 32 << 20, PAGE_MAX = 100, CURSOR_MAX = 512 };

/* ---- the machine
 * ------------------------------------------------------------------------------------------------------ */

enum operation_state bluesky_fail(struct operation *operation, enum answer answer, const char *reason)
{
    operation->result.answer = answer;
    operation->result.reason = arena_string(operation->arena, reason);
    return OPERATION_FAILED;
}

static enum operation_state done(struct operation *operation)
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
    return done(operation);
}

static void plan(struct operation *operation, const char *method, const char *url)
{
    static const struct adapter_header headers[] = {{"Accept", "application/json"}};
    free(operation->body);
    operation->body = NULL;
    operation->raw = false;
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

enum operation_state bluesky_post(struct operation *operation, const char *method, json_t *body)
{
    plan(operation, "POST", arena_format(operation->arena, "%s/xrpc/%s", operation->adapter->pds, method));
    operation->body = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!operation->body)
        return bluesky_fail(operation, ANSWER_INVALID, "what is to be sent is no valid text");
    operation->request.body = (struct adapter_bytes){operation->body, strlen(operation->body)};
    operation->request.content_type = "application/json";
    operation->request.authenticate = true;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_post_bytes(struct operation *operation, const char *method, const char *type,
                                        struct adapter_bytes bytes)
{
    plan(operation, "POST", arena_format(operation->arena, "%s/xrpc/%s", operation->adapter->pds, method));
    operation->request.body = bytes;
    operation->request.content_type = type;
    operation->request.authenticate = true;
    return OPERATION_REQUEST;
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
    bluesky_answer(response, body, &operation->answer);
    operation->result.retry_after_ms = operation->answer.retry_after_ms;
    if (operation->answer.answer == ANSWER_OK)
        state = operation->raw || json_is_object(body)
                    ? step->take(operation, body)
                    : bluesky_fail(operation, ANSWER_RETRY, "the server's answer is no JSON object");
    else if (operation->pds && look_again(operation))
        state = begin(operation);
    else if (step->miss)
        state = step->miss(operation);
    else
        state = bluesky_fail(operation, operation->answer.answer, operation->answer.reason);
    json_decref(body);
    operation->response = NULL;
    /* A step that planned no other request passes on to the next. */
    return state == OPERATION_REQUEST && operation->step == step ? bluesky_go(operation, step + 1) : state;
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

/* ---- who and where: handle → DID → document
 * ------------------------------------------------------------------------------------- */

static enum operation_state resolve(struct operation *operation, const char *handle)
{
    struct buffer url;
    buffer_init(&url, BLUESKY_URL_MAX);
    buffer_format(&url, "%s/xrpc/com.atproto.identity.resolveHandle?handle=", operation->adapter->appview);
    bluesky_add_escaped(&url, handle);
    const char *text = arena_string(operation->arena, buffer_text(&url));
    buffer_clear(&url);
    return bluesky_get(operation, text, false);
}

static enum operation_state ask_handle(struct operation *operation)
{
    return operation->did ? OPERATION_DONE : resolve(operation, operation->input->account);
}

static enum operation_state take_handle(struct operation *operation, const json_t *body)
{
    operation->did = bluesky_text(json_object_get(body, "did"), BLUESKY_DID_MAX, operation->arena);
    return operation->did && bluesky_did_valid(operation->did)
               ? OPERATION_REQUEST
               : bluesky_fail(operation, ANSWER_UNKNOWN, "the handle leads to no DID that is known here");
}

static enum operation_state miss_handle(struct operation *operation)
{
    bool none = operation->answer.answer == ANSWER_INVALID || operation->answer.answer == ANSWER_UNKNOWN;
    return bluesky_fail(operation, none ? ANSWER_UNKNOWN : operation->answer.answer,
                        none ? "nobody has that handle" : operation->answer.reason);
}

static const char *document_url(struct operation *operation)
{
    if (strncmp(operation->did, "did:web:", 8) != 0)
        return arena_format(operation->arena, "%s/%s", operation->adapter->plc, operation->did);
    char *host = arena_string(operation->arena, operation->did + 8);
    char *port = strstr(host, "%3A");
    if (port)
        *port = '\0';
    return arena_format(operation->arena, "https://%s%s%s/.well-known/did.json", host, port ? ":" : "",
                        port ? port + 3 : "");
}

enum operation_state bluesky_ask_identity(struct operation *operation)
{
    struct bluesky_home home;
    if (!bluesky_did_valid(operation->did))
        return bluesky_fail(operation, ANSWER_INVALID, "that is no DID that is known here");
    /* For the account itself the document is always read: it tells the handle of today. */
    bool fresh = operation->input->kind == OPERATION_ACCOUNT;
    if (!fresh && bluesky_home_find(operation->adapter->homes, operation->did, &home)) {
        operation->pds = arena_string(operation->arena, home.pds);
        operation->handle = arena_string(operation->arena, home.handle);
        return OPERATION_DONE;
    }
    return bluesky_get(operation, document_url(operation), strncmp(operation->did, "did:web:", 8) == 0);
}

/* The base of a URL: scheme and authority, nothing else. */
static const char *base_of(const json_t *value, struct arena *arena)
{
    const char *url = bluesky_url(value, arena);
    const char *host = url ? strstr(url, "://") + 3 : NULL;
    if (!host || !*host || strchr(host, '@') || strchr(host, '?') || strchr(host, '#'))
        return NULL;
    size_t length = strcspn(host, "/");
    return host[length] && strcmp(host + length, "/") != 0
               ? NULL
               : arena_copy(arena, url, (size_t)(host - url) + length);
}

static bool is_pds(const json_t *service)
{
    const char *id = json_string_value(json_object_get(service, "id"));
    const char *type = json_string_value(json_object_get(service, "type"));
    size_t length = id ? strlen(id) : 0;
    static const char end[] = "#atproto_pds";
    return length >= sizeof end - 1 && strcmp(id + length - (sizeof end - 1), end) == 0 && type &&
           strcmp(type, "AtprotoPersonalDataServer") == 0;
}

enum operation_state bluesky_take_identity(struct operation *operation, const json_t *body)
{
    const json_t *services = json_object_get(body, "service");
    const json_t *names = json_object_get(body, "alsoKnownAs");
    const char *id = json_string_value(json_object_get(body, "id"));
    if (!id || strcmp(id, operation->did) != 0)
        return bluesky_fail(operation, ANSWER_RETRY, "the DID document is somebody else's");
    for (size_t i = 0; i < json_array_size(services) && !operation->pds; i++)
        if (is_pds(json_array_get(services, i)))
            operation->pds =
                base_of(json_object_get(json_array_get(services, i), "serviceEndpoint"), operation->arena);
    operation->handle = NULL;
    for (size_t i = 0; i < json_array_size(names) && !operation->handle; i++) {
        const char *name = bluesky_text(json_array_get(names, i), BLUESKY_HANDLE_MAX + 5, operation->arena);
        if (name && strncmp(name, "at://", 5) == 0 && bluesky_handle_valid(name + 5))
            operation->handle = name + 5;
    }
    if (!operation->pds)
        return bluesky_fail(operation, ANSWER_REFUSED, "the DID document names no server of the account");
    bluesky_home_put(operation->adapter->homes, operation->did, operation->pds, operation->handle);
    return OPERATION_REQUEST;
}

static enum operation_state miss_identity(struct operation *operation)
{
    enum answer answer = operation->answer.answer == ANSWER_INVALID ? ANSWER_RETRY : operation->answer.answer;
    if (answer == ANSWER_GONE || answer == ANSWER_UNKNOWN)
        bluesky_home_forget(operation->adapter->homes, operation->did);
    return bluesky_fail(operation, answer, operation->answer.reason);
}

/* The handle of the document must lead back to it. */
static enum operation_state ask_handle_back(struct operation *operation)
{
    return operation->handle ? resolve(operation, operation->handle) : OPERATION_DONE;
}

static enum operation_state take_handle_back(struct operation *operation, const json_t *body)
{
    const char *did = json_string_value(json_object_get(body, "did"));
    operation->handle_holds = did && strcmp(did, operation->did) == 0;
    return OPERATION_REQUEST;
}

static enum operation_state miss_handle_back(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_INVALID || answer == ANSWER_UNKNOWN || answer == ANSWER_GONE
               ? OPERATION_REQUEST
               : bluesky_fail(operation, answer, operation->answer.reason);
}

/* ---- an account
 * ------------------------------------------------------------------------------------------------------ */

static enum operation_state account_without(struct operation *operation, enum account_status status)
{
    struct account *account = arena_alloc(operation->arena, sizeof *account);
    const struct bluesky_record none = {.did = operation->did};
    (void)bluesky_read_profile(operation->adapter, &none, operation->handle_holds ? operation->handle : "",
                               operation->arena, account);
    account->status = status;
    operation->result.accounts = account;
    operation->result.account_count = 1;
    return done(operation);
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

static void refuse_wish(struct operation *operation, const char *why)
{
    if (operation->account->federation == FEDERATION_OFF)
        return;
    operation->account->federation = FEDERATION_OFF;
    operation->account->federation_reason = why;
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
    return bridge_matters(operation) && strncmp(bridge, "did:", 4) != 0 ? resolve(operation, bridge)
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
    {ask_handle, take_handle, miss_handle},
    {bluesky_ask_identity, bluesky_take_identity, miss_identity},
    {ask_handle_back, take_handle_back, miss_handle_back},
    {ask_status, take_status, miss_status},
    {ask_profile, take_profile, miss_profile},
    {ask_intents, take_intents, miss_intents},
    {ask_bridge, take_bridge, miss_bridges},
    {ask_bridges, take_bridges, miss_bridges},
    {0},
};

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

static const struct bluesky_step steps_post[] = {
    {bluesky_ask_identity, bluesky_take_identity, miss_repository},
    {ask_latest, take_latest, miss_repository},
    {ask_post, take_post, miss_post},
    {0},
};

/* ---- lists: the cursor is "COLLECTION CURSOR"; posts first, then reposts
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

/* Who is not in this list may be deleted: so a list with one broken entry is no list. */
static enum operation_state take_ids(struct operation *operation, const json_t *body)
{
    const json_t *records = json_object_get(body, "records");
    size_t count = json_array_size(records);
    struct post_revision *list = arena_alloc(operation->arena, (count + 1) * sizeof *list);
    if (!json_is_array(records) || !next_page(operation, body, count))
        return broken_list(operation);
    for (size_t i = 0; i < count; i++) {
        struct bluesky_address address;
        const json_t *entry = json_array_get(records, i);
        const char *cid = json_string_value(json_object_get(entry, "cid"));
        list[i].id = entry_id(operation, entry, &address);
        if (!list[i].id || !cid)
            return broken_list(operation);
        list[i].digest = bluesky_digest(cid);
        list[i].created = bluesky_time(json_object_get(json_object_get(entry, "value"), "createdAt"));
    }
    operation->result.revisions = list;
    operation->result.revision_count = count;
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

/* ---- where each begins
 * -------------------------------------------------------------------------------------------------- */

static enum operation_state begin_account(struct operation *operation)
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

static enum operation_state begin_post(struct operation *operation)
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
    const char *cursor = operation->input->cursor;
    operation->did = operation->input->account ? operation->input->account : "";
    operation->collection = cursor && strncmp(cursor, BLUESKY_REPOST " ", sizeof BLUESKY_REPOST) == 0
                                ? BLUESKY_REPOST
                                : BLUESKY_POST;
    return bluesky_go(operation, steps);
}

/* ---- who speaks for remote people
 * ------------------------------------------------------------------------------------------ */

static void keep(char **slot, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    free(*slot);
    *slot = copy;
}

static enum operation_state ask_relay(struct operation *operation)
{
    return operation->did ? OPERATION_DONE : resolve(operation, operation->adapter->identifier);
}

static enum operation_state take_relay(struct operation *operation, const json_t *body)
{
    struct adapter *adapter = operation->adapter;
    enum operation_state state = bluesky_take_identity(operation, body);
    if (state != OPERATION_REQUEST)
        return state;
    keep(&adapter->relay, operation->did);
    keep(&adapter->pds, operation->pds);
    keep(&adapter->login_url,
         arena_format(operation->arena, "%s/xrpc/com.atproto.server.createSession", operation->pds));
    keep(&adapter->refresh_url,
         arena_format(operation->arena, "%s/xrpc/com.atproto.server.refreshSession", operation->pds));
    adapter->session = (struct adapter_session){.login_url = adapter->login_url,
                                                .refresh_url = adapter->refresh_url,
                                                .identifier = adapter->relay,
                                                .identifier_member = "identifier",
                                                .password_member = "password",
                                                .access_member = "accessJwt",
                                                .refresh_member = "refreshJwt"};
    return OPERATION_REQUEST;
}

/* The document is read also when it was read before: discovery is done to learn what is new. */
static enum operation_state ask_relay_identity(struct operation *operation)
{
    return bluesky_get(operation, document_url(operation), false);
}

static enum operation_state ask_relay_profile(struct operation *operation)
{
    return bluesky_get_record(operation, operation->did, operation->pds, BLUESKY_PROFILE, "self");
}

/* People are to see that no person writes there. */
static enum operation_state take_relay_profile(struct operation *operation, const json_t *body)
{
    json_t *profile =
        body ? json_deep_copy(json_object_get(body, "value")) : json_pack("{s:s}", "$type", BLUESKY_PROFILE);
    operation->profile = NULL;
    if (json_is_object(profile) && !bluesky_labelled(profile, "bot")) {
        json_t *labels = json_object_get(profile, "labels");
        if (!json_is_array(json_object_get(labels, "values"))) {
            labels = json_pack("{s:s, s:[]}", "$type", "com.atproto.label.defs#selfLabels", "values");
            (void)json_object_set_new(profile, "labels", labels);
        }
        (void)json_array_append_new(json_object_get(labels, "values"), json_pack("{s:s}", "val", "bot"));
        char *text = json_dumps(profile, JSON_COMPACT);
        operation->profile = arena_string(operation->arena, text);
        free(text);
    }
    json_decref(profile);
    return OPERATION_REQUEST;
}

static enum operation_state miss_relay_profile(struct operation *operation)
{
    return operation->answer.answer == ANSWER_GONE ? take_relay_profile(operation, NULL) : OPERATION_REQUEST;
}

static enum operation_state ask_label(struct operation *operation)
{
    if (!operation->profile)
        return OPERATION_DONE;
    enum operation_state state =
        bluesky_post(operation, "com.atproto.repo.putRecord",
                     json_pack("{s:s, s:s, s:s, s:o}", "repo", operation->did, "collection", BLUESKY_PROFILE,
                               "rkey", "self", "record", json_loads(operation->profile, 0, NULL)));
    operation->request.cost = 2;
    return state;
}

static enum operation_state take_label(struct operation *operation, const json_t *body)
{
    (void)operation;
    (void)body;
    return OPERATION_REQUEST;
}

/* It is asked again with the next discovery: what can be read and told does not wait for it. */
static enum operation_state miss_label(struct operation *operation)
{
    (void)operation;
    return OPERATION_REQUEST;
}

static const struct bluesky_step steps_discover[] = {
    {ask_relay, take_handle, miss_handle},
    {ask_relay_identity, take_relay, miss_identity},
    {ask_relay_profile, take_relay_profile, miss_relay_profile},
    {ask_label, take_label, miss_label},
    {0},
};

static enum operation_state begin_discover(struct operation *operation)
{
    const char *identifier = operation->adapter->identifier;
    if (!identifier)
        return done(operation);
    operation->did = strncmp(identifier, "did:", 4) == 0 ? identifier : NULL;
    return bluesky_go(operation, steps_discover);
}

static enum operation_state begin_write(struct operation *operation)
{
    if (!operation->adapter->relay)
        return bluesky_fail(operation, ANSWER_REFUSED,
                            "no account is configured that could say it (identifier)");
    return operation->input->kind == OPERATION_PUSH_POST ? bluesky_begin_push(operation)
                                                         : bluesky_go(operation, bluesky_steps_delete);
}

static enum operation_state begin(struct operation *operation)
{
    switch (operation->input->kind) {
    case OPERATION_DISCOVER:
        return begin_discover(operation);
    case OPERATION_PUSH_POST:
    case OPERATION_PUSH_DELETE:
        return begin_write(operation);
    case OPERATION_ACCOUNT:
        return begin_account(operation);
    case OPERATION_POST:
        return begin_post(operation);
    case OPERATION_POSTS:
        return begin_list(operation, steps_list);
    case OPERATION_POST_IDS:
        return begin_list(operation, steps_ids);
    case OPERATION_FEDERATED_ACCOUNTS:
    case OPERATION_PUSH_AUTHOR:
    case OPERATION_DELETE_AUTHOR:
    case OPERATION_PUSH_RELATION:
    case OPERATION_DELETE_RELATION:
    case OPERATION_PUSH_REPORT:
        break;
    }
    return bluesky_fail(operation, ANSWER_INVALID, "Bluesky has no such operation");
}
