/* Signers with real keys and a real crypto pool; the store is one value that this file keeps. */
#include "../sig/vectors.h"

#include "gateway/fed/signer.h"
#include "gateway/store/accounts.h"
#include "mapping/ids.h"

#include <time.h>

/* ---- the store
 * ------------------------------------------------------------------------------------------------------ */

struct reply {
    const unsigned char *bytes;
    size_t length;
};

struct arguments {
    const unsigned char *bytes;
    size_t length;
};

static struct {
    unsigned char value[8192];
    size_t length;
    bool down, absent_account;
    int reads, writes, loads;
    int64_t generation;
    unsigned char *sealed;
    size_t sealed_length;
    char *pem;
} store;

struct reply *store_call(struct store *unused, ...)
{
    static struct reply reply;
    store.reads++;
    reply = (struct reply){store.value, store.length};
    return &reply;
}

static struct arguments written;

struct arguments *arguments_new(void)
{
    return &written;
}

void arguments_text(struct arguments *arguments, const char *text) {}

void arguments_bytes(struct arguments *arguments, const void *bytes, size_t length)
{
    arguments->bytes = bytes;
    arguments->length = length;
}

/* SET … NX */
struct reply *store_run(struct store *unused, struct arguments *arguments)
{
    store.writes++;
    if (store.length == 0) {
        memcpy(store.value, arguments->bytes, arguments->length);
        store.length = arguments->length;
    }
    return NULL;
}

bool reply_failed(const struct reply *reply)
{
    return store.down;
}

enum reply_kind reply_kind(const struct reply *reply)
{
    return reply->length > 0 ? REPLY_TEXT : REPLY_NIL;
}

const char *reply_bytes(const struct reply *reply, size_t *length)
{
    *length = reply->length;
    return (const char *)reply->bytes;
}

void reply_free(struct reply *reply) {}

enum lookup account_load(struct store *unused, struct arena *arena, const char *aid,
                         struct account_record *out)
{
    store.loads++;
    *out = (struct account_record){.aid = aid,
                                   .host = "bridge.example",
                                   .public_key_pem = store.pem,
                                   .key_generation = store.generation,
                                   .private_key_sealed = (const char *)store.sealed,
                                   .private_key_sealed_length = store.sealed_length};
    return store.down ? LOOKUP_DOWN : store.absent_account ? LOOKUP_ABSENT : LOOKUP_FOUND;
}

const char *url_actor(struct arena *arena, const char *base, const char *aid)
{
    return arena_format(arena, "%s/u/%s", base, aid);
}

static char authority[] = "bridge.example", base[] = "https://bridge.example";
static const struct config_host bridge = {.authority = authority, .base = base};

const struct config_host *config_host_find(const struct config *config, const char *host)
{
    return strcmp(host, bridge.authority) == 0 ? &bridge : NULL;
}

/* ---- running a test in a task
 * --------------------------------------------------------------------------------------- */

static struct gateway gateway;
static struct config config = {.key_secret = "a secret of thirty-two bytes..."};
static void (*body)(void);
static bool ended;

static void run_body(void *context)
{
    body();
    ended = true;
    loop_stop(gateway.loop);
}

static void in_a_task(void (*test)(void))
{
    body = test;
    ended = false;
    assert_true(task_spawn(gateway.tasks, run_body, NULL));
    if (!ended)
        loop_run(gateway.loop);
}

static int set_up(void **state)
{
    free(store.sealed);
    memset(&store, 0, sizeof store);
    gateway = (struct gateway){.config = &config, .loop = loop_new()};
    gateway.tasks = task_pool_new(gateway.loop, 8);
    gateway.crypto = crypto_pool_new(gateway.loop, 2);
    return 0;
}

static int tear_down(void **state)
{
    signers_free(&gateway);
    crypto_pool_free(gateway.crypto);
    task_pool_free(gateway.tasks);
    loop_free(gateway.loop);
    free(store.sealed);
    store.sealed = NULL;
    return 0;
}

/* ---- tests
 * ----------------------------------------------------------------------------------------------------------
 */

static void instance(void)
{
    const struct signer *first = signer_instance(&gateway, &bridge);
    assert_non_null(first);
    assert_string_equal(first->key_id, "https://bridge.example/actor#main-key");
    int reads = store.reads;
    assert_ptr_equal(signer_instance(&gateway, &bridge), first);
    assert_int_equal(store.reads, reads);
    char *pem = strdup(first->public_key_pem);
    signers_free(&gateway);
    /* a worker that starts later, or another one: the same key */
    const struct signer *later = signer_instance(&gateway, &bridge);
    assert_string_equal(later->public_key_pem, pem);
    free(pem);
}

static void an_instance_key_is_made_once_and_kept(void **state)
{
    in_a_task(instance);
}

enum { AT_ONCE = 6 };
static int waiting;

