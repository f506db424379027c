#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/ledger/exposure_codec.h"

static void assert_round_trip(struct host_list *list, size_t length_max)
{
    size_t length;
    struct host_list again = {0};
    host_list_settle(list);
    unsigned char *bytes = exposure_encode(list, &length);
    assert_true(length <= length_max);
    assert_true(exposure_decode(bytes, length, &again));
    assert_int_equal(again.count, list->count);
    if (list->count)
        assert_memory_equal(again.numbers, list->numbers, list->count * sizeof *list->numbers);
    host_list_clear(&again);
    free(bytes);
}

static void few_hosts_of_many_take_two_or_three_bytes_each(void **state)
{
    (void)state;
    struct host_list list = {0};
    for (uint32_t i = 1; i <= 10; i++)
        host_list_add(&list, i * 9973);
    assert_round_trip(&list, 21);
    host_list_clear(&list);
}

static void nearly_all_hosts_take_an_eighth_of_a_byte_each(void **state)
{
    (void)state;
    struct host_list list = {0};
    for (uint32_t i = 1; i <= 10000; i++)
        if (i % 97)
            host_list_add(&list, i);
    assert_round_trip(&list, 1252);
    host_list_clear(&list);
}

static void sets_of_any_kind_come_back_as_they_were(void **state)
{
    (void)state;
    srand(1);
    for (int turn = 0; turn < 200; turn++) {
        struct host_list list = {0};
        uint32_t range = 1U << (turn % 26 + 1);
        for (int i = rand() % 500; i > 0; i--)
            host_list_add(&list, (uint32_t)rand() % range);
        assert_round_trip(&list, 5000);
        host_list_clear(&list);
    }
}

static void doubles_count_once(void **state)
{
    (void)state;
    struct host_list list = {0};
    for (int i = 0; i < 6; i++)
        host_list_add(&list, (uint32_t)(i % 2 ? 7 : 3));
    host_list_settle(&list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.numbers[0], 3);
    host_list_clear(&list);
}

static void broken_bytes_are_refused_and_add_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } broken[] = {{"x", 1}, {"d\x80", 2}, {"d\x01\xff\xff\xff\xff\xff\x01", 8}, {"d\xff\xff\xff\xff\x7f", 6}};
    struct host_list list = {0};
    host_list_add(&list, 5);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_false(exposure_decode(broken[i].bytes, broken[i].length, &list));
        assert_int_equal(list.count, 1);
    }
    assert_true(exposure_decode("", 0, &list));
    host_list_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_hosts_of_many_take_two_or_three_bytes_each),
        cmocka_unit_test(nearly_all_hosts_take_an_eighth_of_a_byte_each),
        cmocka_unit_test(sets_of_any_kind_come_back_as_they_were),
        cmocka_unit_test(doubles_count_once),
        cmocka_unit_test(broken_bytes_are_refused_and_add_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
