#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/fed/json_guard.h"

/* Text with its length: some have NUL in them. */
#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

struct text {
    const char *bytes;
    size_t length;
};

static void what_is_taken_is_what_jansson_makes_of_it(void **state)
{
    (void)state;
    static const struct text texts[] = {
        TEXT("{}"),
        TEXT(" [ ] \r\n\t"),
        TEXT("{\"\": \"\", \"a\": {\"b\": [null, true, false, {}, []]}, \"c\": [[\"d\"]]}"),
        TEXT("[0, -0, -1, 12, 9223372036854775807, -9223372036854775808, 1.5, -2e-3, 1E30, 0.1]"),
        TEXT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00\\u0001\\uffff\"]"),
        TEXT("{\"caf\\u00e9\": {\"na\\u00efve\": \"\\u00e9\", \"b\": 1}, \"\xc3\xa9\": "
             "\"\xe2\x82\xac\xf0\x9f\x98\x80\"}"),
        TEXT("[\"\x7f\", \"12345678\", \"1234567\xc2\xa0\", \"12345678\xc2\xa0\"]"),
        TEXT("{\"@context\": \"https://www.w3.org/ns/activitystreams\", \"content\": \"<p>\\u003c</p>\"}"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *why = "";
        json_t *wanted = json_loadb(texts[i].bytes, texts[i].length, JSON_REJECT_DUPLICATES, NULL);
        json_t *read = json_load_guarded(texts[i].bytes, texts[i].length, &why);
        assert_non_null(wanted);
        if (!read)
            fail_msg("%s: %s", texts[i].bytes, why);
        assert_true(json_equal(read, wanted));
        json_decref(read);
        json_decref(wanted);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const struct text texts[] = {
        TEXT(""),
        TEXT(" "),
        TEXT("{"),
        TEXT("[1"),
        TEXT("[1,]"),
        TEXT("[,1]"),
        TEXT("{\"a\":1,}"),
        TEXT("{\"a\"}"),
        TEXT("{\"a\":}"),
        TEXT("{a:1}"),
        TEXT("{'a':1}"),
        TEXT("[1] 2"),
        TEXT("[1][2]"),
        TEXT("[1]\0"),
        TEXT("[1] \"a"),
        TEXT("[1] tru"),
        TEXT("{} -"),
        TEXT("1"),
        TEXT("\"a\""),
        TEXT("null"),
        TEXT("[nul]"),
        TEXT("[True]"),
        TEXT("[NaN]"),
        TEXT("[Infinity]"),
        TEXT("[01]"),
        TEXT("[1.]"),
        TEXT("[.5]"),
        TEXT("[+1]"),
        TEXT("[-]"),
        TEXT("[1e]"),
        TEXT("[0x10]"),
        TEXT("[9223372036854775808]"),
        TEXT("[1e999]"),
        TEXT("[/* a */1]"),
        TEXT("[1 // a\n]"),
        TEXT("[\v1]"),
        TEXT("[\f1]"),
        TEXT("[\0 1]"),
        TEXT("\xef\xbb\xbf[]"),
        TEXT("[\"a]"),
        TEXT("[\"a\\\"]"),
        TEXT("[\"\\x\"]"),
        TEXT("[\"\\u12g4\"]"),
        TEXT("[\"\\u123\"]"),
        TEXT("[\"\\u12"),
        TEXT("[\"\\"),
        TEXT("[\"a\nb\"]"),
        TEXT("[\"a\0b\"]"),
        TEXT("[\"\\u0000\"]"),
        TEXT("{\"a\\u0000b\": 1}"),
        TEXT("[\"\\ud800\"]"),
        TEXT("[\"\\ud800 \\udc00\"]"),
        TEXT("[\"\\ud800\\u0041\"]"),
        TEXT("[\"\\udc00\\ud800\"]"),
        TEXT("{\"\\udc00\": 1}"),
        TEXT("[\"\x80\"]"),
        TEXT("[\"\xc0\x80\"]"),
        TEXT("[\"\xe0\x80\x80\"]"),
        TEXT("[\"\xed\xa0\x80\"]"),
        TEXT("[\"\xf4\x90\x80\x80\"]"),
        TEXT("[\"\xf8\x88\x80\x80\x80\"]"),
        TEXT("[\"12345678\xc3\"]"),
        TEXT("{\"\xff\": 1}"),
        TEXT("[\xff]"),
        TEXT("{\"a\": 1, \"a\": 1}"),
        TEXT("{\"a\": 1, \"\\u0061\": {}}"),
        TEXT("{\"a\": {}, \"b\": [{\"c\": 1, \"c\": 2}]}"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *why = NULL;
        json_t *read = json_load_guarded(texts[i].bytes, texts[i].length, &why);
        if (read)
            fail_msg("taken: %s", texts[i].bytes);
        assert_non_null(why);
    }
}

/* Exactly the limits are let through; what is one more is not. */
static void depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 2];
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        const char *why = NULL;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        json_t *read = json_load_guarded(text, 2 * depth, &why);
        assert_int_equal(read != NULL, depth == JSON_DEPTH_MAX);
        json_decref(read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_what_jansson_makes_of_it),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