static void one_of_many(void *context)
{
    assert_non_null(signer_instance(&gateway, &bridge));
    if (--waiting == 0)
        loop_stop(gateway.loop);
}

static void requests_at_once_make_one_instance_key(void **state)
{
    waiting = AT_ONCE;
    for (int i = 0; i < AT_ONCE; i++)
        assert_true(task_spawn(gateway.tasks, one_of_many, NULL));
    loop_run(gateway.loop);
    assert_int_equal(store.writes, 1);
}

static void down(void)
{
    store.down = true;
    assert_null(signer_instance(&gateway, &bridge));
    assert_null(signer_account(&gateway, "abcdefghijklm", 0));
    store.down = false;
    assert_non_null(signer_instance(&gateway, &bridge));
}

static void without_the_store_there_is_no_signer_for_now(void **state)
{
    in_a_task(down);
}

static void account(void)
{
    char *pem;
    signer_make_key(&gateway, &pem, &store.sealed, &store.sealed_length);
    const struct signer *signer = signer_account(&gateway, "abcdefghijklm", 0);
    assert_non_null(signer);
    assert_string_equal(signer->key_id, "https://bridge.example/u/abcdefghijklm#main-key");
    assert_string_equal(signer->public_key_pem, pem);
    assert_ptr_equal(signer_account(&gateway, "abcdefghijklm", 0), signer);
    assert_int_equal(store.loads, 1);
    store.absent_account = true;
    assert_null(signer_account(&gateway, "mlkjihgfedcba", 0));
    store.absent_account = false;
    store.sealed[20] ^= 1;
    assert_null(signer_account(&gateway, "mlkjihgfedcba", 0));
    free(pem);
}

static void an_accounts_key_is_opened_once(void **state)
{
    in_a_task(account);
}

static void changed(void)
{
    signer_make_key(&gateway, &store.pem, &store.sealed, &store.sealed_length);
    const struct signer *signer = signer_account(&gateway, "abcdefghijklm", 0);
    assert_int_equal(store.loads, 1);
    /* its key was changed, and who holds the old one may still use it */
    char *old = store.pem;
    free(store.sealed);
    signer_make_key(&gateway, &store.pem, &store.sealed, &store.sealed_length);
    store.generation = 1;
    assert_ptr_equal(signer_account(&gateway, "abcdefghijklm", 0), signer);
    store.down = true;
    assert_null(signer_account(&gateway, "abcdefghijklm", 1));
    store.down = false;
    const struct signer *newer = signer_account(&gateway, "abcdefghijklm", 1);
    assert_string_equal(newer->public_key_pem, store.pem);
    assert_string_equal(signer->public_key_pem, old);
    assert_int_equal(store.loads, 3);
    /* what was claimed before the change is signed by the key of now */
    assert_ptr_equal(signer_account(&gateway, "abcdefghijklm", 0), newer);
    assert_ptr_equal(signer_account(&gateway, "abcdefghijklm", 1), newer);
    unsigned char value[SIGNATURE_BYTES_MAX];
    size_t length;
    assert_true(private_key_sign(signer->key, "x", 1, value, &length));
    free(old);
    free(store.pem);
}

static void a_key_that_was_changed_is_taken_up(void **state)
{
    in_a_task(changed);
}

static const char *get_header(const void *context, const char *name)
{
    const struct fetch_header *headers = context;
    for (size_t i = 0; i < 2; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return headers[i].value;
    return NULL;
}

static void get(void)
{
    struct arena *arena = arena_new(1 << 20);
    struct fetch_header headers[5];
    const struct signer *signer = signer_instance(&gateway, &bridge);
    assert_int_equal(signer_sign_get(&gateway, signer, "ftp://x.example/", GET_CAVAGE, arena, headers, 5), 0);
    assert_int_equal(signer_sign_get(&gateway, signer, "https://x.example/", GET_CAVAGE, arena, headers, 2),
                     0);
    assert_int_equal(
        signer_sign_get(&gateway, signer, "https://x.example/a?b", GET_CAVAGE, arena, headers, 5), 2);
    struct signed_request request = {.method = "GET",
                                     .scheme = "https",
                                     .authority = "x.example",
                                     .target = "/a?b",
                                     .header = get_header,
                                     .context = headers};
    struct signature signature;
    const char *why = NULL;
    assert_int_equal(signature_read(&request, (int64_t)time(NULL), arena, &signature, &why), SIGNATURE_READ);
    struct public_key *key = public_key_from_pem(signer->public_key_pem, &why);
    assert_true(signature_check(&signature, key));
    public_key_unref(key);
    arena_free(arena);
}

static void a_signed_get_verifies(void **state)
{
    in_a_task(get);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_instance_key_is_made_once_and_kept),        TEST(requests_at_once_make_one_instance_key),
        TEST(without_the_store_there_is_no_signer_for_now), TEST(an_accounts_key_is_opened_once),
        TEST(a_key_that_was_changed_is_taken_up),           TEST(a_signed_get_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
