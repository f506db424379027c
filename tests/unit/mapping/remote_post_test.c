#include "inbound_support.h"
#include "mapping/utf8_text.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(TEST_BUDGET);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct remote_author bob = {.key = "ra_x", .handle = "bob@m.example"};

static struct inbound_note note_of(const char *html)
{
    return (struct inbound_note){.id = "https://m.example/1",
                                 .type = "Note",
                                 .url = "https://m.example/@bob/1",
                                 .content_html = html,
                                 .published = 1000};
}

static struct remote_post *post_of(const struct inbound_note *note, size_t text_max, size_t bytes_max,
                                   int unit)
{
    const struct remote_post_input input = {.note = note,
                                            .media_max = MODEL_MEDIA_MAX,
                                            .author = &bob,
                                            .reply_to = {.native = "p_1"},
                                            .root = {.native = "p_1"},
                                            .text_max = text_max,
                                            .text_max_bytes = bytes_max,
                                            .text_unit = unit,
                                            .revision = 3};
    return remote_post_make(arena, &input, NULL);
}

static const char *body_of(const struct inbound_note *note)
{
    return drawn(arena, &post_of(note, 0, 0, 0)->body);
}

static void a_note_becomes_a_post(void **state)
{
    (void)state;
    struct inbound_note note = note_of("<p>Nice <b>find</b>!</p>");
    note.language = "en";
    note.sensitive = true;
    note.updated = 2000;
    note.visibility = VISIBILITY_UNLISTED;
    note.media[0] = (struct media){.kind = MEDIA_IMAGE, .url = "https://m.example/1.png", .alt = "a cat"};
    note.media_count = 1;
    const struct remote_post *post = post_of(&note, 500, 0, TEXT_UNIT_GRAPHEMES);
    assert_int_equal(strlen(post->key), 25);
    assert_memory_equal(post->key, "rp_", 3);
    assert_string_equal(post->object_id, "https://m.example/1");
    assert_string_equal(post->url, "https://m.example/@bob/1");
    assert_ptr_equal(post->author, &bob);
    assert_string_equal(post->reply_to.native, "p_1");
    assert_string_equal(drawn(arena, &post->body), "Nice {bold|find}!");
    assert_string_equal(post->html, "<p>Nice <strong>find</strong>!</p>");
    assert_string_equal(post->languages[0], "en");
    assert_int_equal(post->language_count, 1);
    assert_true(post->sensitive);
    assert_null(post->warning);
    assert_null(post->title);
    assert_int_equal(post->visibility, VISIBILITY_UNLISTED);
    assert_int_equal(post->media_count, 1);
    assert_string_equal(post->media[0].alt, "a cat");
    assert_true(post->created == 1000 && post->edited == 2000 && post->revision == 3);
}

static void an_update_of_the_same_time_is_no_edit(void **state)
{
    (void)state;
    struct inbound_note note = note_of("x");
    note.updated = note.published; /* Discourse */
    assert_true(post_of(&note, 0, 0, 0)->edited == 0);
}

static void a_summary_is_a_warning_on_a_note_and_an_abstract_elsewhere(void **state)
{
    (void)state;
    struct inbound_note note = note_of("<p>text</p>");
    note.summary = "food <3\nand eyes";
    const struct remote_post *post = post_of(&note, 0, 0, 0);
    assert_string_equal(post->warning, "food <3 and eyes");
    assert_true(post->sensitive);
    note.type = "Article";
    note.name = "A title";
    note.summary = "<p>An <em>abstract</em></p>";
    post = post_of(&note, 0, 0, 0);
    assert_null(post->warning);
    assert_string_equal(post->title, "A title");
    assert_null(post->html);
    assert_string_equal(drawn(arena, &post->body),
                        "{bold|A title}\n\nAn {italic|abstract}\n\n"
                        "{link https://m.example/@bob/1|https://m.example/@bob/1}");
}

