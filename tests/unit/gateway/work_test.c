/* A queue whose entries are handed over in memory by who queues them, against a real Redis: their order, what
 * is in hand at once, and what is read from the store after all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/work.h"
#include "store/private_redis.h"

enum { UP_MS = 10000, SEEN_MAX = 4096, WAIT_MS = 20000 };

static const char ELSEWHERE[] = "another-worker";

static struct {
    struct gateway gateway;
    struct private_redis redis;
    struct work *work;
    void (*body)(void);
    char seen[SEEN_MAX]; /* the data that the handler saw, a letter each: upper case, handed over parsed */
    size_t seen_count, most, released, refusals;
    bool held_up; /* handlers wait, here: */
    struct task *waiting[100];
    size_t waiting_count;
} world;

/* ---- the queue
 * ------------------------------------------------------------------------------------------------------ */

static enum work_result handle(void *context, const struct work_entry *entry)
{
    (void)context;
    if (world.held_up) {
        world.waiting[world.waiting_count++] = task_current();
        task_park();
    }
    if (world.refusals && world.refusals--)
        return WORK_LATER;
    const char *parsed = entry->parsed;
    assert_true(world.seen_count < SEEN_MAX);
    world.seen[world.seen_count++] = parsed ? (char)(parsed[0] - 'a' + 'A') : entry->data[0];
    return WORK_DONE;
}

static void let_go(void)
{
    world.held_up = false;
    for (size_t i = 0; i < world.waiting_count; i++)
        task_resume(world.waiting[i]);
    world.waiting_count = 0;
}

static int setup(void **state)
{
    (void)state;
    char error[128] = "";
    (void)signal(SIGPIPE, SIG_IGN);
    world.gateway = (struct gateway){.worker_id = "this-worker"};
    world.gateway.loop = loop_new();
    world.gateway.tasks = task_pool_new(world.gateway.loop, 100);
    private_redis_new(&world.redis, NULL);
    world.gateway.store = store_new(world.gateway.loop, world.redis.url, error, sizeof error);
    world.seen_count = world.most = world.released = world.refusals = 0;
    world.held_up = false;
    world.waiting_count = 0;
    return world.gateway.store ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    work_free(world.work);
    store_free(world.gateway.store);
    task_pool_free(world.gateway.tasks);
    loop_free(world.gateway.loop);
    private_redis_free(&world.redis);
    return 0;
}

static int64_t number_of(const char *command, const char *key)
{
    struct reply *reply = store_call(world.gateway.store, command, key, (char *)NULL);
    int64_t number = reply_number(reply);
    reply_free(reply);
    return number;
}

static void lease_of(const char *holder)
{
    reply_free(store_call(world.gateway.store, "SET", "lease:work:test", holder, (char *)NULL));
}

/* How often Redis ran a command. */
static long calls_of(const char *command)
{
    char name[64];
    (void)snprintf(name, sizeof name, "cmdstat_%s:calls=", command);
    struct reply *reply = store_call(world.gateway.store, "INFO", "commandstats", (char *)NULL);
    const char *found = strstr(reply_text(reply), name);
    long calls = found ? strtol(found + strlen(name), NULL, 10) : 0;
    reply_free(reply);
    return calls;
}

static void until_seen(size_t count)
{
    for (int64_t end = loop_monotonic_ms() + WAIT_MS; world.seen_count < count;) {
        assert_true(loop_monotonic_ms() < end);
        task_sleep(2);
    }
    while (number_of("XLEN", "work:test"))
        task_sleep(2);
    assert_int_equal(world.seen_count, count);
    assert_int_equal(work_pending(world.work), 0);
}

static void until_held(void)
{
    while (!work_kick(world.work))
        task_sleep(2);
}

static void run_body(void *context)
{
    (void)context;
    assert_true(store_wait(world.gateway.store, UP_MS));
    world.work = work_start(&world.gateway, "test", 4, handle, NULL);
    until_held();
    world.body();
    world.gateway.stopping = true;
    while (task_pool_count(world.gateway.tasks) > 1)
        task_sleep(2);
    loop_stop(world.gateway.loop);
}

static void run(void (*body)(void))
{
    world.body = body;
    assert_true(task_spawn(world.gateway.tasks, run_body, NULL));
    loop_run(world.gateway.loop);
}

/* ---- who queues
 * ------------------------------------------------------------------------------------------------------ */

static struct reply *queue(const char *chain, char letter, unsigned serial)
{
    struct arguments *arguments = arguments_new();
    arguments_format(arguments, "%s %u", chain, serial);
    arguments_text(arguments, "test");
    arguments_text(arguments, chain);
    arguments_bytes(arguments, &letter, 1);
    arguments_number(arguments, 1000);
    arguments_text(arguments, "");
    struct reply *reply = store_script(world.gateway.store, "inbox_accept", arguments);
    assert_int_equal(reply_kind(reply), REPLY_LIST);
    return reply;
}

static unsigned serial;

static void queue_elsewhere(const char *chain, char letter)
{
    reply_free(queue(chain, letter, serial++));
}

/* As a version of the program that names no predecessor. */
static void queue_as_before(const char *chain, const char *letter)
{
    reply_free(store_call(world.gateway.store, "XADD", "work:test", "*", "chain", chain, "data", letter,
                          (char *)NULL));
}

static void release(void *parsed)
{
    free(parsed);
    world.released++;
}

