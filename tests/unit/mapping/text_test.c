#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mapping/model.h"
#include "mapping/utf8.h"

#define FAMILY "\U0001F468‍\U0001F469‍\U0001F467" /* one grapheme of three people, 18 bytes */

/* ---- clean text
 * ----------------------------------------------------------------------------------------------------- */

static bool is_clean(const char *text)
{
    return text_is_clean(text, strlen(text));
}

static void text_in_any_script_is_clean(void **state)
{
    (void)state;
    assert_true(is_clean(""));
    assert_true(is_clean("tab\tline\nreturn\r"));
    assert_true(is_clean("é 猫 שלום " FAMILY " \U0010FFFF"));
}

static void nul_and_control_characters_are_not_clean(void **state)
{
    (void)state;
    assert_false(text_is_clean("a\0b", 3));
    assert_false(is_clean("bell\a"));
    assert_false(is_clean("\x1B[31m"));
    assert_false(is_clean("\x1F"));
}

static void malformed_utf8_is_not_clean(void **state)
{
    (void)state;
    assert_false(is_clean("\x80"));             /* a continuation alone */
    assert_false(is_clean("\xC3"));             /* cut off */
    assert_false(is_clean("\xE7\x8C"));         /* cut off */
    assert_false(is_clean("\xC0\xAF"));         /* overlong */
    assert_false(is_clean("\xE0\x80\xAF"));     /* overlong */
    assert_false(is_clean("\xF0\x80\x80\xAF")); /* overlong */
    assert_false(is_clean("\xED\xA0\x80"));     /* a surrogate */
    assert_false(is_clean("\xF4\x90\x80\x80")); /* above U+10FFFF */
    assert_false(is_clean("\xFF"));
}

/* ---- spans
 * ----------------------------------------------------------------------------------------------------------
 */

static size_t normalize(const char *text, struct span *spans, size_t count)
{
    return spans_normalize(text, strlen(text), spans, count);
}

static void spans_are_sorted_with_the_outer_one_first(void **state)
{
    struct span spans[] = {{.start = 4, .end = 6, .kind = SPAN_ITALIC},
                           {.start = 0, .end = 2, .kind = SPAN_CODE},
                           {.start = 4, .end = 9, .kind = SPAN_BOLD},
                           {.start = 4, .end = 9, .kind = SPAN_QUOTE}};
    (void)state;
    assert_int_equal(normalize("0123456789", spans, 4), 4);
    assert_int_equal(spans[0].kind, SPAN_CODE);
    assert_int_equal(spans[1].kind, SPAN_QUOTE);
    assert_int_equal(spans[2].kind, SPAN_BOLD);
    assert_int_equal(spans[3].kind, SPAN_ITALIC);
}

static void spans_that_are_empty_or_out_of_range_are_dropped(void **state)
{
    struct span spans[] = {{.start = 3, .end = 3, .kind = SPAN_BOLD},
                           {.start = 5, .end = 4, .kind = SPAN_BOLD},
                           {.start = 8, .end = 11, .kind = SPAN_BOLD},
                           {.start = 11, .end = 12, .kind = SPAN_BOLD},
                           {.start = SIZE_MAX - 1, .end = SIZE_MAX, .kind = SPAN_BOLD},
                           {.start = 8, .end = 10, .kind = SPAN_BOLD}};
    (void)state;
    assert_int_equal(normalize("0123456789", spans, 6), 1);
    assert_int_equal(spans[0].end, 10);
}

static void spans_that_cut_a_character_are_dropped(void **state)
{
    struct span spans[] = {{.start = 0, .end = 1, .kind = SPAN_BOLD},
                           {.start = 1, .end = 3, .kind = SPAN_BOLD},
                           {.start = 2, .end = 4, .kind = SPAN_BOLD},
                           {.start = 0, .end = 2, .kind = SPAN_BOLD}};
    (void)state;
    assert_int_equal(normalize("éxyz", spans, 4), 2);
    assert_int_equal(spans[0].end, 2);
    assert_int_equal(spans[1].end, 4);
}

static void spans_around_emoji_sequences_and_right_to_left_text_stay(void **state)
{
    static const char text[] = FAMILY " שלום";
    struct span spans[] = {{.start = 0, .end = strlen(FAMILY), .kind = SPAN_BOLD},
                           {.start = strlen(FAMILY) + 1, .end = sizeof text - 1, .kind = SPAN_HASHTAG}};
    (void)state;
    assert_int_equal(normalize(text, spans, 2), 2);
}

