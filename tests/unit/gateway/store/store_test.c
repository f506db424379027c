#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/store/safety.h"
#include "gateway/store/store_private.h"
#include "private_redis.h"

enum { UP_MS = 10000 };

struct world {
    struct loop *loop;
    struct task_pool *tasks;
    struct private_redis redis;
    struct store *store;
    void (*body)(struct world *world);
    int heard, gaps, done;
    char last[32];
    struct task *listener;
};

static int begin(void **state, const char *password)
{
    static struct world world;
    world = (struct world){0};
    (void)signal(SIGPIPE, SIG_IGN);
    world.loop = loop_new();
    world.tasks = task_pool_new(world.loop, 100);
    private_redis_new(&world.redis, password);
    *state = &world;
    return 0;
}

static int setup(void **state)
{
    return begin(state, NULL);
}

static int setup_with_password(void **state)
{
    return begin(state, "a:b@c/d");
}

static int teardown(void **state)
{
    struct world *world = *state;
    store_free(world->store);
    task_pool_free(world->tasks);
    loop_free(world->loop);
    private_redis_free(&world->redis);
    return 0;
}

static void run_body(void *context)
{
    struct world *world = context;
    world->body(world);
    loop_stop(world->loop);
}

static void run_at(struct world *world, const char *url, void (*body)(struct world *world))
{
    char error[128] = "";
    world->store = store_new(world->loop, url, error, sizeof error);
    assert_non_null(world->store);
    world->body = body;
    assert_true(task_spawn(world->tasks, run_body, world));
    loop_run(world->loop);
}

static void run(struct world *world, void (*body)(struct world *world))
{
    run_at(world, world->redis.url, body);
}

static void expect_text(struct world *world, const char *key, const char *expected)
{
    struct reply *reply = store_call(world->store, "GET", key, (char *)NULL);
    assert_int_equal(reply_kind(reply), REPLY_TEXT);
    assert_string_equal(reply_text(reply), expected);
    reply_free(reply);
}

static void set_text(struct world *world, const char *key, const char *value)
{
    struct reply *reply = store_call(world->store, "SET", key, value, (char *)NULL);
    assert_string_equal(reply_text(reply), "OK");
    reply_free(reply);
}

/* ---- commands and replies */

static void all_kinds_body(struct world *world)
{
    assert_false(store_is_up(world->store));
    assert_true(store_wait(world->store, UP_MS));
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_format(arguments, "hash:%d", 7);
    arguments_text(arguments, "bytes");
    arguments_bytes(arguments, "a\0\r\nb", 5);
    arguments_text(arguments, "number");
    arguments_number(arguments, INT64_MIN);
    arguments_text(arguments, "empty");
    arguments_text(arguments, NULL);
    struct reply *reply = store_run(world->store, arguments);
    assert_int_equal(reply_kind(reply), REPLY_NUMBER);
    assert_int_equal(reply_number(reply), 3);
    reply_free(reply);

    reply = store_call(world->store, "HGETALL", "hash:7", (char *)NULL);
    assert_int_equal(reply_kind(reply), REPLY_LIST);
    assert_int_equal(reply_count(reply), 6);
    size_t length = 0;
    assert_memory_equal(reply_bytes(reply_at(reply, 1), &length), "a\0\r\nb", 5);
    assert_int_equal(length, 5);
    assert_string_equal(reply_field(reply, "number"), "-9223372036854775808");
    assert_true(reply_number(reply_at(reply, 3)) == INT64_MIN);
    assert_string_equal(reply_field(reply, "empty"), "");
    assert_null(reply_field(reply, "absent"));
    assert_int_equal(reply_kind(reply_at(reply, 6)), REPLY_NIL);
    reply_free(reply);

    reply = store_call(world->store, "GET", "nothing", (char *)NULL);
    assert_int_equal(reply_kind(reply), REPLY_NIL);
    assert_false(reply_failed(reply));
    assert_string_equal(reply_text(reply), "");
    reply_free(reply);

    reply = store_call(world->store, "LPUSH", "hash:7", "x", (char *)NULL);
    assert_int_equal(reply_kind(reply), REPLY_ERROR);
    assert_true(reply_failed(reply));
    assert_non_null(strstr(reply_text(reply), "WRONGTYPE"));
    reply_free(reply);
}

