#include "played_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/fed/signer.h"
#include "gateway/fed/verify.h"
#include "gateway/store/arguments.h"
#include "gateway/store/reply.h"
#include "mapping/inbound.h"
#include "mapping/source.h"

struct world world;

void world_reset(void)
{
    free(world.kept);
    free(world.object_key);
    free(world.object_id);
    free(world.object_actor);
    free(world.object_source);
    for (size_t i = 0; i < world.push_count; i++)
        free(world.pushes[i]);
    world = (struct world){.handler = world.handler, .handler_context = world.handler_context};
}

static void remember(char **place, const char *text)
{
    free(*place);
    *place = strdup(text);
    if (!*place)
        abort();
}

/* ---- commands
 * ------------------------------------------------------------------------------------------------------- */

enum { WORDS_MAX = 512 };

struct words {
    char *wire; /* owns the texts, each terminated */
    const char *text[WORDS_MAX];
    size_t length[WORDS_MAX];
    size_t count;
};

/* Takes "*COUNT\r\n$LENGTH\r\nBYTES\r\n…" apart. */
static void read_words(struct words *words, const struct arguments *arguments)
{
    static const char *const none[] = {NULL};
    size_t length = 0;
    words->wire = arguments_wire(arguments, none, &length);
    *words = (struct words){.wire = words->wire};
    if (!words->wire)
        abort();
    char *at = strchr(words->wire, '\n') + 1;
    while (at < words->wire + length && words->count < WORDS_MAX) {
        size_t size = strtoull(at + 1, &at, 10);
        at += 2;
        words->text[words->count] = at;
        words->length[words->count++] = size;
        at[size] = '\0';
        at += size + 2;
    }
}

static const char *word(const struct words *words, size_t index)
{
    return index < words->count ? words->text[index] : "";
}

/* ---- replies
 * -------------------------------------------------------------------------------------------------------- */

static struct reply *reply_of_number(long long number)
{
    const redisReply reply = {.type = REDIS_REPLY_INTEGER, .integer = number};
    return reply_copy(&reply, "fuzz");
}

static struct reply *reply_of_text(const char *text)
{
    const redisReply reply = {
        .type = REDIS_REPLY_STRING, .str = (char *)(uintptr_t)text, .len = strlen(text)};
    return reply_copy(&reply, "fuzz");
}

static struct reply *reply_of_nothing(void)
{
    const redisReply reply = {.type = REDIS_REPLY_NIL};
    return reply_copy(&reply, "fuzz");
}

static struct reply *reply_of_fields(const char *const *texts)
{
    redisReply items[32];
    redisReply *pointers[32];
    size_t count = 0;
    for (; texts && texts[count] && count < 32; count++) {
        items[count] = (redisReply){
            .type = REDIS_REPLY_STRING, .str = (char *)(uintptr_t)texts[count], .len = strlen(texts[count])};
        pointers[count] = &items[count];
    }
    const redisReply reply = {.type = REDIS_REPLY_ARRAY, .elements = count, .element = pointers};
    return reply_copy(&reply, "fuzz");
}

static struct reply *account_reply(void)
{
    static char *source;
    if (!source) {
        const struct account account = {
            .id = "u_1", .handle = "alice", .name = "Alice", .revision = 3, .federation = FEDERATION_ON};
        json_t *document = source_from_account(&account);
        source = json_dumps(document, JSON_COMPACT);
        json_decref(document);
    }
    const char *const fields[] = {"platform",   "plaza", "native", "u_1",  "host",   "bridge.example",
                                  "name",       "alice", "state",  "on",   "number", "1",
                                  "public_key", "PEM",   "source", source, NULL};
    return reply_of_fields(fields);
}

static struct reply *post_reply(void)
{
    static char *source;
    if (!source) {
        const struct post post = {.id = "p_1",
                                  .author = "u_1",
                                  .revision = 1,
                                  .body = {.text = "hello", .length = 5},
                                  .federate = true};
        json_t *document = source_from_post(&post);
        source = json_dumps(document, JSON_COMPACT);
        json_decref(document);
    }
    const char *const fields[] = {"state",         "live",  "native", "p_1",    "number", "1", "published",
                                  "1700000000000", "likes", "1",      "source", source,   NULL};
    const char *const gone[] = {"state",     "gone",          "native",  "p_1",           "number", "1",
                                "published", "1700000000000", "deleted", "1700000000000", NULL};
    return reply_of_fields(world.owed ? gone : fields);
}

