#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/token_buckets.h"

static int64_t take(struct token_buckets *buckets, const char *name, int64_t now)
{
    return token_buckets_take(buckets, name, strlen(name), now);
}

static void a_burst_is_let_in_and_then_the_rate(void **state)
{
    (void)state;
    struct token_buckets *buckets = token_buckets_new(10, 50);
    for (int i = 0; i < 50; i++)
        assert_int_equal(take(buckets, "a", 1000000), 0);
    assert_int_equal(take(buckets, "a", 1000000), 100);
    assert_int_equal(take(buckets, "a", 1000060), 40);
    assert_int_equal(take(buckets, "a", 1000100), 0);
    assert_int_equal(take(buckets, "a", 1000100), 100);
    int taken = 0;
    for (int64_t now = 1000100; now < 1010100; now += 10)
        taken += take(buckets, "a", now) == 0;
    assert_in_range(taken, 99, 101);
    /* A rest fills it again. */
    for (int i = 0; i < 50; i++)
        assert_int_equal(take(buckets, "a", 1020000), 0);
    assert_int_not_equal(take(buckets, "a", 1020000), 0);
    token_buckets_free(buckets);
}

static void names_do_not_meet(void **state)
{
    (void)state;
    struct token_buckets *buckets = token_buckets_new(1, 2);
    assert_int_equal(take(buckets, "a", 5000), 0);
    assert_int_equal(take(buckets, "a", 5000), 0);
    assert_int_not_equal(take(buckets, "a", 5000), 0);
    assert_int_equal(take(buckets, "b", 5000), 0);
    assert_int_not_equal(take(buckets, "a", 5000), 0);
    token_buckets_free(buckets);
}

static void a_flood_of_names_does_not_forget_who_is_over_the_limit(void **state)
{
    (void)state;
    struct token_buckets *buckets = token_buckets_new(1, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(take(buckets, "loud", 5000), 0);
    for (int i = 0; i < 100000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(take(buckets, name, 5000), 0);
    }
    assert_int_not_equal(take(buckets, "loud", 5000), 0);
    token_buckets_free(buckets);
}

static void odd_settings_still_limit(void **state)
{
    (void)state;
    struct token_buckets *buckets = token_buckets_new(0, 0);
    assert_int_equal(take(buckets, "", 0), 0);
    assert_int_equal(take(buckets, "", 0), 1000);
    token_buckets_free(buckets);
    buckets = token_buckets_new(4000000, 1);
    assert_int_equal(take(buckets, "a", 0), 0);
    assert_int_equal(take(buckets, "a", 0), 1);
    assert_int_equal(take(buckets, "a", 1), 0);
    token_buckets_free(buckets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_let_in_and_then_the_rate),
        cmocka_unit_test(names_do_not_meet),
        cmocka_unit_test(a_flood_of_names_does_not_forget_who_is_over_the_limit),
        cmocka_unit_test(odd_settings_still_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