static void what_is_no_note_is_title_summary_and_link(void **state)
{
    (void)state;
    static const char *const types[] = {"Article", "Page", "Video", "Audio", "Image", "Event", "Document"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct inbound_note note = note_of("<p>content</p>");
        note.type = types[i];
        note.name = "Title";
        assert_string_equal(body_of(&note), "{bold|Title}\n\ncontent\n\n"
                                            "{link https://m.example/@bob/1|https://m.example/@bob/1}");
    }
    struct inbound_note note = note_of(NULL);
    note.type = "Event";
    note.url = NULL;
    assert_string_equal(body_of(&note), "{link https://m.example/1|https://m.example/1}");
}

static void the_abstract_of_a_long_article_is_short(void **state)
{
    (void)state;
    char *html = arena_alloc(arena, 20001);
    for (size_t i = 0; i < 20000; i += 5)
        memcpy(html + i, "word ", 5);
    struct inbound_note note = note_of(html);
    note.type = "Article";
    note.name = "Title";
    const struct remote_post *post = post_of(&note, 0, 0, 0);
    assert_true(post->body.length < 600 && post->body.length > 500);
    assert_non_null(strstr(post->body.text, " word…\n\nhttps://m.example/@bob/1"));
}

static void a_poll_shows_its_choices_and_where_to_vote(void **state)
{
    (void)state;
    struct poll poll = {.options = {{.name = "A"}, {.name = "B"}}, .option_count = 2};
    struct inbound_note note = note_of("<p>Which?</p>");
    note.type = "Question";
    note.poll = &poll;
    note.summary = "cw";
    const struct remote_post *post = post_of(&note, 0, 0, 0);
    assert_string_equal(drawn(arena, &post->body),
                        "Which?\n\n○ A\n○ B\n\n"
                        "{link https://m.example/@bob/1|https://m.example/@bob/1}");
    assert_ptr_equal(post->poll, &poll);
    assert_string_equal(post->warning, "cw");
}

static void votes_are_no_posts(void **state)
{
    (void)state;
    struct inbound_note note = note_of(NULL);
    note.is_vote = true;
    assert_null(post_of(&note, 0, 0, 0));
}

static void a_post_with_nothing_to_show_links_to_itself(void **state)
{
    (void)state;
    struct inbound_note note = note_of("<math><mi>x</mi></math>");
    assert_string_equal(body_of(&note), "{link https://m.example/@bob/1|https://m.example/@bob/1}");
    note.media[0] = (struct media){.url = "https://m.example/1.png"};
    note.media_count = 1;
    assert_string_equal(body_of(&note), "");
}

static void people_of_ours_are_named_once(void **state)
{
    (void)state;
    struct inbound_note note =
        note_of("<p><a class=mention href=\"https://b.example/@alice\">@alice</a> hi</p>");
    const struct inbound_person people[] = {
        {"https://b.example/u/a", "https://b.example/@alice", "u_42"},
        {"https://b.example/u/a", NULL, "u_42"},
        {"https://b.example/u/b", NULL, "u_43"},
    };
    const struct remote_post_input input = {
        .note = &note, .media_max = MODEL_MEDIA_MAX, .author = &bob, .people = people, .people_count = 3};
    const struct remote_post *post = remote_post_make(arena, &input, NULL);
    assert_int_equal(post->mention_count, 2);
    assert_string_equal(post->mentions[0], "u_42");
    assert_string_equal(post->mentions[1], "u_43");
    assert_string_equal(drawn(arena, &post->body), "{mention u_42|@alice} hi");
}

static void a_quote_that_is_kept_needs_no_stand_in(void **state)
{
    (void)state;
    struct inbound_note note = note_of(
        "<p>Look<span class=\"quote-inline\"><br><br>RE: <a href=\"https://x.example/9\">x</a></span></p>");
    note.quote_of = "https://x.example/9";
    assert_string_equal(body_of(&note), "Look\n\nRE: {link https://x.example/9|x}");
    const struct remote_post_input input = {
        .note = &note, .media_max = MODEL_MEDIA_MAX, .author = &bob, .quote_of = {.native = "p_9"}};
    const struct remote_post *post = remote_post_make(arena, &input, NULL);
    assert_string_equal(drawn(arena, &post->body), "Look");
    assert_string_equal(post->quote_of.native, "p_9");
}

