/* The engine of a worker with everything real but the network: store, scripts, tasks, keys, signatures,
 * rendering. */
#ifndef DRAWBRIDGE_TESTS_ENGINE_WORLD_H
#define DRAWBRIDGE_TESTS_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../store/private_redis.h"
#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/delivery/engine.h"
#include "gateway/delivery/signing.h"
#include "gateway/fed/in_vain.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/signer.h"
#include "gateway/jobs.h"
#include "gateway/ledger/exposure.h"
#include "gateway/ledger/ledger.h"
#include "gateway/sig/digest.h"
#include "gateway/sig/signature.h"
#include "gateway/upstream/upstream.h"

enum { LOG_MAX = 64, DEADLINE_MS = 15000 };

static const char *const aid = "aaaaaaaaaaaaa";

struct post_sent {
    char url[128], type[16], id[160];
    bool rfc9421, has_signature, has_digest;
};

struct waiting;
static struct world {
    struct private_redis redis;
    struct config config;
    struct gateway gateway;
    struct post_sent log[LOG_MAX];
    size_t count;
    int status;             /* what hosts answer to a POST */
    int status_rfc9421;     /* 0: as above */
    enum fetch_error error; /* how POSTs fail instead */
    int status_get;         /* what they answer to a GET */
    const char *document;   /* the same: its body */
    size_t gets;
    bool slow; /* answers wait in `waiting` until the test lets them go */
    struct waiting *waiting;
    char *pem; /* of the account's key */
    void (*test)(void);
} world;

/* ---- the network
 * ---------------------------------------------------------------------------------------------- */

struct waiting {
    struct fetch_result result;
    bool (*may_send)(void *context);
    fetch_done done;
    void *context;
};

static void hand_over(void *context)
{
    struct waiting *waiting = context;
    waiting->done(waiting->context, &waiting->result);
    free(waiting);
}