static void every_kind_of_reply_comes_back_binary_safe(void **state)
{
    run(*state, all_kinds_body);
}

static void nesting_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    struct reply *reply =
        store_call(world->store, "EVAL", "return {1,{2,{3,{4,{'deep'}}}}}", "0", (char *)NULL);
    const struct reply *inner = reply;
    for (int i = 0; i < 4; i++)
        inner = reply_at(inner, 1);
    assert_string_equal(reply_text(reply_at(inner, 0)), "deep");
    reply_free(reply);
    reply = store_call(world->store, "EVAL", "return {{{{{{{{{{1}}}}}}}}}}", "0", (char *)NULL);
    assert_true(reply_failed(reply));
    reply_free(reply);
    assert_true(store_wait(world->store, UP_MS));
    set_text(world, "after", "well");
}

static void lists_nested_too_deep_are_refused_and_the_store_recovers(void **state)
{
    run(*state, nesting_body);
}

static void too_long_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    char *big = calloc(1, 5 << 20);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SET");
    arguments_text(arguments, "big");
    arguments_bytes(arguments, big, 5 << 20);
    free(big);
    struct reply *reply = store_run(world->store, arguments);
    assert_int_equal(reply_kind(reply), REPLY_ERROR);
    reply_free(reply);
    reply = store_call(world->store, "EXISTS", "big", (char *)NULL);
    assert_int_equal(reply_number(reply), 0);
    reply_free(reply);
}

static void arguments_of_more_than_four_mebibytes_are_not_sent(void **state)
{
    run(*state, too_long_body);
}

static void note_done(void *context, const struct reply *reply)
{
    struct world *world = context;
    world->done++;
    (void)snprintf(world->last, sizeof world->last, "%d", (int)reply_kind(reply));
}

static void start_body(struct world *world)
{
    for (int up = 0; up < 2; up++) {
        world->done = 0;
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "PING");
        store_start(world->store, arguments, note_done, world);
        store_script_start(world->store, "no-such-script", arguments_new(), note_done, world);
        assert_int_equal(world->done, 0);
        while (world->done < 2)
            task_sleep(1);
        assert_true(store_wait(world->store, UP_MS));
    }
}

static void done_comes_later_than_the_call_up_or_down(void **state)
{
    run(*state, start_body);
}

static void free_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    for (int i = 0; i < 3; i++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "PING");
        store_start(world->store, arguments, note_done, world);
    }
    store_free(world->store);
    world->store = NULL;
    assert_int_equal(world->done, 3);
    assert_int_equal(atoi(world->last), REPLY_DOWN);
}

static void what_is_unanswered_hears_down_when_the_store_is_freed(void **state)
{
    run(*state, free_body);
}

/* ---- scripts */

static int64_t take_lease(struct world *world, const char *worker)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "test");
    arguments_text(arguments, worker);
    arguments_text(arguments, "60000");
    arguments_text(arguments, "1");
    struct reply *reply = store_script(world->store, "lease", arguments);
    int64_t number = reply_kind(reply) == REPLY_NUMBER ? reply_number(reply) : -1;
    reply_free(reply);
    return number;
}

static void script_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    assert_int_equal(take_lease(world, "one"), 1);
    assert_int_equal(take_lease(world, "two"), 0);
    reply_free(store_call(world->store, "SCRIPT", "FLUSH", (char *)NULL));
    assert_int_equal(take_lease(world, "one"), 1);
    reply_free(store_call(world->store, "SET", "lease:test", "two", (char *)NULL));
    assert_int_equal(take_lease(world, "two"), 1);
    struct reply *reply = store_script(world->store, "no-such-script", arguments_new());
    assert_int_equal(reply_kind(reply), REPLY_ERROR);
    reply_free(reply);
}

static void scripts_are_loaded_when_redis_does_not_know_them(void **state)
{
    run(*state, script_body);
}

/* ---- Redis goes and comes */