static void a_span_that_overlaps_an_earlier_one_in_part_is_dropped(void **state)
{
    struct span spans[] = {{.start = 2, .end = 8, .kind = SPAN_BOLD},
                           {.start = 5, .end = 10, .kind = SPAN_ITALIC},
                           {.start = 8, .end = 10, .kind = SPAN_CODE}};
    (void)state;
    assert_int_equal(normalize("0123456789", spans, 3), 2);
    assert_int_equal(spans[0].kind, SPAN_BOLD);
    assert_int_equal(spans[1].kind, SPAN_CODE);
}

static void links_and_their_like_never_hold_one_another(void **state)
{
    struct span spans[] = {{.start = 0, .end = 9, .kind = SPAN_LINK, .target = "https://a.example/"},
                           {.start = 2, .end = 4, .kind = SPAN_HASHTAG, .target = "x"},
                           {.start = 4, .end = 6, .kind = SPAN_BOLD},
                           {.start = 4, .end = 5, .kind = SPAN_MENTION, .target = "1"}};
    (void)state;
    assert_int_equal(normalize("0123456789", spans, 4), 2);
    assert_int_equal(spans[0].kind, SPAN_LINK);
    assert_int_equal(spans[1].kind, SPAN_BOLD);
}

static void the_same_style_twice_is_kept_once_but_quotes_nest(void **state)
{
    struct span spans[] = {
        {.start = 0, .end = 9, .kind = SPAN_BOLD},  {.start = 0, .end = 9, .kind = SPAN_BOLD},
        {.start = 2, .end = 4, .kind = SPAN_BOLD},  {.start = 0, .end = 9, .kind = SPAN_QUOTE},
        {.start = 0, .end = 9, .kind = SPAN_QUOTE}, {.start = 2, .end = 9, .kind = SPAN_QUOTE}};
    (void)state;
    assert_int_equal(normalize("0123456789", spans, 6), 3);
    assert_int_equal(spans[0].kind, SPAN_QUOTE);
    assert_int_equal(spans[1].kind, SPAN_BOLD);
    assert_int_equal(spans[2].kind, SPAN_QUOTE);
    assert_int_equal(spans[2].start, 2);
}

static void normal_spans_stay_as_they_are(void **state)
{
    struct span spans[] = {{.start = 0, .end = 9, .kind = SPAN_QUOTE},
                           {.start = 0, .end = 5, .kind = SPAN_BOLD},
                           {.start = 1, .end = 3, .kind = SPAN_LINK, .target = "https://a.example/"}};
    struct span again[3];
    (void)state;
    memcpy(again, spans, sizeof spans);
    assert_int_equal(normalize("0123456789", again, 3), 3);
    assert_memory_equal(again, spans, sizeof spans);
}

static void no_more_spans_are_kept_than_the_model_allows(void **state)
{
    static struct span spans[MODEL_SPANS_MAX + 100];
    static char text[2 * (MODEL_SPANS_MAX + 100) + 1];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < MODEL_SPANS_MAX + 100; i++)
        spans[i] = (struct span){.start = 2 * i, .end = 2 * i + 1, .kind = SPAN_BOLD};
    assert_int_equal(normalize(text, spans, MODEL_SPANS_MAX + 100), MODEL_SPANS_MAX);
}

/* ---- cutting
 * -------------------------------------------------------------------------------------------------------- */

static size_t cut(const char *text, size_t maximum)
{
    return utf8_cut(text, strlen(text), maximum);
}

static void a_text_that_fits_is_not_cut(void **state)
{
    (void)state;
    assert_int_equal(cut("hello", 5), 5);
    assert_int_equal(cut("", 0), 0);
}

static void a_text_is_cut_at_the_end_of_a_word_that_is_near(void **state)
{
    (void)state;
    assert_int_equal(cut("one two three four", 15), 13);
    assert_int_equal(cut("one twothreefourfive", 15), 15);
}

static void no_character_and_no_emoji_sequence_is_torn(void **state)
{
    (void)state;
    assert_int_equal(cut("aéé", 2), 1);
    assert_int_equal(cut(FAMILY FAMILY, strlen(FAMILY) + 10), strlen(FAMILY));
    assert_int_equal(cut(FAMILY, strlen(FAMILY) - 1), 0);
    assert_int_equal(cut("ae\xCC\x81z", 3), 1); /* e and a combining accent */
}

/* ---- times
 * ----------------------------------------------------------------------------------------------------------
 */