static bool queue_here(const char *chain, char letter, size_t size)
{
    char *parsed = malloc(1);
    assert_non_null(parsed);
    *parsed = letter;
    struct reply *reply = queue(chain, letter, serial++);
    bool held = work_hand(world.work, &(struct work_handover){
                                          .entry = {.id = reply_text(reply_at(reply, 0)),
                                                    .chain = chain,
                                                    .data = "",
                                                    .trace = "",
                                                    .parsed = parsed},
                                          .previous = reply_text(reply_at(reply, 1)),
                                          .size = size,
                                          .release = release,
                                      });
    reply_free(reply);
    if (work_pending(world.work) > world.most)
        world.most = work_pending(world.work);
    return held;
}

/* ---- tests
 * -----------------------------------------------------------------------------------------------------------
 */

static void handed_body(void)
{
    assert_true(queue_here("one", 'a', 1));
    until_seen(1);
    long xdels = calls_of("xdel");
    world.held_up = true;
    static const char *const chains[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < 4; i++)
        assert_true(queue_here(chains[i], (char)('b' + i), 1));
    assert_int_equal(work_pending(world.work), 4);
    while (world.waiting_count < 4)
        task_sleep(1);
    world.refusals = 1; /* the first of them has its turn again, with what was parsed */
    let_go();
    until_seen(5);
    assert_int_equal(world.released, 5);
    assert_memory_equal(world.seen + 1, "CDEB", 4);
    assert_true(calls_of("xdel") - xdels < 4);
}

static void busy_body(void)
{
    enum { MANY = 600 };
    assert_true(queue_here("one", 'a', 1));
    until_seen(1);
    long reads = calls_of("xrange");
    int64_t began = loop_monotonic_ms();
    static const char *const chains[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < MANY; i++)
        assert_true(queue_here(chains[i % 4], 'b', 1));
    until_seen(1 + MANY);
    /* Four a second, and some for good measure. */
    assert_in_range(calls_of("xrange") - reads, 0, 10 + (loop_monotonic_ms() - began) / 125);
}

static void who_is_busy_does_not_look_more_often(void **state)
{
    (void)state;
    run(busy_body);
}

static void what_is_handed_over_is_not_read_again_and_is_removed_together(void **state)
{
    (void)state;
    run(handed_body);
    assert_int_equal(world.seen[0], 'a'); /* what was before it is not known */
}

static void between_body(void)
{
    assert_true(queue_here("one", 'a', 1));
    until_seen(1);
    world.held_up = true;
    assert_true(queue_here("one", 'b', 1));
    queue_elsewhere("one", 'c');
    assert_true(queue_here("one", 'd', 1));
    assert_true(queue_here("one", 'e', 1));
    while (work_pending(world.work) < 4)
        task_sleep(2);
    assert_true(queue_here("one", 'f', 1));
    queue_elsewhere("one", 'g');
    let_go();
    until_seen(7);
}

static void what_another_worker_queued_in_between_keeps_its_place(void **state)
{
    (void)state;
    run(between_body);
    assert_memory_equal(world.seen, "aBcdeFg", 7);
    assert_int_equal(world.released, 5);
}

static void bounds_body(void)
{
    enum { MANY = 1200 };
    assert_true(queue_here("one", 'a', 1));
    until_seen(1);
    world.held_up = true;
    for (unsigned i = 0; i < MANY; i++)
        assert_true(queue_here("one", (char)('a' + i % 26), 1));
    let_go();
    until_seen(1 + MANY);
    assert_int_equal(world.released, 1 + MANY);
    assert_int_equal(world.most, 1024);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(world.seen[1 + i] | 0x20, 'a' + i % 26);
    world.most = 0;
    world.held_up = true;
    for (unsigned i = 0; i < 10; i++)
        assert_true(queue_here("two", (char)('a' + i), 1 << 20));
    let_go();
    until_seen(1 + MANY + 10);
    assert_int_equal(world.most, 4);
    assert_memory_equal(world.seen + 1 + MANY, "ABCDefghij", 10);
}

static void what_is_in_hand_is_bounded_and_the_rest_comes_in_order(void **state)
{
    (void)state;
    run(bounds_body);
}

static void lost_body(void)
{
    assert_true(queue_here("one", 'a', 1));
    until_seen(1);
    world.held_up = true;
    assert_true(queue_here("one", 'b', 1));
    assert_true(queue_here("one", 'c', 1));
    assert_true(queue_here("two", 'd', 1));
    lease_of(ELSEWHERE);
    while (work_kick(world.work))
        task_sleep(20);
    assert_false(queue_here("one", 'e', 1));
    let_go();
    while (world.released < 5)
        task_sleep(2);
    assert_int_equal(work_pending(world.work), 0);
    reply_free(store_call(world.gateway.store, "DEL", "lease:work:test", (char *)NULL));
    until_seen(5);
}

/* What was in work when the lease went is done with; what waited for it is read again. */
static void a_lost_lease_ends_what_was_handed_over(void **state)
{
    (void)state;
    run(lost_body);
    char order[5] = {0};
    size_t count = 0;
    for (size_t i = 0; i < world.seen_count; i++)
        if (!strchr("dD", world.seen[i]))
            order[count++] = (char)(world.seen[i] | 0x20);
    assert_string_equal(order, "abce");
}

static void passed_by_body(void)
{
    assert_true(queue_here("one", 'a', 1));
    until_seen(1);
    queue_as_before("two", "b");
    assert_true(queue_here("one", 'c', 1));
    until_seen(3);
}

static void what_was_passed_by_is_found(void **state)
{
    (void)state;
    run(passed_by_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_handed_over_is_not_read_again_and_is_removed_together, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_is_busy_does_not_look_more_often, setup, teardown),
        cmocka_unit_test_setup_teardown(what_another_worker_queued_in_between_keeps_its_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_in_hand_is_bounded_and_the_rest_comes_in_order, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_lost_lease_ends_what_was_handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_passed_by_is_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