static void kill_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    set_text(world, "kept", "yes");
    assert_int_equal(take_lease(world, "one"), 1);
    for (int round = 0; round < 3; round++) {
        private_redis_kill(&world->redis);
        while (store_is_up(world->store))
            task_sleep(1);
        int64_t before = loop_monotonic_ms();
        struct reply *reply = store_call(world->store, "GET", "kept", (char *)NULL);
        assert_int_equal(reply_kind(reply), REPLY_DOWN);
        assert_true(reply_failed(reply));
        reply_free(reply);
        assert_int_equal(take_lease(world, "one"), -1);
        assert_true(loop_monotonic_ms() - before < 1000);
        assert_false(store_wait(world->store, 60));
        private_redis_start(&world->redis);
        assert_true(store_wait(world->store, UP_MS));
        expect_text(world, "kept", "yes");
        assert_int_equal(take_lease(world, "one"), 1); /* the new server had never seen the script */
    }
}

static void after_kill_minus_nine_of_redis_the_store_recovers(void **state)
{
    run(*state, kill_body);
}

static void kill_with_flights_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    (void)kill(world->redis.process, SIGSTOP);
    for (int i = 0; i < 100; i++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "INCR");
        arguments_text(arguments, "n");
        store_start(world->store, arguments, note_done, world);
    }
    private_redis_kill(&world->redis);
    while (world->done < 100)
        task_sleep(1);
    assert_int_equal(atoi(world->last), REPLY_DOWN);
    private_redis_start(&world->redis);
    assert_true(store_wait(world->store, UP_MS));
    set_text(world, "n", "1");
}

static void commands_in_flight_hear_down_when_redis_is_killed(void **state)
{
    run(*state, kill_with_flights_body);
}

static void hang_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    connection_set_deadline(world->store->commands, 300);
    (void)kill(world->redis.process, SIGSTOP);
    int64_t before = loop_monotonic_ms();
    struct reply *reply = store_call(world->store, "GET", "x", (char *)NULL);
    int64_t took = loop_monotonic_ms() - before;
    assert_int_equal(reply_kind(reply), REPLY_DOWN);
    reply_free(reply);
    assert_true(took >= 290 && took < 5000);
    assert_false(store_is_up(world->store));
    (void)kill(world->redis.process, SIGCONT);
    connection_set_deadline(world->store->commands, 10000);
    assert_true(store_wait(world->store, UP_MS));
    set_text(world, "x", "1");
}

static void a_redis_that_hangs_is_given_up_after_the_deadline(void **state)
{
    run(*state, hang_body);
}

static void asks_again(void *context, const struct reply *reply)
{
    struct world *world = context;
    if (reply_kind(reply) != REPLY_DOWN || world->done++)
        return;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "PING");
    store_start(world->store, arguments, note_done, world);
    assert_int_equal(world->done, 1);
}

static void asking_in_callbacks_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    (void)kill(world->redis.process, SIGSTOP);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "PING");
    store_start(world->store, arguments, asks_again, world);
    private_redis_kill(&world->redis);
    while (world->done < 2)
        task_sleep(1);
    assert_int_equal(atoi(world->last), REPLY_DOWN);
}

static void who_hears_that_the_store_went_down_may_ask_again(void **state)
{
    run(*state, asking_in_callbacks_body);
}

/* ---- messages */

static void note_message(void *context, const char *message)
{
    struct world *world = context;
    if (message)
        (void)snprintf(world->last, sizeof world->last, "%s", message);
    if (message)
        world->heard++;
    else
        world->gaps++;
}

static void await(const int *counter, int value)
{
    while (*counter < value)
        task_sleep(1);
    assert_int_equal(*counter, value);
}

static void message_body(struct world *world)
{
    store_listen(world->store, "here", note_message, world);
    assert_true(store_wait(world->store, UP_MS));
    await(&world->gaps, 1);
    store_tell(world->store, "elsewhere", "no");
    store_tell(world->store, "here", "hello");
    await(&world->heard, 1);
    assert_string_equal(world->last, "hello");
    store_listen(world->store, "there", note_message, world);
    await(&world->gaps, 2);
    store_tell(world->store, "there", "too");
    await(&world->heard, 2);

    private_redis_kill(&world->redis);
    while (store_is_up(world->store))
        task_sleep(1);
    private_redis_start(&world->redis);
    assert_true(store_wait(world->store, UP_MS));
    await(&world->gaps, 4); /* once for each channel */
    store_tell(world->store, "here", "again");
    await(&world->heard, 3);
    assert_string_equal(world->last, "again");
}

static void listeners_hear_messages_and_are_told_of_the_gap(void **state)
{
    run(*state, message_body);
}

