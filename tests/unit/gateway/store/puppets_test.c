/* How many accounts of remote people's own are made, against a real Redis: in all, an hour, a day, and a day
 * of one server's people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/store/store.h"
#include "private_redis.h"

enum { UP_MS = 10000, TOTAL = 7, HOUR = 2, DAY = 5, SERVER_DAY = 4 };

static const int64_t HOUR_MS = 3600000;
static const int64_t MIDNIGHT = (int64_t)20000 * 24 * 3600000;

static struct {
    struct loop *loop;
    struct task_pool *tasks;
    struct private_redis redis;
    struct store *store;
    void (*body)(void);
    unsigned serial;
} world;

static int setup(void **state)
{
    char error[128] = "";
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    world.loop = loop_new();
    world.tasks = task_pool_new(world.loop, 10);
    private_redis_new(&world.redis, NULL);
    world.store = store_new(world.loop, world.redis.url, error, sizeof error);
    world.serial = 0;
    return world.store ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    store_free(world.store);
    task_pool_free(world.tasks);
    loop_free(world.loop);
    private_redis_free(&world.redis);
    return 0;
}

static void run_body(void *context)
{
    (void)context;
    assert_true(store_wait(world.store, UP_MS));
    world.body();
    loop_stop(world.loop);
}

static void run(void (*body)(void))
{
    world.body = body;
    assert_true(task_spawn(world.tasks, run_body, NULL));
    loop_run(world.loop);
}

static void begins_as(const char *key, const char *server, int64_t now, const char *limit)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "bluesky");
    arguments_text(arguments, key);
    arguments_format(arguments, "https://%s/users/%s", server, key);
    arguments_text(arguments, server);
    arguments_text(arguments, "handle.example");
    arguments_text(arguments, "sealed");
    arguments_number(arguments, now);
    arguments_number(arguments, TOTAL);
    arguments_number(arguments, HOUR);
    arguments_number(arguments, DAY);
    arguments_number(arguments, SERVER_DAY);
    struct reply *reply = store_script(world.store, "puppet_begin", arguments);
    assert_false(reply_failed(reply));
    assert_string_equal(reply_text(reply), limit);
    reply_free(reply);
}

/* Somebody new; `limit`: what stands against it, "" for nothing. */
static void begins(const char *server, int64_t now, const char *limit)
{
    char key[32];
    (void)snprintf(key, sizeof key, "ra_%u", ++world.serial);
    begins_as(key, server, now, limit);
}

static void lives(const char *native)
{
    reply_free(store_call(world.store, "HSET", "puppets:bluesky", native, "ra", (char *)NULL));
}

static void hours_body(void)
{
    begins("m.example", MIDNIGHT, "");
    begins("n.example", MIDNIGHT + HOUR_MS - 2, "");
    begins("m.example", MIDNIGHT + HOUR_MS - 1, "hour");
    begins("m.example", MIDNIGHT + HOUR_MS, "");
}

static void so_many_an_hour(void **state)
{
    (void)state;
    run(hours_body);
}

static void days_body(void)
{
    for (int i = 0; i < DAY; i++)
        begins(i % 2 ? "m.example" : "n.example", MIDNIGHT + i * HOUR_MS, "");
    begins("o.example", MIDNIGHT + 23 * HOUR_MS, "day");
    begins("o.example", MIDNIGHT + 24 * HOUR_MS, "");
}

static void so_many_a_day(void **state)
{
    (void)state;
    run(days_body);
}

static void servers_body(void)
{
    for (int i = 0; i < SERVER_DAY; i++)
        begins("m.example", MIDNIGHT + i * HOUR_MS, "");
    begins("m.example", MIDNIGHT + 20 * HOUR_MS, "server");
    begins("n.example", MIDNIGHT + 20 * HOUR_MS, "");
    begins("m.example", MIDNIGHT + 24 * HOUR_MS, "");
}

static void so_many_a_day_of_one_server(void **state)
{
    (void)state;
    run(servers_body);
}

static void total_body(void)
{
    char native[32];
    for (int i = 0; i < TOTAL - 1; i++) {
        (void)snprintf(native, sizeof native, "did:%d", i);
        lives(native);
    }
    begins("m.example", MIDNIGHT, "");
    lives("did:last");
    begins("m.example", MIDNIGHT, "total");
    reply_free(store_call(world.store, "HDEL", "puppets:bluesky", "did:last", (char *)NULL));
    begins("m.example", MIDNIGHT, "");
}

static void so_many_in_all(void **state)
{
    (void)state;
    run(total_body);
}

/* Whose making was cut short is not counted twice, and goes on although others stand at the limit. */
static void again_body(void)
{
    begins_as("ra_again", "m.example", MIDNIGHT, "");
    begins_as("ra_again", "m.example", MIDNIGHT, "");
    begins("m.example", MIDNIGHT, "");
    begins("m.example", MIDNIGHT, "hour");
    begins_as("ra_again", "m.example", MIDNIGHT, "");
}

static void what_was_begun_goes_on(void **state)
{
    (void)state;
    run(again_body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(so_many_an_hour), TEST(so_many_a_day),          TEST(so_many_a_day_of_one_server),
        TEST(so_many_in_all),  TEST(what_was_begun_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
