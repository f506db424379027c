#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/upstream/keep_home.h"

static void a_time_is_covered_from_the_beginning_of_a_pause_to_before_its_end(void **state)
{
    (void)state;
    assert_false(pauses_cover("100-200", 99));
    assert_true(pauses_cover("100-200", 100));
    assert_true(pauses_cover("100-200", 199));
    assert_false(pauses_cover("100-200", 200));
}

static void a_pause_without_an_end_lasts(void **state)
{
    (void)state;
    assert_true(pauses_cover("100-200 300-", 300));
    assert_true(pauses_cover("100-200 300-", 1900000000000));
    assert_false(pauses_cover("100-200 300-", 250));
    assert_true(pauses_cover("100-200 300-", 150));
}

static void without_pauses_nothing_is_covered(void **state)
{
    (void)state;
    assert_false(pauses_cover(NULL, 1));
    assert_false(pauses_cover("", 1));
    assert_false(pauses_cover("nonsense", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_covered_from_the_beginning_of_a_pause_to_before_its_end),
        cmocka_unit_test(a_pause_without_an_end_lasts),
        cmocka_unit_test(without_pauses_nothing_is_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