static void times_in_every_form_of_rfc_3339_are_read(void **state)
{
    const int64_t nine = 1793523600000; /* 2026-11-01T09:00:00Z */
    (void)state;
    assert_int_equal(time_parse("2026-11-01T09:00:00Z"), nine);
    assert_int_equal(time_parse("2026-11-01t09:00:00z"), nine);
    assert_int_equal(time_parse("9999-12-31T23:59:59.999Z"), 253402300799999);
    assert_int_equal(time_parse("9999-12-31T23:59:59-00:01"), -1); /* no four digits write that year */
    assert_int_equal(time_parse("2026-11-01 09:00:00Z"), nine);
    assert_int_equal(time_parse("2026-11-01T09:00:00.5Z"), nine + 500);
    assert_int_equal(time_parse("2026-11-01T09:00:00.123456789Z"), nine + 123);
    assert_int_equal(time_parse("2026-11-01T11:30:00+02:30"), nine);
    assert_int_equal(time_parse("2026-11-01T02:00:00-07:00"), nine);
    assert_int_equal(time_parse("2026-11-01T09:00:00+0000"), nine);
    assert_int_equal(time_parse("2026-11-01T09:00:00-00:00"), nine);
    assert_int_equal(time_parse("2026-11-01T09:00Z"), nine);
    assert_int_equal(time_parse("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(time_parse("2024-02-29T00:00:00Z"), 1709164800000);
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "now",
                                        "2026-11-01",
                                        "2026-11-01T09:00:00",
                                        "2026-11-01T09:00:00.Z",
                                        "2026-11-01T09:00:00Z ",
                                        "2026-13-01T09:00:00Z",
                                        "2026-00-01T09:00:00Z",
                                        "2026-11-31T09:00:00Z",
                                        "2025-02-29T09:00:00Z",
                                        "1900-02-29T09:00:00Z",
                                        "2026-11-01T24:00:00Z",
                                        "2026-11-01T09:60:00Z",
                                        "2026-11-01T09:00:61Z",
                                        "2026-11-01T09:00:00+24:00",
                                        "2026-11-01T09:00:00+02",
                                        "26-11-01T09:00:00Z",
                                        "-026-11-01T09:00:00Z",
                                        "1969-12-31T23:59:59Z",
                                        "2026-11-01T09:00:00ZZ"};
    (void)state;
    assert_int_equal(time_parse(NULL), -1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (time_parse(wrong[i]) != -1)
            fail_msg("\"%s\" was taken for a time", wrong[i]);
}

static void check_format(int64_t time_ms, const char *expected)
{
    char text[TIME_TEXT_MAX];
    time_format(time_ms, text);
    assert_string_equal(text, expected);
}

static void times_are_written_with_milliseconds_only_when_there_are_any(void **state)
{
    (void)state;
    check_format(0, "1970-01-01T00:00:00Z");
    check_format(1793523600000, "2026-11-01T09:00:00Z");
    check_format(1793523600007, "2026-11-01T09:00:00.007Z");
}

static void times_out_of_range_are_written_as_the_nearest_one(void **state)
{
    (void)state;
    check_format(-1, "1970-01-01T00:00:00Z");
    check_format(INT64_MIN, "1970-01-01T00:00:00Z");
    check_format(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    for (int64_t time = 0; time < 253402300799999; time += 987654321987) {
        char text[TIME_TEXT_MAX];
        time_format(time, text);
        assert_int_equal(time_parse(text), time);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_in_any_script_is_clean),
        cmocka_unit_test(nul_and_control_characters_are_not_clean),
        cmocka_unit_test(malformed_utf8_is_not_clean),
        cmocka_unit_test(spans_are_sorted_with_the_outer_one_first),
        cmocka_unit_test(spans_that_are_empty_or_out_of_range_are_dropped),
        cmocka_unit_test(spans_that_cut_a_character_are_dropped),
        cmocka_unit_test(spans_around_emoji_sequences_and_right_to_left_text_stay),
        cmocka_unit_test(a_span_that_overlaps_an_earlier_one_in_part_is_dropped),
        cmocka_unit_test(links_and_their_like_never_hold_one_another),
        cmocka_unit_test(the_same_style_twice_is_kept_once_but_quotes_nest),
        cmocka_unit_test(normal_spans_stay_as_they_are),
        cmocka_unit_test(no_more_spans_are_kept_than_the_model_allows),
        cmocka_unit_test(a_text_that_fits_is_not_cut),
        cmocka_unit_test(a_text_is_cut_at_the_end_of_a_word_that_is_near),
        cmocka_unit_test(no_character_and_no_emoji_sequence_is_torn),
        cmocka_unit_test(times_in_every_form_of_rfc_3339_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(times_are_written_with_milliseconds_only_when_there_are_any),
        cmocka_unit_test(times_out_of_range_are_written_as_the_nearest_one),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
