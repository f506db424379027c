#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/task.h"

struct world {
    struct loop *loop;
    struct task_pool *tasks;
    struct crypto_pool *crypto;
    struct task_gate gate;
    struct task *parked;
    int order[8];
    int steps, inside, inside_most, left;
};

static void note_step(struct world *world, int step)
{
    world->order[world->steps++] = step;
}

static int setup(void **state)
{
    static struct world world;
    world = (struct world){0};
    world.loop = loop_new();
    world.tasks = task_pool_new(world.loop, 100);
    world.crypto = crypto_pool_new(world.loop, 2);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    assert_int_equal(task_pool_count(world->tasks), 0);
    crypto_pool_free(world->crypto);
    task_pool_free(world->tasks);
    loop_free(world->loop);
    return 0;
}

static void parks(void *context)
{
    struct world *world = context;
    note_step(world, 1);
    world->parked = task_current();
    task_park();
    note_step(world, 3);
    loop_stop(world->loop);
}

static void a_parked_task_goes_on_when_it_is_resumed(void **state)
{
    struct world *world = *state;
    assert_true(task_spawn(world->tasks, parks, world));
    note_step(world, 2);
    task_resume(world->parked);
    assert_int_equal(world->steps, 2); /* resumed from the loop, not from here */
    loop_run(world->loop);
    assert_int_equal(world->order[0], 1);
    assert_int_equal(world->order[1], 2);
    assert_int_equal(world->order[2], 3);
}

static void through_gate(void *context)
{
    struct world *world = context;
    task_gate_enter(&world->gate);
    if (++world->inside > world->inside_most)
        world->inside_most = world->inside;
    task_sleep(2);
    world->inside--;
    task_gate_leave(&world->gate);
    if (--world->left == 0)
        loop_stop(world->loop);
}

static void a_gate_lets_in_no_more_than_its_limit(void **state)
{
    struct world *world = *state;
    task_gate_init(&world->gate, 3);
    world->left = 20;
    for (int i = 0; i < 20; i++)
        assert_true(task_spawn(world->tasks, through_gate, world));
    loop_run(world->loop);
    assert_int_equal(world->inside_most, 3);
    assert_int_equal(world->gate.busy, 0);
}

static void add_seven(void *context)
{
    *(int *)context += 7;
}

static void computes(void *context)
{
    struct world *world = context;
    int sum = 0;
    for (int i = 0; i < 100; i++)
        crypto_pool_run(world->crypto, add_seven, &sum);
    note_step(world, sum);
    if (--world->left == 0)
        loop_stop(world->loop);
}

static void work_on_threads_comes_back_to_its_task(void **state)
{
    struct world *world = *state;
    world->left = 4;
    for (int i = 0; i < 4; i++)
        assert_true(task_spawn(world->tasks, computes, world));
    loop_run(world->loop);
    for (int i = 0; i < 4; i++)
        assert_int_equal(world->order[i], 700);
}

static void waits_for_stop(void *context)
{
    struct world *world = context;
    task_sleep(5);
    if (--world->left == 0)
        loop_stop(world->loop);
}

static void more_tasks_than_the_maximum_are_refused(void **state)
{
    struct world *world = *state;
    world->left = 100;
    for (int i = 0; i < 100; i++)
        assert_true(task_spawn(world->tasks, waits_for_stop, world));
    assert_false(task_spawn(world->tasks, waits_for_stop, world));
    loop_run(world->loop);
    assert_int_equal(world->left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_parked_task_goes_on_when_it_is_resumed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_gate_lets_in_no_more_than_its_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(work_on_threads_comes_back_to_its_task, setup, teardown),
        cmocka_unit_test_setup_teardown(more_tasks_than_the_maximum_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