static struct reply *object_reply(const char *key)
{
    if (!world.object_key || strcmp(key, world.object_key) != 0)
        return reply_of_fields(NULL);
    const char *const fields[] = {
        "state",    "live",  "id",     world.object_id,     "actor",    world.object_actor,
        "platform", "plaza", "aid",    WORLD_AID,           "oid",      WORLD_OID,
        "parent",   "",      "source", world.object_source, "revision", "1",
        NULL};
    return reply_of_fields(fields);
}

static struct reply *answer_command(const struct words *words)
{
    const char *command = word(words, 0);
    const char *key = word(words, 1);
    if (strcmp(command, "HGETALL") == 0) {
        if (strcmp(key, "account:" WORLD_AID) == 0)
            return account_reply();
        if (strcmp(key, "post:" WORLD_AID ":" WORLD_OID) == 0)
            return post_reply();
        if (strncmp(key, "remote_object:", 14) == 0)
            return object_reply(key + 14);
        return reply_of_fields(NULL);
    }
    if (strcmp(command, "EXISTS") == 0)
        return reply_of_number(strncmp(key, "remote_actor:", 13) == 0 && !world.stranger);
    if (strcmp(command, "HGET") == 0 && strcmp(key, "name:bridge.example") == 0)
        return strcmp(word(words, 2), "alice") == 0 ? reply_of_text(WORLD_AID) : reply_of_nothing();
    if (strcmp(command, "HMGET") == 0 || strcmp(command, "HGET") == 0 || strcmp(command, "GET") == 0)
        return reply_of_nothing();
    if (strcmp(command, "XADD") == 0 && strncmp(key, "work:push:", 10) == 0) {
        for (size_t i = 3; i + 1 < words->count; i += 2)
            if (strcmp(word(words, i), "data") == 0 && world.push_count < WORLD_PUSHES_MAX)
                remember(&world.pushes[world.push_count++], word(words, i + 1));
    }
    return reply_of_number(1);
}

static struct reply *answer_script(const char *name, const struct words *words)
{
    if (strcmp(name, "inbox_accept") == 0) {
        remember(&world.kept, word(words, 3));
        world.kept_length = words->length[3];
    } else if (strcmp(name, "remote_object_put") == 0) {
        remember(&world.object_key, word(words, 0));
        remember(&world.object_id, word(words, 1));
        remember(&world.object_actor, word(words, 2));
        remember(&world.object_source, word(words, 7));
        return reply_of_text("created");
    } else if (strcmp(name, "remote_object_remove") == 0) {
        return reply_of_text("deleted");
    } else if (strcmp(name, "exposure_add") == 0) {
        return reply_of_text(world.owed ? "owed" : "");
    } else if (strcmp(name, "follower_forget") == 0 || strcmp(name, "separated") == 0) {
        return reply_of_number(0);
    } else if (strcmp(name, "objects_remove") == 0) {
        return reply_of_nothing();
    }
    return reply_of_number(1);
}

struct reply *__wrap_store_run(struct store *store, struct arguments *arguments);
struct reply *__wrap_store_run(struct store *store, struct arguments *arguments)
{
    struct words words;
    (void)store;
    read_words(&words, arguments);
    struct reply *reply = answer_command(&words);
    free(words.wire);
    arguments_free(arguments);
    return reply;
}

struct reply *__wrap_store_call(struct store *store, ...);
struct reply *__wrap_store_call(struct store *store, ...)
{
    struct arguments *arguments = arguments_new();
    va_list list;
    va_start(list, store);
    for (const char *text = va_arg(list, const char *); text; text = va_arg(list, const char *))
        arguments_text(arguments, text);
    va_end(list);
    return __wrap_store_run(store, arguments);
}

struct reply *__wrap_store_script(struct store *store, const char *name, struct arguments *arguments);
struct reply *__wrap_store_script(struct store *store, const char *name, struct arguments *arguments)
{
    struct words words;
    (void)store;
    read_words(&words, arguments);
    struct reply *reply = answer_script(name, &words);
    free(words.wire);
    arguments_free(arguments);
    return reply;
}

/* ---- the network
 * ---------------------------------------------------------------------------------------------------- */

#define DISCOVERY                                                                                            \
    "{\"contract\":[\"1\"],\"platform\":{\"id\":\"plaza\"},\"api\":\"https://api.plaza.example/v1\","        \
    "\"stream\":\"wss://api.plaza.example/v1/stream\",\"level\":2,"                                          \
    "\"features\":[\"events.ws\",\"remote_posts\",\"remote_relations\"],"                                    \
    "\"limits\":{\"text\":{\"max\":500,\"unit\":\"graphemes\",\"max_bytes\":4000},"                          \
    "\"media\":{\"per_post\":4},\"page_max\":50}}"

