/* The ordering rules of delivery live in Lua scripts: each scenario is played against a real Redis. */
#include "play.h"
#include "scenarios.h"

static void play_scenario(void **state)
{
    const struct scenario *scenario = *state;
    play_begin(scenario);
    for (size_t i = 0; i < STEPS_MAX && scenario->steps[i]; i++)
        play_step(scenario->steps[i]);
}

static int start(void **state)
{
    (void)state;
    return lab_start(&play.lab) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    lab_stop(&play.lab);
    return 0;
}

int main(void)
{
    enum { COUNT = sizeof scenarios / sizeof scenarios[0] };
    static struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){.name = scenarios[i].name,
                                       .test_func = play_scenario,
                                       .initial_state = (void *)(uintptr_t)&scenarios[i]};
    return cmocka_run_group_tests(tests, start, stop);
}
