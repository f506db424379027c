/* The whole way of verify_signature with real tasks, a real crypto pool and real keys; remote servers, the
 * store and the clock are played by this file. */
#include "../sig/vectors.h"

#include "gateway/domains.h"
#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/verify.h"

#define ALICE "https://remote.example/u/alice"
#define KEY ALICE "#main-key"

/* ---- the world outside
 * ---------------------------------------------------------------------------------------------- */

static struct {
    struct task_pool *tasks;
    struct loop *loop;
    const char *pem;        /* what alice's server shows */
    const char *cached_pem; /* what the store remembers of her; NULL: nothing */
    enum remote_outcome fetch_outcome;
    bool store_down, token_taken, as_key_document;
    int fetches, tokens;
} world;

static void describe(struct inbound_actor *out, const char *pem)
{
    *out = (struct inbound_actor){.id = ALICE,
                                  .inbox = ALICE "/inbox",
                                  .keys = {{.id = KEY, .owner = ALICE, .pem = pem}},
                                  .key_count = 1};
    if (world.as_key_document)
        out->keys[0].id = ALICE "/main-key";
}

static enum remote_outcome go_there(const char **why)
{
    world.fetches++;
    task_sleep(20);
    *why = "as the test wants it";
    return world.fetch_outcome;
}

enum remote_outcome remote_fetch(struct gateway *gateway, struct arena *arena, const char *url, json_t **out,
                                 const char **why)
{
    enum remote_outcome outcome = go_there(why);
    bool is_key = world.as_key_document && strcmp(url, ALICE "/main-key") == 0;
    if (outcome == REMOTE_OK && strcmp(url, ALICE) != 0 && !is_key)
        outcome = REMOTE_REFUSED;
    if (outcome == REMOTE_OK)
        *out = is_key ? json_pack("{ss}", "id", url) : json_pack("{ss ss}", "id", url, "inbox", "x");
    return outcome;
}

enum remote_outcome remote_actor_accept(struct gateway *gateway, struct arena *arena, const char *actor_id,
                                        const json_t *document, struct inbound_actor *out, const char **why)
{
    world.cached_pem = world.pem;
    describe(out, world.pem);
    return REMOTE_OK;
}

enum remote_outcome remote_actor(struct gateway *gateway, struct arena *arena, const char *actor_id,
                                 int64_t max_age_ms, struct inbound_actor *out, const char **why)
{
    if (max_age_ms > 0 && world.cached_pem) {
        describe(out, world.cached_pem);
        return REMOTE_OK;
    }
    enum remote_outcome outcome = go_there(why);
    if (outcome == REMOTE_OK)
        (void)remote_actor_accept(gateway, arena, actor_id, NULL, out, why);
    return outcome;
}