/* ---- length
 * ---------------------------------------------------------------------------------------------------------
 */

static void every_unit_is_counted_as_the_platform_does(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bytes, points, utf16, graphemes;
    } cases[] = {
        {"abc", 3, 3, 3, 3},       {"äö", 4, 2, 2, 2},
        {"🦉", 4, 1, 2, 1},      {"👩‍👩‍👧", 18, 5, 8, 1},
        {"e\xcc\x81", 3, 2, 2, 1}, {"🇩🇪🇫🇷", 16, 4, 8, 2},
        {"", 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = strlen(cases[i].text);
        assert_int_equal(text_measure(cases[i].text, length, TEXT_UNIT_BYTES), cases[i].bytes);
        assert_int_equal(text_measure(cases[i].text, length, TEXT_UNIT_CODE_POINTS), cases[i].points);
        assert_int_equal(text_measure(cases[i].text, length, TEXT_UNIT_UTF16), cases[i].utf16);
        assert_int_equal(text_measure(cases[i].text, length, TEXT_UNIT_GRAPHEMES), cases[i].graphemes);
    }
}

static void a_text_that_fits_exactly_is_left_alone(void **state)
{
    (void)state;
    struct inbound_note note = note_of("<p>👩‍👩‍👧🦉é</p>");
    assert_string_equal(post_of(&note, 3, 0, TEXT_UNIT_GRAPHEMES)->body.text, "👩‍👩‍👧🦉é");
    assert_string_equal(post_of(&note, 11, 0, TEXT_UNIT_UTF16)->body.text, "👩‍👩‍👧🦉é");
    assert_string_not_equal(post_of(&note, 10, 0, TEXT_UNIT_UTF16)->body.text, "👩‍👩‍👧🦉é");
    assert_string_not_equal(post_of(&note, 2, 0, TEXT_UNIT_GRAPHEMES)->body.text, "👩‍👩‍👧🦉é");
    assert_string_not_equal(post_of(&note, 3, 23, TEXT_UNIT_GRAPHEMES)->body.text,
                            "👩‍👩‍👧🦉é");
}

static void a_long_text_is_cut_at_a_word_with_a_link(void **state)
{
    (void)state;
    struct inbound_note note =
        note_of("<p>one two three four five six seven eight nine ten eleven twelve thirteen "
                "fourteen fifteen sixteen</p>");
    struct loss loss = {.entries = json_array()};
    const struct remote_post_input input = {.note = &note,
                                            .media_max = MODEL_MEDIA_MAX,
                                            .author = &bob,
                                            .text_max = 60,
                                            .text_unit = TEXT_UNIT_GRAPHEMES};
    const struct remote_post *post = remote_post_make(arena, &input, &loss);
    assert_string_equal(drawn(arena, &post->body),
                        "one two three four five six seven… "
                        "{link https://m.example/@bob/1|https://m.example/@bob/1}");
    assert_null(post->html);
    assert_int_equal(json_array_size(loss.entries), 1);
    json_decref(loss.entries);
}

static void nothing_is_torn_by_a_cut(void **state)
{
    (void)state;
    struct inbound_note note =
        note_of("<p>👩‍👩‍👧 <b>bold text</b> <a "
                "href=\"https://a.example/long/path\">https://a.example/long/path</a> 🇩🇪🇫🇷 "
                "<a href=\"https://m.example/tags/cats\" rel=tag>#cats</a> e\xcc\x81nd of it all</p>");
    for (int unit = TEXT_UNIT_BYTES; unit <= TEXT_UNIT_GRAPHEMES; unit++)
        for (size_t maximum = 1; maximum < 120; maximum++) {
            const struct rich_text *body = &post_of(&note, maximum, 0, unit)->body;
            assert_true(text_measure(body->text, body->length, unit) <= maximum);
            assert_true(text_is_clean(body->text, body->length));
            for (size_t i = 0; i < body->span_count; i++) {
                const struct span *span = &body->spans[i];
                assert_true(span->start < span->end && span->end <= body->length);
                if (span->kind == SPAN_LINK)
                    assert_memory_equal(body->text + span->start, span->target, strlen(span->target));
                if (span->kind == SPAN_HASHTAG)
                    assert_memory_equal(body->text + span->start, "#cats", 5);
            }
        }
}