static void hanging_messages_body(struct world *world)
{
    store_listen(world->store, "here", note_message, world);
    assert_true(store_wait(world->store, UP_MS));
    await(&world->gaps, 1);
    listening_set_heartbeat(world->store->listening, 50);
    task_sleep(250); /* heartbeats pass: nothing is lost, and nothing is told */
    assert_int_equal(world->gaps, 1);
    store_tell(world->store, "here", "still");
    await(&world->heard, 1);
    (void)kill(world->redis.process, SIGSTOP);
    task_sleep(250);
    (void)kill(world->redis.process, SIGCONT);
    while (world->gaps < 2)
        task_sleep(1);
}

static void listening_is_renewed_when_redis_hangs_and_only_then(void **state)
{
    run(*state, hanging_messages_body);
}

/* ---- changes of keys */

static void note_change(void *context, const char *key)
{
    struct world *world = context;
    if (!key) {
        world->gaps++;
        return;
    }
    world->heard++;
    (void)snprintf(world->last, sizeof world->last, "%s", key);
}

static void set(struct world *world, const char *key)
{
    struct reply *reply = store_call(world->store, "SET", key, "1", (char *)NULL);
    assert_false(reply_failed(reply));
    reply_free(reply);
}

static void change_body(struct world *world)
{
    static const char *const prefixes[] = {"watched:", "seen:", NULL};
    store_watch(world->store, prefixes, note_change, world);
    assert_true(store_wait(world->store, UP_MS));
    await(&world->gaps, 1);
    assert_true(store_is_watching(world->store));
    set(world, "other:1");
    set(world, "watched:1");
    await(&world->heard, 1);
    assert_string_equal(world->last, "watched:1");
    set(world, "seen:2");
    await(&world->heard, 2);
    assert_string_equal(world->last, "seen:2");

    private_redis_kill(&world->redis);
    await(&world->gaps, 2);
    assert_false(store_is_watching(world->store));
    private_redis_start(&world->redis);
    await(&world->gaps, 3);
    assert_true(store_is_watching(world->store));
    assert_true(store_wait(world->store, UP_MS));
    set(world, "watched:3");
    await(&world->heard, 3);
    assert_string_equal(world->last, "watched:3");
}

static void changes_of_watched_keys_are_told_and_so_are_gaps(void **state)
{
    run(*state, change_body);
}

/* ---- addresses, credentials, safety */

static void password_body(struct world *world)
{
    assert_false(store_wait(world->store, 500));
}

static void without_the_password_the_store_stays_away(void **state)
{
    run(*state, password_body);
}

static void right_password_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    set_text(world, "may", "write");
}

static void with_the_password_the_store_comes_up(void **state)
{
    struct world *world = *state;
    char url[160];
    (void)snprintf(url, sizeof url, "unix://default:a%%3Ab%%40c%%2fd@%s", world->redis.socket);
    run_at(world, url, right_password_body);
}

static void check_address(const char *url, const char *host, const char *path, const char *user,
                          const char *password, int port, int database)
{
    struct store_address address;
    char error[128] = "";
    assert_true(store_address_read(url, &address, error, sizeof error));
    const char *expected[] = {host, path, user, password};
    const char *found[] = {address.host, address.path, address.user, address.password};
    for (int i = 0; i < 4; i++) {
        assert_true(!expected[i] == !found[i]);
        if (expected[i])
            assert_string_equal(found[i], expected[i]);
    }
    assert_int_equal(address.port, port);
    assert_int_equal(address.database, database);
    store_address_clear(&address);
}

static void urls_of_every_form_are_understood(void **state)
{
    (void)state;
    check_address("redis://127.0.0.1", "127.0.0.1", NULL, NULL, NULL, 6379, 0);
    check_address("redis://redis.lan:7000/", "redis.lan", NULL, NULL, NULL, 7000, 0);
    check_address("redis://:p%40ss@h:1/15", "h", NULL, NULL, "p@ss", 1, 15);
    check_address("redis://me:a@b@[::1]:7000/2", "::1", NULL, "me", "a@b", 7000, 2);
    check_address("unix:///run/redis.sock", NULL, "/run/redis.sock", NULL, NULL, 6379, 0);
    check_address("unix://:p%2fw@/run/redis.sock", NULL, "/run/redis.sock", NULL, "p/w", 6379, 0);
    check_address("unix:///run/redis.sock?db=3", NULL, "/run/redis.sock", NULL, NULL, 6379, 3);
}