enum lookup remote_actor_known(struct gateway *gateway, struct arena *arena, const char *actor_id)
{
    if (world.store_down)
        return LOOKUP_DOWN;
    return world.cached_pem && strcmp(actor_id, ALICE) == 0 ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

const char *inbound_key_read(const json_t *document, struct arena *arena, struct inbound_key *out)
{
    *out = (struct inbound_key){.id = ALICE "/main-key", .owner = ALICE, .pem = world.pem};
    return NULL;
}

const char *inbound_activity_read(const json_t *document, struct arena *arena, struct inbound_activity *out)
{
    return "no test asks";
}

void id_hash(const char *text, char out[23])
{
    (void)snprintf(out, 23, "%.22s", text);
}

/* The one command: SET key_refetch:… NX. */
struct reply *store_call(struct store *store, ...)
{
    world.tokens++;
    return NULL;
}

bool reply_failed(const struct reply *reply)
{
    return world.store_down;
}

enum reply_kind reply_kind(const struct reply *reply)
{
    bool taken = world.token_taken;
    world.token_taken = true;
    return taken ? REPLY_NIL : REPLY_TEXT;
}

void reply_free(struct reply *reply) {}

enum domain_verdict domains_judge(const struct gateway *gateway, const char *url)
{
    return DOMAIN_OPEN;
}

bool local_is_ours(const struct config *config, const char *url)
{
    return strncmp(url, "https://ours.example", 20) == 0;
}

const struct config_host *config_host_find(const struct config *config, const char *authority)
{
    return NULL;
}

/* No test comes by HTTP: these are never reached. */
const char *http_request_method(const struct http_request *request)
{
    return "";
}
const char *http_request_target(const struct http_request *request)
{
    return "";
}
const char *http_request_authority(const struct http_request *request)
{
    return "";
}
const char *http_request_scheme(const struct http_request *request)
{
    return "";
}
const char *http_request_header(const struct http_request *request, const char *name)
{
    return NULL;
}
const void *http_request_body(const struct http_request *request, size_t *length)
{
    return NULL;
}

/* ---- requests
 * ------------------------------------------------------------------------------------------------------- */

static struct private_key *old_key, *new_key;
static char *old_pem, *new_pem;
static struct gateway gateway;

static int load(void **state)
{
    old_key = vectors_rsa();
    new_key = private_key_generate();
    old_pem = private_key_public_pem(old_key);
    new_pem = private_key_public_pem(new_key);
    return 0;
}

static int unload(void **state)
{
    private_key_free(old_key);
    private_key_free(new_key);
    free(old_pem);
    free(new_pem);
    return 0;
}

static int set_up(void **state)
{
    memset(&world, 0, sizeof world);
    world.loop = loop_new();
    world.tasks = task_pool_new(world.loop, 64);
    world.pem = old_pem;
    gateway = (struct gateway){.loop = world.loop, .tasks = world.tasks};
    gateway.crypto = crypto_pool_new(world.loop, 2);
    return 0;
}

static int tear_down(void **state)
{
    key_cache_free(&gateway);
    crypto_pool_free(gateway.crypto);
    task_pool_free(world.tasks);
    loop_free(world.loop);
    return 0;
}

struct visit {
    const char *key_id;
    const struct private_key *key;
    enum verification result;
    bool is_alice;
    const char *gone;
    struct arena *arena;
    struct visit *next; /* after this one */
};

static int pending;

static void visit_run(void *context)
{
    for (struct visit *visit = context; visit; visit = visit->next) {
        unsigned char value[SIGNATURE_BYTES_MAX];
        struct signature signature = {
            .key_id = visit->key_id, .value = value, .bases = {"what was signed"}, .base_count = 1};
        assert_true(private_key_sign(visit->key, signature.bases[0], strlen(signature.bases[0]), value,
                                     &signature.value_length));
        const char *actor = NULL, *why = NULL;
        visit->arena = arena_new(1 << 20);
        visit->result = verify_signature(&gateway, visit->arena, &signature, &actor, &why);
        assert_true(visit->result == VERIFIED || why);
        visit->is_alice = actor && strcmp(actor, ALICE) == 0 && visit->result == VERIFIED;
        visit->gone = visit->result == VERIFICATION_KEY_GONE ? actor : NULL;
    }
    if (--pending == 0)
        loop_stop(world.loop);
}

/* Each visit in a task of its own, all at once. */
static void run(struct visit *visits, size_t count)
{
    pending = (int)count;
    for (size_t i = 0; i < count; i++)
        assert_true(task_spawn(world.tasks, visit_run, &visits[i]));
    if (pending > 0)
        loop_run(world.loop);
}

static void release(struct visit *visits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        arena_free(visits[i].arena);
}

static enum verification one(const char *key_id, const struct private_key *key)
{
    struct visit visit = {.key_id = key_id, .key = key};
    run(&visit, 1);
    release(&visit, 1);
    assert_int_equal(visit.is_alice, visit.result == VERIFIED);
    return visit.result;
}

/* ---- tests
 * ----------------------------------------------------------------------------------------------------------
 */

static void a_stranger_is_fetched_once_and_then_known(void **state)
{
    assert_int_equal(one(KEY, old_key), VERIFIED);
    assert_int_equal(one(KEY, old_key), VERIFIED);
    assert_int_equal(world.fetches, 1);
}

static void many_requests_for_one_key_cost_one_fetch(void **state)
{
    struct visit visits[32];
    for (size_t i = 0; i < 32; i++)
        visits[i] = (struct visit){.key_id = KEY, .key = old_key};
    run(visits, 32);
    for (size_t i = 0; i < 32; i++)
        assert_true(visits[i].is_alice);
    assert_int_equal(world.fetches, 1);
    release(visits, 32);
}

static void many_requests_for_a_key_that_cannot_be_had_cost_one_fetch_too(void **state)
{
    world.fetch_outcome = REMOTE_LATER;
    struct visit visits[32];
    for (size_t i = 0; i < 32; i++)
        visits[i] = (struct visit){.key_id = KEY, .key = old_key};
    run(visits, 32);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(visits[i].result, VERIFICATION_UNAVAILABLE);
    assert_int_equal(world.fetches, 1);
    release(visits, 32);
}

static void an_actor_in_the_store_costs_no_fetch(void **state)
{
    world.cached_pem = old_pem;
    assert_int_equal(one(KEY, old_key), VERIFIED);
    assert_int_equal(world.fetches, 0);
}

static void our_own_hosts_are_never_asked(void **state)
{
    assert_int_equal(one("https://ours.example/actor#main-key", old_key), VERIFICATION_REFUSED);
    assert_int_equal(one("acct:alice@remote.example", old_key), VERIFICATION_REFUSED);
    assert_int_equal(world.fetches, 0);
}

static void a_wrong_signature_by_a_stranger_is_refused_after_one_fetch(void **state)
{
    assert_int_equal(one(KEY, new_key), VERIFICATION_REFUSED);
    assert_int_equal(world.fetches, 1);
}

static void a_changed_key_is_fetched_anew_once(void **state)
{
    world.cached_pem = old_pem;
    world.pem = new_pem;
    assert_int_equal(one(KEY, new_key), VERIFIED);
    assert_int_equal(world.fetches, 1);
    assert_int_equal(one(KEY, new_key), VERIFIED);
    assert_int_equal(one(KEY, old_key), VERIFICATION_REFUSED);
    assert_int_equal(world.fetches, 1);
}

static void requests_that_come_during_the_refetch_wait_for_its_key(void **state)
{
    world.cached_pem = old_pem;
    assert_int_equal(one(KEY, old_key), VERIFIED);
    world.pem = new_pem;
    struct visit visits[16];
    for (size_t i = 0; i < 16; i++)
        visits[i] = (struct visit){.key_id = KEY, .key = new_key};
    run(visits, 16);
    for (size_t i = 0; i < 16; i++)
        assert_true(visits[i].is_alice);
    assert_int_equal(world.fetches, 1);
    release(visits, 16);
}

static void forgeries_make_nobody_refetch_more_than_once(void **state)
{
    world.cached_pem = old_pem;
    for (int i = 0; i < 5; i++)
        assert_int_equal(one(KEY, new_key), VERIFICATION_REFUSED);
    assert_int_equal(world.fetches, 1);
    assert_int_equal(one(KEY, old_key), VERIFIED);
}

static void another_workers_refetch_is_used(void **state)
{
    world.cached_pem = old_pem;
    assert_int_equal(one(KEY, old_key), VERIFIED);
    world.cached_pem = new_pem;
    world.token_taken = true;
    assert_int_equal(one(KEY, new_key), VERIFIED);
    assert_int_equal(world.fetches, 0);
}

static void an_unlisted_key_is_refused_and_keeps_no_true_key_out(void **state)
{
    assert_int_equal(one(ALICE "#made-up", old_key), VERIFICATION_REFUSED);
    assert_int_equal(one(KEY, old_key), VERIFIED);
    assert_int_equal(one(ALICE "#made-up-again", old_key), VERIFICATION_REFUSED);
    assert_int_equal(world.fetches, 1);
}

static void a_gone_key_says_what_is_gone(void **state)
{
    world.fetch_outcome = REMOTE_GONE;
    struct visit visit = {.key_id = KEY, .key = old_key};
    run(&visit, 1);
    assert_int_equal(visit.result, VERIFICATION_KEY_GONE);
    assert_string_equal(visit.gone, ALICE);
    release(&visit, 1);
}

static void failures_have_the_answers_of_section_2_1(void **state)
{
    world.fetch_outcome = REMOTE_REFUSED;
    assert_int_equal(one(KEY, old_key), VERIFICATION_REFUSED);
    world.fetch_outcome = REMOTE_OK;
    assert_int_equal(one(KEY, old_key), VERIFICATION_REFUSED); /* remembered for a while */
    assert_int_equal(world.fetches, 1);
}

static void a_refetch_that_fails_for_a_while_is_no_refusal(void **state)
{
    world.cached_pem = old_pem;
    world.fetch_outcome = REMOTE_LATER;
    assert_int_equal(one(KEY, new_key), VERIFICATION_UNAVAILABLE);
    assert_int_equal(one(KEY, old_key), VERIFIED);
}

static void without_the_store_the_answer_is_later_and_not_remembered(void **state)
{
    world.store_down = true;
    assert_int_equal(one(KEY, old_key), VERIFICATION_UNAVAILABLE);
    assert_int_equal(world.fetches, 0);
    world.store_down = false;
    assert_int_equal(one(KEY, old_key), VERIFIED);
}

static void a_key_document_leads_to_its_owner(void **state)
{
    world.as_key_document = true;
    assert_int_equal(one(ALICE "/main-key", old_key), VERIFIED);
    assert_int_equal(world.fetches, 2);
}

static void a_key_document_newer_than_its_cached_owner_is_believed_after_asking(void **state)
{
    world.as_key_document = true;
    world.cached_pem = old_pem;
    world.pem = new_pem;
    assert_int_equal(one(ALICE "/main-key", new_key), VERIFIED);
    assert_int_equal(world.fetches, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_stranger_is_fetched_once_and_then_known),
        TEST(many_requests_for_one_key_cost_one_fetch),
        TEST(many_requests_for_a_key_that_cannot_be_had_cost_one_fetch_too),
        TEST(an_actor_in_the_store_costs_no_fetch),
        TEST(our_own_hosts_are_never_asked),
        TEST(a_wrong_signature_by_a_stranger_is_refused_after_one_fetch),
        TEST(a_changed_key_is_fetched_anew_once),
        TEST(requests_that_come_during_the_refetch_wait_for_its_key),
        TEST(forgeries_make_nobody_refetch_more_than_once),
        TEST(another_workers_refetch_is_used),
        TEST(an_unlisted_key_is_refused_and_keeps_no_true_key_out),
        TEST(a_gone_key_says_what_is_gone),
        TEST(failures_have_the_answers_of_section_2_1),
        TEST(a_refetch_that_fails_for_a_while_is_no_refusal),
        TEST(without_the_store_the_answer_is_later_and_not_remembered),
        TEST(a_key_document_leads_to_its_owner),
        TEST(a_key_document_newer_than_its_cached_owner_is_believed_after_asking),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
