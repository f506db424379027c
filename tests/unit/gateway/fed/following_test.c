#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/fed/following.h"
#include "gateway/fed/moving.h"

static void what_is_kept_of_one_who_is_followed_is_read(void **state)
{
    struct following following;
    struct arena *arena = arena_new(1 << 16);
    (void)state;
    assert_true(
        following_read(arena, "accepted 1796000000000 1796000001000 3 https://m.example/inbox", &following));
    assert_int_equal(following.state, FOLLOWING_ACCEPTED);
    assert_int_equal(following.asked, 1796000000000);
    assert_int_equal(following.decided, 1796000001000);
    assert_int_equal(following.times, 3);
    assert_string_equal(following.inbox, "https://m.example/inbox");
    assert_true(following_read(arena, "asked 5 0 1 x", &following));
    assert_int_equal(following.state, FOLLOWING_ASKED);
    static const char *const broken[] = {"",      "accepted",        "accepted 1 2 3",
                                         "x 1 2", "perhaps 1 2 3 x", "accepted a b c x"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_false(following_read(arena, broken[i], &following));
    arena_free(arena);
}

static void an_actor_names_its_other_accounts_to_the_letter(void **state)
{
    const struct inbound_actor actor = {.also_known_as = {"https://a.example/u/1", "https://b.example/u/2"},
                                        .also_known_as_count = 2};
    (void)state;
    assert_true(moving_is_same(&actor, "https://b.example/u/2"));
    assert_false(moving_is_same(&actor, "https://b.example/u/22"));
    assert_false(moving_is_same(&actor, "https://b.example/u"));
    assert_false(moving_is_same(&(struct inbound_actor){0}, "https://b.example/u/2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_of_one_who_is_followed_is_read),
        cmocka_unit_test(an_actor_names_its_other_accounts_to_the_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