static void broken_urls_are_refused_without_repeating_them(void **state)
{
    (void)state;
    const char *urls[] = {"",
                          "http://secret",
                          "rediss://secret",
                          "redis://",
                          "redis://:secret@",
                          "redis://secret:port",
                          "redis://secret:99999",
                          "redis://secret/x",
                          "redis://secret?x=1",
                          "redis://[secret",
                          "redis://[::1]secret",
                          "unix://secret",
                          "unix:///secret?x=1"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        char error[128] = "";
        struct store_address address;
        assert_false(store_address_read(urls[i], &address, error, sizeof error));
        assert_true(strlen(error) > 20);
        assert_null(strstr(error, "secret"));
    }
}

static void database_body(struct world *world)
{
    assert_true(store_wait(world->store, UP_MS));
    set_text(world, "in", "five");
    struct reply *reply = store_call(world->store, "CLIENT", "INFO", (char *)NULL);
    assert_non_null(strstr(reply_text(reply), " db=5 "));
    reply_free(reply);
}

static void the_database_of_the_url_is_selected(void **state)
{
    struct world *world = *state;
    char url[160];
    (void)snprintf(url, sizeof url, "%s?db=5", world->redis.url);
    run_at(world, url, database_body);
}

static void set_config(struct world *world, const char *name, const char *value)
{
    struct reply *reply = store_call(world->store, "CONFIG", "SET", name, value, (char *)NULL);
    assert_string_equal(reply_text(reply), "OK");
    reply_free(reply);
}

static void safety_body(struct world *world)
{
    struct store_safety safety;
    assert_false(store_check_safety(world->store, &safety));
    assert_true(store_wait(world->store, UP_MS));
    assert_true(store_check_safety(world->store, &safety));
    assert_int_equal(safety.count, 0);
    set_config(world, "appendfsync", "everysec");
    set_config(world, "maxmemory-policy", "allkeys-lru");
    assert_true(store_check_safety(world->store, &safety));
    assert_int_equal(safety.count, 2);
    assert_non_null(strstr(safety.warnings[0], "appendfsync everysec"));
    assert_non_null(strstr(safety.warnings[1], "allkeys-lru"));
    set_config(world, "appendonly", "no");
    assert_true(store_check_safety(world->store, &safety));
    assert_int_equal(safety.count, 2);
    assert_non_null(strstr(safety.warnings[0], "appendonly no"));
    for (size_t i = 0; i < safety.count; i++)
        assert_true(strlen(safety.warnings[i]) < SAFETY_TEXT_MAX - 1);
}

static void an_unsafe_redis_is_told_in_plain_words(void **state)
{
    run(*state, safety_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_of_every_form_are_understood),
        cmocka_unit_test(broken_urls_are_refused_without_repeating_them),
        cmocka_unit_test_setup_teardown(every_kind_of_reply_comes_back_binary_safe, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_nested_too_deep_are_refused_and_the_store_recovers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(arguments_of_more_than_four_mebibytes_are_not_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(done_comes_later_than_the_call_up_or_down, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_unanswered_hears_down_when_the_store_is_freed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(scripts_are_loaded_when_redis_does_not_know_them, setup, teardown),
        cmocka_unit_test_setup_teardown(after_kill_minus_nine_of_redis_the_store_recovers, setup, teardown),
        cmocka_unit_test_setup_teardown(commands_in_flight_hear_down_when_redis_is_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_redis_that_hangs_is_given_up_after_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(who_hears_that_the_store_went_down_may_ask_again, setup, teardown),
        cmocka_unit_test_setup_teardown(listeners_hear_messages_and_are_told_of_the_gap, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_of_watched_keys_are_told_and_so_are_gaps, setup, teardown),
        cmocka_unit_test_setup_teardown(listening_is_renewed_when_redis_hangs_and_only_then, setup, teardown),
        cmocka_unit_test_setup_teardown(without_the_password_the_store_stays_away, setup_with_password,
                                        teardown),
        cmocka_unit_test_setup_teardown(with_the_password_the_store_comes_up, setup_with_password, teardown),
        cmocka_unit_test_setup_teardown(the_database_of_the_url_is_selected, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unsafe_redis_is_told_in_plain_words, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
