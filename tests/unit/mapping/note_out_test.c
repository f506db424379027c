#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "mapping/outbound.h"

enum { ACTIVITY_MAX = 60 * 1024 };

/* `length` bytes of `piece`, over and over, cut between pieces. The caller frees it. */
static char *repeated(const char *piece, size_t length)
{
    char *text = calloc(1, length + 1);
    assert_non_null(text);
    size_t size = strlen(piece);
    for (size_t at = 0; at + size <= length; at += size)
        memcpy(text + at, piece, size);
    return text;
}

static struct outbound_note note_of(const struct post *post)
{
    return (struct outbound_note){.post = post,
                                  .base = "https://b.example",
                                  .aid = "abcdefghij234",
                                  .oid = "ponmlkjihgfedcba",
                                  .name = "alice",
                                  .published = 1793523600000,
                                  .platform_name = "platform"};
}

static void assert_fits(const json_t *document)
{
    size_t length = 0;
    json_t *activity = create_activity(document);
    char *text = document_text(activity, &length);
    assert_true(length < ACTIVITY_MAX);
    json_t *again = json_loadb(text, length, 0, NULL);
    assert_true(json_equal(again, activity));
    json_decref(again);
    json_decref(activity);
    free(text);
}

static size_t count_entries(const struct loss *loss, const char *what)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(loss->entries); i++)
        count +=
            strcmp(json_string_value(json_object_get(json_array_get(loss->entries, i), "what")), what) == 0;
    return count;
}

static void a_post_with_too_much_of_everything_still_fits(void **state)
{
    static struct media media[MODEL_MEDIA_MAX];
    static struct span spans[MODEL_SPANS_MAX];
    static char tags[MODEL_SPANS_MAX][64];
    char *body = repeated("#tag and more & ", MODEL_TEXT_MAX);
    char *alt = repeated("\"alt\" ", 20000);
    char *address = repeated("x", 1900);
    char *link = calloc(1, 2048);
    (void)state;
    assert_non_null(link);
    (void)strcat(strcat(link, "https://a.example/"), address);
    for (size_t i = 0; i < MODEL_MEDIA_MAX; i++)
        media[i] = (struct media){.url = link, .alt = alt};
    for (size_t i = 0; i < MODEL_SPANS_MAX; i++) {
        (void)strcat(tags[i], i % 2 ? "tag" : "");
        tags[i][i % 2 ? 3 : 0] = (char)('a' + i % 26);
        spans[i] = (struct span){.start = i * 16,
                                 .end = i * 16 + 4,
                                 .kind = i % 2 ? SPAN_HASHTAG : SPAN_LINK,
                                 .target = i % 2 ? tags[i] : link};
    }
    struct post post = {
        .id = "1",
        .author = "2",
        .warning = alt,
        .title = alt,
        .body = {.text = body, .length = strlen(body), .spans = spans, .span_count = MODEL_SPANS_MAX},
        .media = media,
        .media_count = MODEL_MEDIA_MAX,
        .languages = {"en"},
        .language_count = 1};
    struct outbound_note note = note_of(&post);
    struct loss loss = {.entries = json_array()};
    json_t *document = note_document(&note, &loss);
    assert_non_null(document);
    assert_fits(document);
    assert_int_equal(count_entries(&loss, "text"), 1);
    assert_int_equal(count_entries(&loss, "image 32 of 32"), 1);
    json_decref(document);
    json_decref(loss.entries);
    free(body);
    free(alt);
    free(address);
    free(link);
}

static void a_long_text_is_cut_only_as_far_as_it_must(void **state)
{
    static const char *const pieces[] = {"plain words ",           "&", "\"", "line\n", "word\n\n", "é",
                                         "\U0001F469‍\U0001F467"};
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        char *body = repeated(pieces[i], MODEL_TEXT_MAX);
        struct post post = {.id = "1", .author = "2", .body = {.text = body, .length = strlen(body)}};
        struct outbound_note note = note_of(&post);
        json_t *document = note_document(&note, NULL);
        assert_non_null(document);
        assert_fits(document);
        assert_true(json_string_length(json_object_get(document, "content")) > (size_t)40000);
        json_decref(document);
        free(body);
    }
}

static void a_note_can_be_made_without_a_loss_report(void **state)
{
    struct post post = {
        .id = "1", .author = "2", .reply_policy = REPLY_NOBODY, .body = {.text = "x", .length = 1}};
    struct outbound_note note = note_of(&post);
    struct loss nobody = {0};
    (void)state;
    json_t *one = note_document(&note, NULL);
    json_t *other = note_document(&note, &nobody);
    assert_non_null(one);
    assert_true(json_equal(one, other));
    json_decref(one);
    json_decref(other);
}

static void the_same_post_always_gives_the_same_bytes(void **state)
{
    struct media media = {
        .url = "https://a.example/1.jpg", .has_focus = true, .focus_x = 0.1, .focus_y = 1.0 / 3};
    struct post post = {.id = "1", .author = "2", .media = &media, .media_count = 1};
    struct outbound_note note = note_of(&post);
    size_t length = 0;
    (void)state;
    json_t *document = note_document(&note, NULL);
    char *one = document_text(document, &length);
    assert_non_null(strstr(one, "\"focalPoint\":[0.1,0.333333]"));
    assert_int_equal(length, strlen(one));
    json_decref(document);
    document = note_document(&note, NULL);
    char *other = document_text(document, &length);
    assert_string_equal(one, other);
    json_decref(document);
    free(one);
    free(other);
}

static void activities_leave_the_object_as_it_was(void **state)
{
    struct post post = {.id = "1", .author = "2", .body = {.text = "x", .length = 1}};
    struct outbound_note note = note_of(&post);
    (void)state;
    json_t *document = note_document(&note, NULL);
    json_t *before = json_deep_copy(document);
    json_decref(create_activity(document));
    json_decref(
        update_activity(document, "https://b.example/u/abcdefghij234", "https://b.example/x#update-1"));
    assert_true(json_equal(document, before));
    json_decref(before);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_with_too_much_of_everything_still_fits),
        cmocka_unit_test(a_long_text_is_cut_only_as_far_as_it_must),
        cmocka_unit_test(a_note_can_be_made_without_a_loss_report),
        cmocka_unit_test(the_same_post_always_gives_the_same_bytes),
        cmocka_unit_test(activities_leave_the_object_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
