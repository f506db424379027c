/* The engine of a worker with everything real but the network: store, scripts, tasks, keys, signatures,
 * rendering. */
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

static void put_post(const char *native, uint64_t revision, int64_t hold_ms, char oid[OID_LENGTH + 1])
{
    struct post post = {.id = native, .author = "u1", .revision = revision, .visibility = VISIBILITY_PUBLIC};
    enum post_outcome outcome;
    post.body.text = "hello";
    post.body.length = 5;
    post.federate = true;
    oid_make(aid, native, 0, oid);
    const struct post_change change = {.aid = aid,
                                       .oid = oid,
                                       .post = &post,
                                       .published = clock_now_ms(),
                                       .now = clock_now_ms(),
                                       .hold_ms = hold_ms};
    assert_int_equal(post_put(world.gateway.store, &change, &outcome), LOOKUP_FOUND);
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

/* ---- what must hold
 * -------------------------------------------------------------------------------------------- */

static void post_edit_delete(void)
{
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    follow("bob", false);
    follow("carol", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    assert_true(publish_post(&world.gateway, aid, oid, "t")); /* again: nothing new to say */
    put_post("p1", 2, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_true(publish_owed_delete(&world.gateway, aid, "p1", "t"));
    assert_true(publish_post_delete(&world.gateway, aid, oid, "t"));
    wait_for_posts(3);
    wait_until(nothing_left);
    assert_int_equal(world.count, 3);
    assert_sent(0, "Create", "https://m.example/inbox");
    assert_sent(1, "Update", "https://m.example/inbox");
    assert_sent(2, "Delete", "https://m.example/inbox");
    const char *why = NULL;
    char url[128];
    (void)snprintf(url, sizeof url, "https://us.example/u/%s/p/%s", aid, oid);
    json_t *ledger = ledger_query(&world.gateway, url, &why);
    assert_non_null(ledger);
    const json_t *host = json_array_get(json_object_get(ledger, "hosts"), 0);
    assert_string_equal(json_string_value(json_object_get(host, "host")), "m.example");
    assert_string_equal(json_string_value(json_object_get(host, "delete")), "accepted");
    assert_int_equal(json_integer_value(json_object_get(host, "code")), 202);
    json_decref(ledger);
    ledger = ledger_query(&world.gateway, "m.example", &why);
    assert_string_equal(json_string_value(json_object_get(ledger, "state")), "healthy");
    json_decref(ledger);
    assert_null(ledger_query(&world.gateway, "never.example", &why));
    assert_non_null(why);
    ledger = ledger_query(&world.gateway, "@alice@us.example", &why);
    assert_string_equal(json_string_value(json_object_get(ledger, "kind")), "account");
    json_decref(ledger);
    ledger = ledger_hosts(&world.gateway, "dead", &why);
    assert_int_equal(json_array_size(ledger), 0);
    json_decref(ledger);
}

static void a_post_its_edit_and_its_delete_arrive_in_order_and_once(void **state)
{
    (void)state;
    run_world(post_edit_delete);
}

static void knocks(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    world.status = 401;
    world.status_rfc9421 = 202;
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    assert_false(world.log[0].rfc9421);
    assert_true(world.log[1].rfc9421);
    assert_string_equal(world.log[0].id, world.log[1].id);
    put_post("p2", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(3);
    wait_until(nothing_left);
    assert_int_equal(world.count, 3);
    assert_true(world.log[2].rfc9421); /* remembered */
    assert_true(world.log[2].has_signature && world.log[2].has_digest);
}

static void a_refused_signature_is_tried_in_the_other_scheme_which_is_remembered(void **state)
{
    (void)state;
    run_world(knocks);
}

static bool follower_is_forgotten(void)
{
    return strcmp(ask("HLEN", "followers:aaaaaaaaaaaaa", NULL), "0") == 0;
}

static void gone_follower(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", true);
    world.status = 410;
    world.status_get = 410;
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    wait_until(follower_is_forgotten);
    assert_true(world.gets > 0);
}

static void a_follower_whose_inbox_is_gone_is_forgotten_once_its_server_confirms(void **state)
{
    (void)state;
    run_world(gone_follower);
}

static bool inbox_has_moved(void)
{
    return strstr(ask("HGET", "inboxes", "1"), "https://m.example/new-inbox") != NULL;
}

static void moved_inbox(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    world.status = 301;
    world.status_get = 200;
    world.document = "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"type\":\"Person\","
                     "\"id\":\"https://m.example/users/bob\",\"preferredUsername\":\"bob\","
                     "\"inbox\":\"https://m.example/users/bob/inbox\","
                     "\"endpoints\":{\"sharedInbox\":\"https://m.example/new-inbox\"}}";
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    wait_until(inbox_has_moved);
    world.status = 202;
    put_post("p2", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    assert_sent(0, "Create", "https://m.example/inbox");
    assert_sent(1, "Create", "https://m.example/new-inbox");
    assert_string_equal(ask("HGET", "inbox_numbers", "https://m.example/new-inbox"), "1");
    assert_string_equal(ask("HGET", "inbox_numbers", "https://m.example/inbox"), "");
    assert_string_equal(ask("ZCARD", "delays", NULL), "1");
}

static void an_inbox_that_moved_is_looked_up_and_gets_what_follows(void **state)
{
    (void)state;
    run_world(moved_inbox);
}

static bool account_is_gone(void)
{
    return strcmp(ask("HGET", "account:aaaaaaaaaaaaa", "state"), "gone") == 0;
}

static void leaves(void)
{
    char oid[OID_LENGTH + 1];
    bool moved = false;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    put_post("held", 1, 3600000, oid);
    assert_true(job_queue(&world.gateway, "leave", aid, "t"));
    assert_int_equal(
        account_set_consent(world.gateway.store, aid, CONSENT_ON, CONSENT_LEAVING, clock_now_ms(), &moved),
        LOOKUP_FOUND);
    wait_for_posts(3);
    assert_sent(1, "Delete", "https://m.example/inbox");
    assert_sent(2, "Delete", "https://m.example/inbox");
    assert_non_null(strstr(world.log[1].id, "/p/"));
    assert_null(strstr(world.log[2].id, "/p/"));
    wait_until(account_is_gone);
    wait_until(nothing_left);
    assert_int_equal(world.count, 3);
    assert_string_equal(ask("HEXISTS", "account:aaaaaaaaaaaaa", "private_key"), "0");
}

static void who_leaves_takes_each_post_back_then_the_account_and_is_gone(void **state)
{
    (void)state;
    run_world(leaves);
}

static void holds(void)
{
    char oid[OID_LENGTH + 1];
    char deleted[OID_LENGTH + 1];
    enum post_outcome outcome;
    follow("bob", false);
    put_post("p1", 1, 300, oid);
    put_post("p2", 1, 300, deleted);
    put_post("p1", 2, 300, oid); /* an edit inside the window folds into the Create */
    assert_int_equal(post_remove(world.gateway.store, aid, deleted, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_int_equal(outcome, POST_UNSEEN);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    assert_int_equal(world.count, 0);
    wait_for_posts(1);
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
    assert_sent(0, "Create", "https://m.example/inbox");
}

static void a_held_post_leaves_when_its_window_ends_and_a_deleted_one_never(void **state)
{
    (void)state;
    run_world(holds);
}

static json_t *ledger_of(const char *what)
{
    const char *why = NULL;
    json_t *ledger = ledger_query(&world.gateway, what, &why);
    assert_non_null(ledger);
    return ledger;
}

/* A name that nobody knows is no refusal: the Delete waits, and the ledger says what is wrong. */
static void nameless(void)
{
    char oid[OID_LENGTH + 1];
    char url[128];
    enum post_outcome outcome;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    world.error = FETCH_DNS;
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_true(publish_post_delete(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    (void)snprintf(url, sizeof url, "https://us.example/u/%s/p/%s", aid, oid);
    json_t *ledger = ledger_of(url);
    const json_t *host = json_array_get(json_object_get(ledger, "hosts"), 0);
    assert_string_equal(json_string_value(json_object_get(host, "delete")), "queued");
    assert_string_equal(json_string_value(json_object_get(host, "state")), "unreachable");
    assert_string_equal(json_string_value(json_object_get(host, "failure")), "dns");
    json_decref(ledger);
    ledger = ledger_of("m.example");
    assert_string_equal(json_string_value(json_object_get(ledger, "last_reason")), "dns");
    assert_string_equal(json_string_value(json_object_get(ledger, "state")), "failing");
    json_decref(ledger);
}

static void a_host_whose_name_is_unknown_is_told_apart_from_one_that_refuses(void **state)
{
    (void)state;
    run_world(nameless);
}

static bool is_on_its_way(void)
{
    return world.waiting != NULL;
}

static bool store_is_away(void)
{
    return !store_is_up(world.gateway.store);
}

static void redis_dies(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    world.slow = true;
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(is_on_its_way);
    private_redis_kill(&world.redis);
    wait_until(store_is_away);
    loop_soon(world.gateway.loop, hand_over, world.waiting);
    task_sleep(100); /* the result is told in vain */
    assert_int_equal(delivery_pending(&world.gateway), 1);
    private_redis_start(&world.redis);
    assert_true(store_wait(world.gateway.store, DEADLINE_MS));
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
    assert_int_equal(
        ask("HGET", "exposure:1:0", "1")[0] == 'd' || ask("SCARD", "exposing:1:1", NULL)[0] == '1', 1);
}

static void a_result_that_redis_could_not_take_is_told_again_and_nothing_is_sent_twice(void **state)
{
    (void)state;
    run_world(redis_dies);
}

static bool delete_waits_behind(void)
{
    struct reply *reply = store_call(world.gateway.store, "KEYS", "behind:*", (char *)NULL);
    bool waits = reply_count(reply) == 1;
    reply_free(reply);
    return waits;
}

static void delete_behind_retry(void)
{
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    world.slow = true;
    world.status = 500;
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(is_on_its_way);
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_true(publish_post_delete(&world.gateway, aid, oid, "t"));
    wait_until(delete_waits_behind);
    assert_int_equal(world.count, 1);
    world.slow = false;
    world.status = 202;
    loop_soon(world.gateway.loop, hand_over, world.waiting);
    wait_for_posts(2);
    assert_sent(1, "Delete", "https://m.example/inbox");
    assert_string_equal(ask("ZCARD", "delays", NULL), "1"); /* the Create will find that it is void */
}

static void a_delete_that_came_while_a_create_was_in_flight_does_not_wait_for_its_retry(void **state)
{
    (void)state;
    run_world(delete_behind_retry);
}

static bool lane_is_parked(void)
{
    return strcmp(ask("SCARD", "parked:1", NULL), "1") == 0;
}

static void ask_no_answer(const char *one, const char *two, const char *three, const char *four)
{
    struct arguments *arguments = arguments_new();
    const char *words[] = {one, two, three, four};
    for (size_t i = 0; i < 4 && words[i]; i++)
        arguments_text(arguments, words[i]);
    store_start(world.gateway.store, arguments, NULL, NULL);
}

static void claims_unknown(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    reply_free(
        store_call(world.gateway.store, "HSET", "host:1", "pause_until", "99999999999999", (char *)NULL));
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(lane_is_parked);
    /* As if Redis had died between a claim and its answer: it is in this worker's name, and nobody works on
     * it. All in one go, so that the engine does not come between. */
    ask_no_answer("HDEL", "host:1", "pause_until", NULL);
    ask_no_answer("ZADD", "ready", "0", "1:1");
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, world.gateway.worker_id);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, 10);
    reply_free(store_script(world.gateway.store, "delivery_claim", arguments));
    assert_string_equal(ask("HLEN", "claims:worker", NULL), "1");
    assert_int_equal(world.count, 0);
    private_redis_kill(&world.redis);
    wait_until(store_is_away);
    private_redis_start(&world.redis);
    assert_true(store_wait(world.gateway.store, DEADLINE_MS));
    wait_for_posts(1);
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
}

static void what_was_claimed_while_the_answer_was_lost_is_sent_all_the_same(void **state)
{
    (void)state;
    run_world(claims_unknown);
}

/* ---- a post that is new ---- */

static const char *post_key(const char *oid)
{
    static char key[64];
    (void)snprintf(key, sizeof key, "post:%s:%s", aid, oid);
    return key;
}

static enum post_outcome put_as(const char *native, const char *text, const char *entry,
                                const struct account_record *lately)
{
    struct arena *arena = arena_new(1 << 20);
    struct post post = {.id = native, .author = "u1", .revision = 1, .visibility = VISIBILITY_PUBLIC};
    struct account_record record;
    enum post_outcome outcome = POST_UNSEEN;
    char oid[OID_LENGTH + 1];
    post.body.text = text;
    post.body.length = strlen(text);
    post.federate = true;
    oid_make(aid, native, 0, oid);
    const struct post_change change = {.aid = aid,
                                       .oid = oid,
                                       .post = &post,
                                       .published = clock_now_ms(),
                                       .now = clock_now_ms(),
                                       .trace = "t",
                                       .queue = "work:intake:plaza",
                                       .entry = entry,
                                       .only_new = true,
                                       .account_stamp = lately ? lately->stamp : NULL};
    if (lately)
        record = *lately;
    else
        assert_int_equal(account_load(world.gateway.store, arena, aid, &record), LOOKUP_FOUND);
    assert_true(publish_new_post(&world.gateway, &record, &change, &outcome));
    arena_free(arena);
    return outcome;
}

static enum post_outcome put_new(const char *native, const char *text, const char *entry)
{
    return put_as(native, text, entry, NULL);
}

static void put_new_once(void)
{
    follow("bob", false);
    assert_int_equal(put_new("p1", "hello", NULL), POST_CREATED);
    wait_for_posts(1);
    assert_sent(0, "Create", "https://m.example/inbox");
    wait_until(nothing_left);
    assert_int_equal(put_new("p1", "hello again", NULL), POST_KNOWN);
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    oid_make(aid, "p1", 0, oid);
    assert_string_equal(ask("HGET", post_key(oid), "sent"), "1");
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_int_equal(put_new("p1", "hello from the grave", NULL), POST_KNOWN);
    assert_string_equal(ask("HGET", post_key(oid), "state"), "gone");
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
}

static void a_new_post_is_stored_and_told_once(void **state)
{
    (void)state;
    run_world(put_new_once);
}

static void put_new_late(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    assert_int_equal(put_new("p1", "hello", "1-1"), POST_STALE);
    oid_make(aid, "p1", 0, oid);
    assert_string_equal(ask("EXISTS", post_key(oid), NULL), "0");
    wait_until(nothing_left);
    assert_int_equal(world.count, 0);
}

static void what_others_have_worked_off_meanwhile_is_not_told_as_new(void **state)
{
    (void)state;
    run_world(put_new_late);
}

/* The store knows the script that queues, and is told anew of the one that stores: that runs after the other.
 */
static void put_new_in_the_wrong_order(void)
{
    follow("bob", false);
    ask_no_answer("SCRIPT", "FLUSH", NULL, NULL);
    assert_true(publish_renewal(&world.gateway, aid, "x", "t"));
    wait_for_posts(1);
    assert_int_equal(put_new("p1", "hello", NULL), POST_CREATED);
    wait_for_posts(2);
    assert_sent(1, "Create", "https://m.example/inbox");
}

static void a_new_post_is_told_when_the_store_has_forgotten_a_script(void **state)
{
    (void)state;
    run_world(put_new_in_the_wrong_order);
}

static void queue_event(const char *trace)
{
    struct arguments *arguments = arguments_new();
    const char *words[] = {"XADD", "work:intake:plaza", "*", "chain", "u1", "trace", trace};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        arguments_text(arguments, words[i]);
    reply_free(store_run(world.gateway.store, arguments));
}

/* Told behind its event, by what was known of the account before: only where it is alone and that still
 * holds. */
static void put_new_at_once(void)
{
    struct arena *arena = arena_new(1 << 20);
    struct account_record lately;
    char key[64];
    (void)snprintf(key, sizeof key, "account:%s", aid);
    follow("bob", false);
    assert_int_equal(account_load(world.gateway.store, arena, aid, &lately), LOOKUP_FOUND);
    assert_int_equal(put_as("p1", "its event is not queued", NULL, &lately), POST_KNOWN);
    queue_event("other");
    assert_int_equal(put_as("p1", "another is", NULL, &lately), POST_KNOWN);
    queue_event("t");
    assert_int_equal(put_as("p1", "another is in front of it", NULL, &lately), POST_KNOWN);
    ask("DEL", "work:intake:plaza", NULL);
    queue_event("t");
    ask_no_answer("HSET", key, "state", "paused");
    assert_int_equal(put_as("p1", "the account is paused", NULL, &lately), POST_KNOWN);
    ask_no_answer("HSET", key, "state", "on");
    ask_no_answer("HSET", key, "hold", "30000");
    assert_int_equal(put_as("p1", "its posts are held", NULL, &lately), POST_KNOWN);
    ask_no_answer("HSET", key, "hold", "0");
    assert_int_equal(put_as("p1", "all is as it was", NULL, &lately), POST_CREATED);
    wait_for_posts(1);
    wait_until(nothing_left);
    assert_int_equal(put_as("p1", "all is as it was", NULL, &lately), POST_KNOWN);
    assert_int_equal(world.count, 1);
    arena_free(arena);
}

static void a_lone_event_is_told_at_once_only_when_nothing_has_changed(void **state)
{
    (void)state;
    run_world(put_new_at_once);
}

/* ---- signed ahead ---- */

static size_t taken_ahead(void)
{
    return ahead_taken(world.gateway.delivery->ahead);
}

static void put_and_wait(const char *native)
{
    size_t count = world.count + 1;
    assert_int_equal(put_new(native, native, NULL), POST_CREATED);
    wait_for_posts(count);
    wait_until(nothing_left);
    assert_int_equal(world.count, count);
}

static void change_key(void)
{
    unsigned char *sealed = NULL;
    size_t sealed_length = 0;
    free(world.pem);
    signer_make_key(&world.gateway, &world.pem, &sealed, &sealed_length);
    assert_int_equal(account_key_next(world.gateway.store, aid, world.pem, sealed, sealed_length),
                     LOOKUP_FOUND);
    assert_int_equal(account_key_switch(world.gateway.store, aid), LOOKUP_FOUND);
    free(sealed);
}

/* That each fits what is sent, fetch_start looks at. */
static void sign_ahead(void)
{
    follow("bob", true);
    put_and_wait("p1");
    assert_int_equal(taken_ahead(), 0);
    put_and_wait("p2");
    assert_int_equal(taken_ahead(), 1);
    /* it goes elsewhere now */
    assert_true(delivery_follower_remove(&world.gateway, aid, "https://m.example/users/bob"));
    follow("eve", true);
    put_and_wait("p3");
    assert_int_equal(taken_ahead(), 1);
    put_and_wait("p4");
    assert_int_equal(taken_ahead(), 2);
    change_key();
    put_and_wait("p5");
    assert_int_equal(taken_ahead(), 2);
    put_and_wait("p6");
    assert_int_equal(taken_ahead(), 3);
}

static void what_was_signed_ahead_is_used_where_it_fits(void **state)
{
    (void)state;
    run_world(sign_ahead);
}

static bool has_risen(void)
{
    return strcmp(world.gateway.delivery->name, "worker-1") == 0 &&
           loop_monotonic_ms() < world.gateway.delivery->leased_until;
}

/* It stood still for so long that another worker took what it held: its lease is good again, but not for
 * that.
 */
static void taken_for_dead(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    world.slow = true;
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(is_on_its_way);
    struct waiting *first = world.waiting;
    assert_true(first->may_send(first->context));
    world.waiting = NULL;
    ask_no_answer("DEL", "worker:worker", "beats_grace", NULL);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "other");
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, 10);
    struct reply *reply = store_script(world.gateway.store, "delivery_beat", arguments);
    assert_int_equal(reply_number(reply), 1);
    reply_free(reply);
    wait_until(has_risen);
    assert_false(first->may_send(first->context));
    wait_until(is_on_its_way); /* it took it again, in its new name */
    assert_true(world.waiting->may_send(world.waiting->context));
    world.slow = false;
    loop_soon(world.gateway.loop, hand_over, first);
    loop_soon(world.gateway.loop, hand_over, world.waiting);
    wait_for_posts(2);
    wait_until(nothing_left);
    assert_int_equal(world.count, 2);
}

static void what_was_taken_from_a_worker_that_stood_still_it_may_not_send(void **state)
{
    (void)state;
    run_world(taken_for_dead);
}

static bool is_packed(void)
{
    return strcmp(ask("SCARD", "compactions", NULL), "0") == 0 && nothing_left();
}

static void packs(void)
{
    char oid[OID_LENGTH + 1];
    struct host_list hosts;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    wait_until(is_packed);
    assert_string_equal(ask("EXISTS", "exposing:1:1", NULL), "0");
    assert_true(exposure_of_post(&world.gateway, "1", "1", &hosts));
    assert_int_equal(hosts.count, 1);
    assert_int_equal(hosts.numbers[0], 1);
    host_list_clear(&hosts);
    /* A set too long for a field is kept once for all posts that share it. */
    for (int post = 2; post <= 3; post++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "SADD");
        arguments_format(arguments, "exposing:1:%d", post);
        for (int host = 1; host <= 4000; host += host % 3 + 1)
            arguments_number(arguments, host);
        reply_free(store_run(world.gateway.store, arguments));
        assert_true(exposure_compact(&world.gateway, "1", post == 2 ? "2" : "3"));
    }
    assert_string_equal(ask("HGET", "exposure:1:0", "2"), ask("HGET", "exposure:1:0", "3"));
    assert_string_equal(ask("HGET", "exposure_set:1", "refs"), "2");
    reply_free(store_call(world.gateway.store, "SADD", "exposing:1:3", "9000", (char *)NULL));
    assert_true(exposure_of_post(&world.gateway, "1", "3", &hosts));
    assert_int_equal(hosts.numbers[hosts.count - 1], 9000);
    host_list_clear(&hosts);
    assert_true(exposure_compact(&world.gateway, "1", "3"));
    assert_string_equal(ask("HGET", "exposure_set:1", "refs"), "1");
    assert_true(exposure_of_post(&world.gateway, "1", "3", &hosts));
    assert_int_equal(hosts.numbers[hosts.count - 1], 9000);
    host_list_clear(&hosts);
}

static void exposure_is_packed_shared_and_read_as_a_whole(void **state)
{
    (void)state;
    run_world(packs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_its_edit_and_its_delete_arrive_in_order_and_once),
        cmocka_unit_test(a_refused_signature_is_tried_in_the_other_scheme_which_is_remembered),
        cmocka_unit_test(a_follower_whose_inbox_is_gone_is_forgotten_once_its_server_confirms),
        cmocka_unit_test(an_inbox_that_moved_is_looked_up_and_gets_what_follows),
        cmocka_unit_test(who_leaves_takes_each_post_back_then_the_account_and_is_gone),
        cmocka_unit_test(a_held_post_leaves_when_its_window_ends_and_a_deleted_one_never),
        cmocka_unit_test(a_result_that_redis_could_not_take_is_told_again_and_nothing_is_sent_twice),
        cmocka_unit_test(a_delete_that_came_while_a_create_was_in_flight_does_not_wait_for_its_retry),
        cmocka_unit_test(a_new_post_is_stored_and_told_once),
        cmocka_unit_test(what_others_have_worked_off_meanwhile_is_not_told_as_new),
        cmocka_unit_test(a_new_post_is_told_when_the_store_has_forgotten_a_script),
        cmocka_unit_test(a_lone_event_is_told_at_once_only_when_nothing_has_changed),
        cmocka_unit_test(what_was_signed_ahead_is_used_where_it_fits),
        cmocka_unit_test(what_was_claimed_while_the_answer_was_lost_is_sent_all_the_same),
        cmocka_unit_test(a_host_whose_name_is_unknown_is_told_apart_from_one_that_refuses),
        cmocka_unit_test(what_was_taken_from_a_worker_that_stood_still_it_may_not_send),
        cmocka_unit_test(exposure_is_packed_shared_and_read_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
