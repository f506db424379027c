#include "vectors.h"

#include <math.h>

#include "gateway/sig/jcs.h"

static void assert_canonical(const char *text, const char *expected)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    struct buffer out;
    buffer_init(&out, 65536);
    assert_non_null(value);
    assert_true(jcs_write(value, &out));
    assert_string_equal(buffer_text(&out), expected);
    buffer_clear(&out);
    json_decref(value);
}

/* RFC 8785 §3.2.2 to §3.2.4 */
static void the_samples_of_the_rfc_come_out(void **state)
{
    assert_canonical("{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],"
                     "\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\","
                     "\"literals\": [null, true, false]}",
                     "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                     "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

static void members_are_sorted_by_utf16_units(void **state)
{
    assert_canonical(
        "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,"
        "\"\\u00f6\":7}",
        "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001F600\":5,\"\ufb33\":3}");
    assert_canonical("{\"aa\":1,\"a\":2,\"\":3,\"b\":{\"z\":1,\"y\":[{\"d\":1,\"c\":2}]}}",
                     "{\"\":3,\"a\":2,\"aa\":1,\"b\":{\"y\":[{\"c\":2,\"d\":1}],\"z\":1}}");
    assert_canonical("{\"\\uffff\":1,\"\\ud800\\udc00\":2,\"\\ue000\":3,\"\\ud7ff\":4}",
                     "{\"\ud7ff\":4,\"\U00010000\":2,\"\ue000\":3,\"\uffff\":1}");
}

static void strings_are_escaped_as_little_as_may_be(void **state)
{
    assert_canonical("\"\\b\\t\\n\\f\\r\\u001f\\u007f\\/\\u00e9\"", "\"\\b\\t\\n\\f\\r\\u001f\x7f/\u00e9\"");
    assert_canonical("\"\"", "\"\"");
}

/* RFC 8785 appendix B */
static void numbers_are_those_of_appendix_b(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } numbers[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double number;
        char text[JCS_NUMBER_SIZE];
        memcpy(&number, &numbers[i].bits, sizeof number);
        jcs_number(number, text);
        assert_string_equal(text, numbers[i].text);
    }
    assert_canonical("[-0, -0.0, 56.0, 1e0, 9007199254740993, -1]", "[0,0,56,1,9007199254740992,-1]");
}

/* Every text reads back as the number it was made of, over all magnitudes. */
static void numbers_read_back_the_same(void **state)
{
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double number;
        char text[JCS_NUMBER_SIZE];
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
        jcs_number(number, text);
        assert_true(strtod(text, NULL) == number);
    }
}

static void depth_and_length_have_their_limits(void **state)
{
    json_t *deep = json_integer(1);
    for (int i = 0; i < JCS_DEPTH_MAX + 1; i++) {
        json_t *array = json_array();
        (void)json_array_append_new(array, deep);
        deep = array;
    }
    struct buffer out;
    buffer_init(&out, 65536);
    assert_false(jcs_write(deep, &out));
    assert_false(out.failed);
    assert_true(jcs_write(json_array_get(deep, 0), &out));
    buffer_clear(&out);
    buffer_init(&out, 8);
    assert_false(jcs_write(deep, &out));
    json_decref(deep);
    deep = json_string("a long string");
    assert_false(jcs_write(deep, &out));
    json_decref(deep);
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_of_the_rfc_come_out),
        cmocka_unit_test(members_are_sorted_by_utf16_units),
        cmocka_unit_test(strings_are_escaped_as_little_as_may_be),
        cmocka_unit_test(numbers_are_those_of_appendix_b),
        cmocka_unit_test(numbers_read_back_the_same),
        cmocka_unit_test(depth_and_length_have_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
