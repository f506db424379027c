/* Who and where: handle → DID → document → server (PLATFORMS §1.2). */
#include <string.h>

#include "adapters/bluesky/bluesky_operation.h"
#include "mapping/buffer.h"

enum { HANDLE_TIMEOUT_MS = 5000, HANDLE_RESPONSE_MAX = 2048 };

enum operation_state bluesky_resolve(struct operation *operation, const char *handle)
{
    struct buffer url;
    buffer_init(&url, BLUESKY_URL_MAX);
    buffer_format(&url, "%s/xrpc/com.atproto.identity.resolveHandle?handle=", operation->adapter->appview);
    bluesky_add_escaped(&url, handle);
    const char *text = arena_string(operation->arena, buffer_text(&url));
    buffer_clear(&url);
    return bluesky_get(operation, text, false);
}

enum operation_state bluesky_ask_handle(struct operation *operation)
{
    return operation->did ? OPERATION_DONE : bluesky_resolve(operation, operation->input->account);
}

enum operation_state bluesky_take_handle(struct operation *operation, const json_t *body)
{
    operation->did = bluesky_text(json_object_get(body, "did"), BLUESKY_DID_MAX, operation->arena);
    return operation->did && bluesky_did_valid(operation->did)
               ? OPERATION_REQUEST
               : bluesky_fail(operation, ANSWER_UNKNOWN, "the handle leads to no DID that is known here");
}

enum operation_state bluesky_miss_handle(struct operation *operation)
{
    bool none = operation->answer.answer == ANSWER_INVALID || operation->answer.answer == ANSWER_UNKNOWN;
    return bluesky_fail(operation, none ? ANSWER_UNKNOWN : operation->answer.answer,
                        none ? "nobody has that handle" : operation->answer.reason);
}

const char *bluesky_document_url(struct operation *operation)
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
    operation->pds = NULL; /* it may be somebody else's, looked up before */
    return bluesky_get(operation, bluesky_document_url(operation),
                       strncmp(operation->did, "did:web:", 8) == 0);
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

enum operation_state bluesky_miss_identity(struct operation *operation)
{
    enum answer answer = operation->answer.answer == ANSWER_INVALID ? ANSWER_RETRY : operation->answer.answer;
    if (answer == ANSWER_GONE || answer == ANSWER_UNKNOWN)
        bluesky_home_forget(operation->adapter->homes, operation->did);
    return bluesky_fail(operation, answer, operation->answer.reason);
}

/* The handle of the document must lead back to it. Its own host is asked first, since nobody else need be
 * believed then (https://atproto.com/specs/handle). */
enum operation_state bluesky_ask_handle_host(struct operation *operation)
{
    if (!operation->handle)
        return OPERATION_DONE;
    enum operation_state state = bluesky_get(
        operation, arena_format(operation->arena, "https://%s/.well-known/atproto-did", operation->handle),
        true);
    operation->raw = true;
    operation->request.timeout_ms = HANDLE_TIMEOUT_MS;
    operation->request.response_max = HANDLE_RESPONSE_MAX;
    return state;
}

static bool is_blank(char sign)
{
    return sign == ' ' || sign == '\t' || sign == '\r' || sign == '\n';
}

enum operation_state bluesky_take_handle_host(struct operation *operation, const json_t *body)
{
    const char *said = operation->response->body.data;
    size_t length = operation->response->body.length;
    (void)body;
    for (; length && is_blank(*said); length--)
        said++;
    while (length && is_blank(said[length - 1]))
        length--;
    operation->handle_holds = length == strlen(operation->did) && memcmp(said, operation->did, length) == 0;
    return OPERATION_REQUEST;
}

/* A proof by DNS, which goes before the host's own words, is seen through the AppView. */
enum operation_state bluesky_ask_handle_back(struct operation *operation)
{
    return operation->handle && !operation->handle_holds ? bluesky_resolve(operation, operation->handle)
                                                         : OPERATION_DONE;
}

enum operation_state bluesky_take_handle_back(struct operation *operation, const json_t *body)
{
    const char *did = json_string_value(json_object_get(body, "did"));
    operation->handle_holds = did && strcmp(did, operation->did) == 0;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_miss_handle_back(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_INVALID || answer == ANSWER_UNKNOWN || answer == ANSWER_GONE
               ? OPERATION_REQUEST
               : bluesky_fail(operation, answer, operation->answer.reason);
}
