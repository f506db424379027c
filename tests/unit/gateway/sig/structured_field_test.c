#include "vectors.h"

#include "gateway/sig/structured_field.h"

static bool parses(struct arena *arena, const char *text, struct field_dictionary *out)
{
    return field_dictionary_parse(arena, text, out);
}

static void every_kind_of_item_comes_back_as_it_was(void **state)
{
    static const char *const texts[] = {
        "a=(1 -2 999999999999999)",
        "a=(1.5 -0.001 123456789012.125)",
        "a=(\"x\" \"\\\"\\\\\" \"\")",
        "a=(tok *t t/x:y!)",
        "a=(:aGVsbG8=: ::)",
        "a=(?1 ?0)",
        "a=(@1659578233 @-1)",
        "a=(%\"f%c3%bc%25%22\")",
        "a=(1;x;y=2 \"b\";q=\"z\");created=1;keyid=\"k\";flag",
        "a=()",
        "a=();x=?0",
    };
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct field_dictionary out;
        assert_true(parses(arena, texts[i], &out));
        assert_int_equal(out.count, 1);
        assert_string_equal(field_list_text(arena, out.first), texts[i] + 2);
    }
    arena_free(arena);
}

static void text_is_made_canonical(void **state)
{
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"a=(  1   2  )", "(1 2)"},
        {"a=(1.50 2.0 -0)", "(1.5 2.0 0)"},
        {"a=(1;  x=?1;y)", "(1;x;y)"},
        {"a=(1;x=1;x=2)", "(1;x=2)"},
        {"a=(007)", "(7)"},
        {"a=();x=1;y=2;x=3", "();x=3;y=2"},
    };
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct field_dictionary out;
        assert_true(parses(arena, cases[i].text, &out));
        assert_string_equal(field_list_text(arena, out.first), cases[i].canonical);
    }
    arena_free(arena);
}

static void members_keys_and_repeats_are_kept_apart(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct field_dictionary out;
    assert_true(parses(arena, "  a=1 ,\t b;x=2 , *c-_.=(1)  ", &out));
    assert_int_equal(out.count, 3);
    assert_false(out.repeats);
    assert_int_equal(field_dictionary_find(&out, "a")->item.value.number, 1);
    const struct field_member *b = field_dictionary_find(&out, "b");
    assert_int_equal(b->item.value.kind, FIELD_BOOLEAN);
    assert_int_equal(field_parameter_find(b->item.parameters, "x")->number, 2);
    assert_true(field_dictionary_find(&out, "*c-_.")->is_list);
    assert_null(field_dictionary_find(&out, "d"));
    assert_true(parses(arena, "a=1, b=2, a=(3)", &out));
    assert_true(out.repeats);
    assert_int_equal(out.count, 2);
    assert_true(field_dictionary_find(&out, "a")->is_list);
    assert_true(parses(arena, "", &out));
    assert_int_equal(out.count, 0);
    arena_free(arena);
}

static void one_character_out_of_place_refuses_the_field(void **state)
{
    static const char *const texts[] = {
        "A=1",
        "a=1,",
        "a=1,,b=2",
        "a=1 b=2",
        ",a=1",
        "a= 1",
        "a =1",
        "a=",
        "a=\"",
        "a=\"x",
        "a=\"\\x\"",
        "a=\"\x01\"",
        "a=\"\xc3\"",
        "a=(",
        "a=(1",
        "a=(1,2)",
        "a=(1)2",
        "a=((1))",
        "a=(1\t2)",
        "a=1.",
        "a=.5",
        "a=1.2345",
        "a=-",
        "a=--1",
        "a=1234567890123456",
        "a=1234567890123.1",
        "a=:aGVsbG8:",
        "a=:aGVsbG8=",
        "a=:aGVs bG8=:",
        "a=?2",
        "a=?",
        "a=@1.5",
        "a=@",
        "a=%\"%C3%BC\"",
        "a=%\"%c3\"",
        "a=%\"%ed%a0%80\"",
        "a=%\"%c0%80\"",
        "a=%x",
        "a=1;",
        "a=1;X",
        "a=1;x=",
        "a=1; ;x",
        "a=1;x =1",
        "1=a",
        "a=!x",
        "a=1\n",
        "a=(\"x\"\"y\")",
    };
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct field_dictionary out;
        if (parses(arena, texts[i], &out))
            fail_msg("accepted: %s", texts[i]);
    }
    arena_free(arena);
}

static void a_field_cannot_grow_beyond_its_limits(void **state)
{
    struct arena *arena = arena_new(8 << 20);
    struct field_dictionary out;
    char *text = malloc(FIELD_TEXT_MAX + 16);
    (void)strcpy(text, "a=(");
    for (size_t i = 3; i < 2 * FIELD_ELEMENTS_MAX; i += 2)
        memcpy(text + i, "1 ", 3);
    (void)strcat(text, ")");
    assert_true(parses(arena, text, &out));
    (void)strcpy(text, "a=(");
    for (size_t i = 3; i < 2 * FIELD_ELEMENTS_MAX + 8; i += 2)
        memcpy(text + i, "1 ", 3);
    (void)strcat(text, ")");
    assert_false(parses(arena, text, &out));
    memset(text, 'a', FIELD_TEXT_MAX + 1);
    text[FIELD_TEXT_MAX + 1] = '\0';
    assert_false(parses(arena, text, &out));
    text[FIELD_TEXT_MAX] = '\0';
    assert_true(parses(arena, text, &out));
    free(text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_item_comes_back_as_it_was),
        cmocka_unit_test(text_is_made_canonical),
        cmocka_unit_test(members_keys_and_repeats_are_kept_apart),
        cmocka_unit_test(one_character_out_of_place_refuses_the_field),
        cmocka_unit_test(a_field_cannot_grow_beyond_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