static void a_text_without_spaces_is_cut_between_characters(void **state)
{
    (void)state;
    char *html = arena_alloc(arena, 3001);
    for (size_t i = 0; i < 3000; i += 3)
        memcpy(html + i, "語", 3);
    struct inbound_note note = note_of(html);
    const struct rich_text *body = &post_of(&note, 100, 0, TEXT_UNIT_GRAPHEMES)->body;
    assert_int_equal(text_measure(body->text, body->length, TEXT_UNIT_GRAPHEMES), 100);
    assert_non_null(strstr(body->text, "語… https://m.example/@bob/1"));
}

static void where_the_link_takes_all_room_only_the_text_is_kept(void **state)
{
    (void)state;
    struct inbound_note note = note_of("<p>some words to be shortened</p>");
    assert_string_equal(drawn(arena, &post_of(&note, 20, 0, TEXT_UNIT_GRAPHEMES)->body), "some words to be…");
    assert_string_equal(post_of(&note, 1, 0, TEXT_UNIT_GRAPHEMES)->body.text, "…");
    assert_string_equal(post_of(&note, 1, 0, TEXT_UNIT_BYTES)->body.text, "");
}

static void both_limits_hold(void **state)
{
    (void)state;
    struct inbound_note note =
        note_of("<p>ああああ ああああ ああああ ああああ ああああ ああああ ああああ ああああ</p>");
    const struct rich_text *body = &post_of(&note, 60, 90, TEXT_UNIT_GRAPHEMES)->body;
    assert_true(body->length <= 90);
    assert_non_null(strstr(body->text, "… https://m.example/@bob/1"));
}

static void a_text_beyond_all_bounds_is_cut_with_a_link(void **state)
{
    (void)state;
    char *html = arena_alloc(arena, 120001);
    for (size_t i = 0; i < 120000; i += 5)
        memcpy(html + i, "word ", 5);
    struct inbound_note note = note_of(html);
    const struct rich_text *body = &post_of(&note, 0, 0, 0)->body;
    assert_true(body->length <= MODEL_TEXT_MAX && body->length > MODEL_TEXT_MAX - 100);
    assert_string_equal(body->text + body->length - strlen("https://m.example/@bob/1"),
                        "https://m.example/@bob/1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_note_becomes_a_post),
        TEST(an_update_of_the_same_time_is_no_edit),
        TEST(a_summary_is_a_warning_on_a_note_and_an_abstract_elsewhere),
        TEST(what_is_no_note_is_title_summary_and_link),
        TEST(the_abstract_of_a_long_article_is_short),
        TEST(a_poll_shows_its_choices_and_where_to_vote),
        TEST(votes_are_no_posts),
        TEST(a_post_with_nothing_to_show_links_to_itself),
        TEST(people_of_ours_are_named_once),
        TEST(a_quote_that_is_kept_needs_no_stand_in),
        TEST(every_unit_is_counted_as_the_platform_does),
        TEST(a_text_that_fits_exactly_is_left_alone),
        TEST(a_long_text_is_cut_at_a_word_with_a_link),
        TEST(nothing_is_torn_by_a_cut),
        TEST(a_text_without_spaces_is_cut_between_characters),
        TEST(where_the_link_takes_all_room_only_the_text_is_kept),
        TEST(both_limits_hold),
        TEST(a_text_beyond_all_bounds_is_cut_with_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
