/* The whole way of activities: the body of a POST to the inbox, the limits on its JSON, who vouches for it,
 * what the inbox keeps of it, its handler, what other servers then answer, the note's text for the platform,
 * and the request to the platform.
 *
 * Input: activities one after another (each behind a byte 0x1d). Each is its body and then parts, each behind
 * a byte 0x1e, which say by their first character what they are:
 *   @ACTOR     who signed the request; else its actor did (played_network.c)
 *   +LETTERS   it carries a proof of its actor's, broken as the letters say (played_network.c)
 *   <PLACE     what is at an address (played_world.h)
 *   $FACT      what the store holds (played_world.h)
 *   else       what other servers answer, in turn */
#include <stdlib.h>
#include <string.h>

#include "gateway/domains.h"
#include "gateway/fed/handle.h"
#include "gateway/fed/in_vain.h"
#include "gateway/fed/inbox.h"
#include "gateway/fed/verify.h"
#include "gateway/http/request.h"
#include "gateway/log.h"
#include "gateway/upstream/platform.h"
#include "played_world.h"

enum { INPUT_MAX = 1 << 20, BUDGET = 8 << 20, ACTIVITIES_MAX = 4 };

static struct config config = {
    .hosts = {{.authority = (char[]){"bridge.example"}, .base = (char[]){WORLD_BASE}}}, .host_count = 1};
static struct gateway gateway = {.config = &config};
static struct platform platform = {.gateway = &gateway, .config = &config.platforms[0]};

static struct trusted_proxies *proxies;

static void open_platform(void)
{
    char error[256] = "";
    proxies = trusted_proxies_new(NULL, error, sizeof error);
    config.platforms[0] = (struct config_platform){
        .name = strdup("plaza"),
        .adapter = strdup("platform"),
        .settings = json_pack("{s:s}", "url", "https://plaza.example"),
    };
    config.platform_count = 1;
    platform.class = adapter_class_find("platform");
    platform.adapter = platform.class->open(config.platforms[0].settings, error, sizeof error);
    if (!platform.adapter)
        abort();
}

/* The parameters are libFuzzer's. NOLINTNEXTLINE(readability-non-const-parameter) */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    log_configure(false, LOG_ERROR, "fuzz");
    gateway.loop = loop_new();
    open_platform();
    inbox_start(&gateway);
    if (!domains_load(&gateway))
        abort();
    return 0;
}

static struct http_request *request_of(const char *body, size_t length)
{
    static const char head[] = "POST /u/" WORLD_AID "/inbox HTTP/1.1\r\nHost: bridge.example\r\n"
                               "Content-Type: application/activity+json\r\nContent-Length: 0\r\n\r\n";
    struct http_request *request = calloc(1, sizeof *request);
    const char *why = NULL;
    if (!request || http_head_read(&request->head, head, sizeof head - 1, &why) != 0)
        abort();
    http_request_describe(request, "192.0.2.1", proxies, "https");
    request->body = malloc(length + 1);
    if (!request->body)
        abort();
    memcpy(request->body, body, length);
    request->body[length] = '\0';
    request->body_received = length;
    return request;
}

static void receive(const char *body, size_t length)
{
    struct serving serving = {
        .gateway = &gateway,
        .request = request_of(body, length),
        .host = &config.hosts[0],
        .arena = arena_new(BUDGET),
    };
    inbox_receive(&serving, length % 2 ? WORLD_AID : NULL);
    arena_free(serving.arena);
}

static void work(work_handler handler, void *context, const char *data, size_t length)
{
    const struct work_entry entry = {
        .id = "1-1", .chain = "", .data = data, .data_length = length, .trace = "", .time = 1700000000000};
    (void)handler(context, &entry);
}

static void push(void)
{
    if (world.object_key) {
        char data[64] = "object ";
        strncat(data, world.object_key, 40);
        work(push_handle, &platform, data, strlen(data));
    }
    for (size_t i = 0; i < world.push_count; i++)
        work(push_handle, &platform, world.pushes[i], strlen(world.pushes[i]));
}

/* What a platform that shows HTML would get. */
static void sanitise(void)
{
    json_t *document = world.object_source ? json_loads(world.object_source, 0, NULL) : NULL;
    struct arena *arena = arena_new(BUDGET);
    struct inbound_note note;
    if (document && !inbound_note_read(document, NULL, arena, &note) && note.content_html)
        (void)html_sanitize(arena, note.content_html, MODEL_TEXT_MAX);
    arena_free(arena);
    json_decref(document);
}

/* The parts of one activity, each behind its 0x1e. */
static const char *read_parts(char *text)
{
    const char *how = NULL;
    for (char *part = text; part;) {
        *part++ = '\0';
        char *next = strchr(part, 0x1e);
        if (next)
            *next = '\0';
        if (*part == '@')
            world.signer = part + 1;
        else if (*part == '+')
            how = part + 1;
        else if (*part == '<')
            world_place(part + 1);
        else if (*part == '$')
            world_fact(part + 1);
        else if (world.answer_count < WORLD_ANSWERS_MAX)
            world.answers[world.answer_count++] = part;
        part = next;
    }
    return how;
}

/* The body as it is sent: with its proof, when it has one. malloc'd, or `body` itself. */
static char *prove(char *body, const char *how)
{
    json_t *proven = how && json_is_object(world.told) ? world_prove(world.told, how) : NULL;
    char *text = proven ? json_dumps(proven, JSON_COMPACT) : NULL;
    json_decref(proven);
    return text ? text : body;
}

static void play(char *text, size_t length)
{
    world_reset_activity();
    const char *parts = memchr(text, 0x1e, length);
    length = parts ? (size_t)(parts - text) : length;
    const char *how = parts ? read_parts(text + length) : NULL;
    json_t *told = json_loadb(text, length, 0, NULL);
    world.told = told;
    char *body = prove(text, how);
    world.asked = 0;
    receive(body, body == text ? length : strlen(body));
    if (world.kept)
        work(world.handler, world.handler_context, world.kept, world.kept_length);
    push();
    sanitise();
    if (body != text)
        free(body);
    json_decref(told);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size > INPUT_MAX)
        return 0;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    world_reset();
    key_cache_free(&gateway);
    in_vain_free(&gateway);
    world.stranger = size % 8 == 7;
    world.owed = size % 8 == 6;
    char *at = text;
    for (int i = 0; at && i < ACTIVITIES_MAX; i++) {
        char *end = memchr(at, 0x1d, (size_t)(text + size - at));
        if (end)
            *end = '\0';
        play(at, end ? (size_t)(end - at) : (size_t)(text + size - at));
        at = end ? end + 1 : NULL;
    }
    world_reset();
    free(text);
    return 0;
}