static const char *header(const struct fetch_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static const char *header_of_request(const void *context, const char *name)
{
    return header(context, name);
}

/* Whoever gets it must find it signed by the account: this body, for this address. */
static void assert_signed(const struct fetch_request *request)
{
    struct arena *arena = arena_new(1 << 20);
    struct signature signature;
    const char *why = NULL;
    const char *host = strstr(request->url, "://") + 3;
    const char *target = host + strcspn(host, "/");
    struct signed_request asked = {.method = "POST",
                                   .scheme = "https",
                                   .authority = arena_copy(arena, host, (size_t)(target - host)),
                                   .target = target,
                                   .header = header_of_request,
                                   .context = request,
                                   .has_body = true};
    body_digest_make(request->body, request->body_length, false, &asked.body);
    assert_int_equal(signature_read(&asked, clock_now_ms() / 1000, arena, &signature, &why), SIGNATURE_READ);
    struct public_key *key = public_key_from_pem(world.pem, &why);
    assert_true(signature_check(&signature, key));
    public_key_unref(key);
    arena_free(arena);
}

void fetch_start(struct fetch_client *client, const struct fetch_request *request, fetch_done done,
                 void *context)
{
    (void)client;
    struct waiting *waiting = calloc(1, sizeof *waiting);
    json_t *body = json_loadb(request->body, request->body_length, 0, NULL);
    assert_non_null(waiting);
    assert_non_null(body);
    assert_true(world.count < LOG_MAX);
    assert_signed(request);
    struct post_sent *sent = &world.log[world.count++];
    (void)snprintf(sent->url, sizeof sent->url, "%s", request->url);
    (void)snprintf(sent->type, sizeof sent->type, "%s", json_string_value(json_object_get(body, "type")));
    (void)snprintf(sent->id, sizeof sent->id, "%s", json_string_value(json_object_get(body, "id")));
    sent->rfc9421 = header(request, "Signature-Input") != NULL;
    sent->has_signature = header(request, "Signature") != NULL;
    sent->has_digest = header(request, sent->rfc9421 ? "Content-Digest" : "Digest") != NULL;
    json_decref(body);
    waiting->result.error = world.error;
    waiting->result.status = sent->rfc9421 && world.status_rfc9421 ? world.status_rfc9421 : world.status;
    waiting->result.retry_after_ms = -1;
    waiting->done = done;
    waiting->may_send = request->may_send;
    waiting->context = context;
    if (world.slow)
        world.waiting = waiting;
    else
        loop_soon(world.gateway.loop, hand_over, waiting);
}

void fetch(struct fetch_client *client, const struct fetch_request *request, struct fetch_result *result)
{
    (void)client;
    (void)request;
    world.gets++;
    result->status = world.status_get;
    if (!world.document)
        return;
    (void)snprintf(result->content_type, sizeof result->content_type, "application/activity+json");
    result->length = strlen(world.document);
    result->body = strdup(world.document);
}

void fetch_result_clear(struct fetch_result *result)
{
    free(result->body);
}

size_t fetch_client_pending(const struct fetch_client *client)
{
    (void)client;
    return 0;
}

/* ---- the platform
 * --------------------------------------------------------------------------------------------- */

bool upstream_sweep(struct gateway *gateway, const char *platform, const char *native, const char *swept)
{
    (void)gateway;
    (void)platform;
    (void)native;
    (void)swept;
    return true;
}

bool upstream_depart(struct gateway *gateway, const char *platform, const char *native, const char *left,
                     const char *trace)
{
    (void)trace;
    return upstream_sweep(gateway, platform, native, left);
}

bool upstream_limits(struct gateway *gateway, const char *platform, struct adapter_limits *out)
{
    (void)gateway;
    (void)platform;
    (void)out;
    return false;
}

/* No account of this test speaks for anybody elsewhere. */
bool upstream_speaks(struct gateway *gateway, const char *platform, bool *out)
{
    (void)gateway;
    (void)platform;
    *out = false;
    return true;
}

enum lookup upstream_puppet_person(struct gateway *gateway, const char *platform, struct arena *arena,
                                   const char *native, const char **actor_id)
{
    (void)gateway;
    (void)platform;
    (void)arena;
    (void)native;
    *actor_id = NULL;
    return LOOKUP_ABSENT;
}

enum lookup upstream_remote_post(struct gateway *gateway, const char *platform, struct arena *arena,
                                 const char *native, const char **key)
{
    return upstream_puppet_person(gateway, platform, arena, native, key);
}

bool upstream_forget_person(struct gateway *gateway, const char *actor_id, const char *trace)
{
    (void)gateway;
    (void)actor_id;
    (void)trace;
    return true;
}

void upstream_push_kick(struct gateway *gateway, const char *platform)
{
    (void)gateway;
    (void)platform;
}

/* ---- the world
 * ------------------------------------------------------------------------------------------------ */

static void wait_until(bool (*reached)(void))
{
    int64_t deadline = loop_monotonic_ms() + DEADLINE_MS;
    while (!reached()) {
        if (loop_monotonic_ms() > deadline)
            fail_msg("it did not come to that within the time");
        task_sleep(5);
    }
}

static size_t wanted;
static bool enough_sent(void)
{
    return world.count >= wanted && delivery_pending(&world.gateway) == 0;
}

static void wait_for_posts(size_t count)
{
    wanted = count;
    wait_until(enough_sent);
}

static const char *ask(const char *one, const char *two, const char *three)
{
    static char answers[8][256];
    static size_t next;
    char *answer = answers[next++ % 8];
    struct reply *reply = store_call(world.gateway.store, one, two, three, (char *)NULL);
    if (reply_kind(reply) == REPLY_NUMBER)
        (void)snprintf(answer, sizeof answers[0], "%lld", (long long)reply_number(reply));
    else
        (void)snprintf(answer, sizeof answers[0], "%s", reply_text(reply));
    reply_free(reply);
    return answer;
}

static void ask_no_answer(const char *one, const char *two, const char *three, const char *four)
{
    struct arguments *arguments = arguments_new();
    const char *words[] = {one, two, three, four};
    for (size_t i = 0; i < 4 && words[i]; i++)
        arguments_text(arguments, words[i]);
    store_start(world.gateway.store, arguments, NULL, NULL);
}

static struct post post_of(const char *native, uint64_t revision, const char *text)
{
    struct post post = {.id = native, .author = "u1", .revision = revision, .visibility = VISIBILITY_PUBLIC};
    post.body.text = text;
    post.body.length = strlen(text);
    post.federate = true;
    return post;
}

static bool nothing_left(void)
{
    struct reply *reply = store_call(world.gateway.store, "KEYS", "activity:*", (char *)NULL);
    bool nothing = reply_count(reply) == 0;
    reply_free(reply);
    return nothing;
}

static void make_account(void)
{
    char *pem = NULL;
    unsigned char *sealed = NULL;
    size_t sealed_length = 0;
    signer_make_key(&world.gateway, &pem, &sealed, &sealed_length);
    assert_non_null(pem);
    struct account account = {.id = "u1", .handle = "alice", .name = "Alice", .revision = 1};
    account.bio.text = "";
    struct account_creation creation = {.aid = aid,
                                        .platform = "plaza",
                                        .host = "us.example",
                                        .name = "alice",
                                        .name_on_collision = "alice_a",
                                        .account = &account,
                                        .public_key_pem = pem,
                                        .private_key_sealed = sealed,
                                        .private_key_sealed_length = sealed_length,
                                        .now = clock_now_ms()};
    char got[AID_LENGTH + 1];
    bool created = false;
    assert_int_equal(account_create(world.gateway.store, &creation, got, &created), LOOKUP_FOUND);
    assert_true(created);
    world.pem = pem;
    free(sealed);
}

static void follow(const char *name, bool own)
{
    char actor[128];
    char inbox[160];
    (void)snprintf(actor, sizeof actor, "https://m.example/users/%s", name);
    (void)snprintf(inbox, sizeof inbox, "%s/inbox", actor);
    assert_true(delivery_follower_add(&world.gateway, aid, actor, "https://m.example/f/1", inbox,
                                      own ? NULL : "https://m.example/inbox"));
}

static void assert_sent(size_t at, const char *type, const char *url)
{
    assert_true(at < world.count);
    assert_string_equal(world.log[at].type, type);
    assert_string_equal(world.log[at].url, url);
    assert_true(world.log[at].has_signature);
    assert_true(world.log[at].has_digest);
}

static void test_task(void *context)
{
    (void)context;
    assert_true(store_wait(world.gateway.store, DEADLINE_MS));
    make_account();
    world.test();
    world.gateway.stopping = true;
    loop_stop(world.gateway.loop);
}

static void run_world(void (*test)(void))
{
    struct gateway *gateway = &world.gateway;
    char error[128];
    world = (struct world){.status = 202, .status_get = 404, .test = test};
    private_redis_new(&world.redis, NULL);
    static char authority[] = "us.example";
    static char base[] = "https://us.example";
    world.config = (struct config){.public_url = base, .host_count = 1};
    world.config.hosts[0] = (struct config_host){.authority = authority, .base = base};
    gateway->config = &world.config;
    memcpy(gateway->worker_id, "worker", 7);
    gateway->loop = loop_new();
    gateway->tasks = task_pool_new(gateway->loop, 256);
    gateway->crypto = crypto_pool_new(gateway->loop, 1);
    gateway->store = store_new(gateway->loop, world.redis.url, error, sizeof error);
    assert_non_null(gateway->store);
    assert_true(task_spawn(gateway->tasks, test_task, NULL));
    delivery_start(gateway);
    jobs_start(gateway);
    loop_run(gateway->loop);
    while (task_pool_count(gateway->tasks)) { /* the rest of them sees that all is stopping */
        loop_soon(gateway->loop, (loop_callback)loop_stop, gateway->loop);
        loop_run(gateway->loop);
    }
    jobs_free(gateway);
    delivery_free(gateway);
    free(world.pem);
    in_vain_free(gateway);
    signers_free(gateway);
    store_free(gateway->store);
    crypto_pool_free(gateway->crypto);
    task_pool_free(gateway->tasks);
    loop_free(gateway->loop);
    private_redis_free(&world.redis);
}

#endif
