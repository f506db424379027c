#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mapping/marker.h"

static struct post saying(const char *text)
{
    return (struct post){.body = {.text = text, .length = strlen(text)}};
}

static bool has(const char *text, const char *marker)
{
    struct post post = saying(text);
    return post_has_marker(&post, marker);
}

static void a_marker_counts_as_a_word_of_its_own_whatever_the_case(void **state)
{
    (void)state;
    assert_true(has("#nofed", "#nofed"));
    assert_true(has("Only here. #NoFed", "#nofed"));
    assert_true(has("#nofed, please", "#NOFED"));
    assert_true(has("one\n#nofed\ntwo", "#nofed"));
    assert_true(has("(#nofed)", "#nofed"));
    assert_true(has("ÄÖ #ZUHAUSEÜ!", "#zuhauseü"));
    assert_true(has("##nofed", "#nofed"));
    assert_false(has("#nofederation", "#nofed"));
    assert_false(has("#nofed_2", "#nofed"));
    assert_false(has("a#nofed", "#nofed"));
    assert_false(has("#nofedé", "#nofed"));
    assert_false(has("#nofe", "#nofed"));
    assert_false(has("nofed", "#nofed"));
    assert_false(has("", "#nofed"));
}

static void without_a_marker_nothing_stays_home(void **state)
{
    (void)state;
    assert_false(has("#nofed", NULL));
    assert_false(has("#nofed", ""));
}

static void broken_utf8_hides_no_marker(void **state)
{
    (void)state;
    assert_true(has("\xff\xfe #nofed", "#nofed"));
    assert_true(has("\xc3#nofed\xc3", "#nofed"));
}

static void title_and_warning_are_looked_at_too(void **state)
{
    struct post titled = saying("text");
    struct post warned = saying("text");
    (void)state;
    titled.title = "About #nofed";
    warned.warning = "#nofed";
    assert_true(post_has_marker(&titled, "#nofed"));
    assert_true(post_has_marker(&warned, "#nofed"));
}

static void only_a_hashtag_can_be_one(void **state)
{
    (void)state;
    assert_true(marker_is_valid("#nofed"));
    assert_true(marker_is_valid("#nur_hier"));
    assert_true(marker_is_valid("#zuhauseü"));
    assert_false(marker_is_valid(""));
    assert_false(marker_is_valid("#"));
    assert_false(marker_is_valid("#12"));
    assert_false(marker_is_valid("nofed"));
    assert_false(marker_is_valid("#no fed"));
    assert_false(marker_is_valid("#no-fed"));
    assert_false(marker_is_valid("#<b>"));
    assert_false(marker_is_valid("#a\xff"));
    assert_false(
        marker_is_valid("#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void the_name_of_its_words_changes_with_them_alone(void **state)
{
    struct arena *arena = arena_new(4096);
    struct post one = saying("text");
    struct post other = saying("text");
    (void)state;
    other.revision = 7;
    other.likes = 3;
    assert_string_equal(post_words_name(arena, &one), post_words_name(arena, &other));
    other.warning = "careful";
    assert_string_not_equal(post_words_name(arena, &one), post_words_name(arena, &other));
    other = saying("text.");
    assert_string_not_equal(post_words_name(arena, &one), post_words_name(arena, &other));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_marker_counts_as_a_word_of_its_own_whatever_the_case),
        cmocka_unit_test(without_a_marker_nothing_stays_home),
        cmocka_unit_test(broken_utf8_hides_no_marker),
        cmocka_unit_test(title_and_warning_are_looked_at_too),
        cmocka_unit_test(only_a_hashtag_can_be_one),
        cmocka_unit_test(the_name_of_its_words_changes_with_them_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