/* What goes to the platform is always one JSON document of valid text. */
static char *platform_answer(const struct fetch_request *request)
{
    if (strstr(request->url, "/.well-known/drawbridge"))
        return strdup(DISCOVERY);
    if (request->body_length) {
        json_t *document = json_loadb(request->body, request->body_length, JSON_REJECT_DUPLICATES, NULL);
        if (!document)
            abort();
        json_decref(document);
    }
    return strdup("{\"id\":\"r_1\"}");
}

static char *stranger_answer(const struct fetch_request *request)
{
    if (world.answers_taken < world.answer_count)
        return strdup(world.answers[world.answers_taken++]);
    json_t *inbox = json_sprintf("%s/inbox", request->url);
    json_t *document = json_pack("{s:s, s:s, s:s, s:o*}", "id", request->url, "type", "Person",
                                 "preferredUsername", "bob", "inbox", inbox);
    char *text = document ? json_dumps(document, JSON_COMPACT) : strdup("{}");
    json_decref(document);
    return text;
}

void __wrap_fetch(struct fetch_client *client, const struct fetch_request *request,
                  struct fetch_result *result);
void __wrap_fetch(struct fetch_client *client, const struct fetch_request *request,
                  struct fetch_result *result)
{
    (void)client;
    *result = (struct fetch_result){.status = 200, .retry_after_ms = -1};
    result->body = request->trusted ? platform_answer(request) : stranger_answer(request);
    if (!result->body)
        abort();
    result->length = strlen(result->body);
    (void)snprintf(result->content_type, sizeof result->content_type, "application/%sjson",
                   request->trusted ? "" : "activity+");
}

/* There are no tasks here, so none that could ask too much. */
void __wrap_fetch_allow(unsigned requests);
void __wrap_fetch_allow(unsigned requests)
{
    (void)requests;
}

const struct signer *__wrap_signer_instance(struct gateway *gateway, const struct config_host *host);
const struct signer *__wrap_signer_instance(struct gateway *gateway, const struct config_host *host)
{
    static const struct signer signer = {.key_id = WORLD_BASE "/actor#main-key"};
    (void)gateway;
    (void)host;
    return &signer;
}

size_t __wrap_signer_sign_get(struct gateway *gateway, const struct signer *signer, const char *url,
                              enum get_way way, struct arena *arena, struct fetch_header *headers,
                              size_t maximum);
size_t __wrap_signer_sign_get(struct gateway *gateway, const struct signer *signer, const char *url,
                              enum get_way way, struct arena *arena, struct fetch_header *headers,
                              size_t maximum)
{
    (void)gateway, (void)signer, (void)url, (void)arena, (void)headers, (void)maximum;
    return 0;
}

/* Whoever the activity names has signed it: what a stranger may do under a name of his own. */
enum verification __wrap_verify_request(struct gateway *gateway, struct arena *arena,
                                        const struct http_request *request, const char **actor_id,
                                        const char **why);
enum verification __wrap_verify_request(struct gateway *gateway, struct arena *arena,
                                        const struct http_request *request, const char **actor_id,
                                        const char **why)
{
    struct inbound_activity activity;
    size_t length;
    const char *body = http_request_body(request, &length);
    json_t *document = json_loadb(body, length, 0, NULL);
    (void)gateway;
    if (!document || inbound_activity_read(document, arena, &activity))
        abort(); /* the inbox has read it before */
    json_decref(document);
    *actor_id = activity.actor;
    *why = "";
    return VERIFIED;
}

/* ---- the queues
 * ----------------------------------------------------------------------------------------------------- */

struct work *__wrap_work_start(struct gateway *gateway, const char *name, size_t parallel,
                               work_handler handler, void *context);
struct work *__wrap_work_start(struct gateway *gateway, const char *name, size_t parallel,
                               work_handler handler, void *context)
{
    (void)gateway, (void)name, (void)parallel;
    world.handler = handler;
    world.handler_context = context;
    return NULL;
}

void __wrap_work_kick(struct work *work);
void __wrap_work_kick(struct work *work)
{
    (void)work;
}

void __wrap_work_announce(struct gateway *gateway, const char *name);
void __wrap_work_announce(struct gateway *gateway, const char *name)
{
    (void)gateway, (void)name;
}

void __wrap_delivery_kick(struct gateway *gateway);
void __wrap_delivery_kick(struct gateway *gateway)
{
    (void)gateway;
}
