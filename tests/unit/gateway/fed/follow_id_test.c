#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/fed/separation.h"

static void what_is_kept_of_a_follow_names_it(void **state)
{
    static const struct {
        const char *kept, *id;
    } cases[] = {
        {"7 ~/f/1 6b01c", "https://m.example/f/1"},
        {"7 ~/f/1", "https://m.example/f/1"},
        {"7 ^0123456789abcdef0123456789abcdef 6b01c",
         "https://m.example/01234567-89ab-cdef-0123-456789abcdef"},
        {"7 ^0123456789abcdef0123456789abcdef", "https://m.example/01234567-89ab-cdef-0123-456789abcdef"},
        {"7 https://other.example/f/1 6b01c", "https://other.example/f/1"},
        {"", NULL},
    };
    (void)state;
    struct arena *arena = arena_new(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *id = separation_follow_id(arena, "https://m.example/users/bob", cases[i].kept);
        if (cases[i].id)
            assert_string_equal(id, cases[i].id);
        else
            assert_null(id);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_kept_of_a_follow_names_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
