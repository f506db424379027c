#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract.h"

struct world {
    const struct adapter_class *class;
    struct adapter *adapter;
    struct operation *operation;
};

static const struct operation_input input = {.kind = OPERATION_POST, .post = "p_901"};

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.class = contract_class(), .adapter = contract_discovered()};
    *state = &world;
    return world.adapter ? 0 : 1;
}

static int teardown(void **state)
{
    struct world *world = *state;
    world->class->operation_free(world->operation);
    world->class->close(world->adapter);
    return 0;
}

/* The post of `members`, which follow id, author and rev; NULL when it is refused. */
static const struct post *read_post(struct world *world, const char *members)
{
    static char body[1 << 17];
    (void)snprintf(body, sizeof body, "{\"id\":\"p_901\",\"author\":\"u_42\",\"rev\":2,%s}", members);
    world->class->operation_free(world->operation);
    world->operation = world->class->operation_new(world->adapter, &input);
    (void)world->class->operation_step(world->operation, NULL);
    if (contract_answer(world->operation, 200, body) != OPERATION_DONE)
        return NULL;
    return world->class->operation_result(world->operation)->posts;
}

static void a_post_is_read_whole(void **state)
{
    const struct post *post = read_post(
        *state,
        "\"created\":\"2026-08-22T09:59:00.000Z\",\"edited\":\"2026-08-22T10:01:00.000Z\","
        "\"url\":\"https://pinboard.example/@alice/901\",\"kind\":\"note\",\"title\":null,"
        "\"text\":\"Saw a \\ud83e\\udd89 with @bob@mastodon.example #owl\",\"spans\":["
        "{\"start\":16,\"end\":37,\"type\":\"mention\",\"remote\":\"ra_7Q\"},"
        "{\"start\":38,\"end\":42,\"type\":\"tag\",\"tag\":\"owl\"}],"
        "\"html\":\"<p>x</p>\",\"lang\":[\"en\",7,\"\",\"de\"],\"sensitive\":true,\"warning\":\"birds\","
        "\"visibility\":\"unlisted\",\"reply_to\":{\"remote\":\"rp_5fK\",\"local\":null},"
        "\"quote_of\":{\"local\":\"p_1\"},\"repost_of\":null,"
        "\"media\":[{\"id\":\"m_1\",\"kind\":\"image\",\"url\":\"https://cdn.example/1.jpg\","
        "\"type\":\"image/jpeg\",\"bytes\":183220,\"width\":1600,\"height\":1200,\"alt\":\"An owl\","
        "\"focus\":[0,0.2],\"blurhash\":\"L0\",\"thumb\":{\"url\":\"https://cdn.example/t.jpg\"}},"
        "{\"kind\":\"image\",\"url\":\"javascript:alert(1)\"}],"
        "\"card\":{\"url\":\"https://x.example\",\"title\":\"X\"},"
        "\"poll\":{\"options\":[{\"name\":\"yes\",\"votes\":3},{\"name\":\"no\"}],\"multiple\":true,"
        "\"ends\":\"2026-08-23T00:00:00Z\",\"voters\":3},"
        "\"reply_policy\":\"followers\",\"quotable\":true,\"counts\":{\"likes\":3,\"reposts\":0,\"replies\":"
        "1},"
        "\"federate\":true");
    assert_non_null(post);
    assert_int_equal(post->revision, 2);
    assert_true(post->created == INT64_C(1787392740000));
    assert_true(post->edited == INT64_C(1787392860000));
    assert_int_equal(post->body.length, 42);
    assert_int_equal(post->body.span_count, 2);
    assert_int_equal(post->body.spans[0].kind, SPAN_REMOTE_MENTION);
    assert_string_equal(post->body.spans[0].target, "ra_7Q");
    assert_memory_equal(post->body.text + post->body.spans[0].start, "@bob@mastodon.example", 21);
    assert_int_equal(post->body.spans[1].kind, SPAN_HASHTAG);
    assert_string_equal(post->html, "<p>x</p>");
    assert_int_equal(post->language_count, 2);
    assert_string_equal(post->languages[1], "de");
    assert_true(post->sensitive && post->federate && post->quotable);
    assert_string_equal(post->warning, "birds");
    assert_int_equal(post->visibility, VISIBILITY_UNLISTED);
    assert_string_equal(post->reply_to.remote, "rp_5fK");
    assert_null(post->reply_to.native);
    assert_string_equal(post->quote_of.native, "p_1");
    assert_int_equal(post->media_count, 1);
    assert_int_equal(post->media[0].bytes, 183220);
    assert_true(post->media[0].has_focus);
    assert_string_equal(post->media[0].thumbnail_url, "https://cdn.example/t.jpg");
    assert_string_equal(post->card->title, "X");
    assert_int_equal(post->poll->option_count, 2);
    assert_int_equal(post->poll->options[0].votes, 3);
    assert_true(post->poll->multiple);
    assert_int_equal(post->reply_policy, REPLY_FOLLOWERS);
    assert_int_equal(post->likes, 3);
}

static void what_is_not_said_to_be_public_stays_home(void **state)
{
    assert_int_equal(read_post(*state, "\"text\":\"x\"")->visibility, VISIBILITY_DIRECT);
    assert_int_equal(read_post(*state, "\"text\":\"x\",\"visibility\":\"everyone\"")->visibility,
                     VISIBILITY_DIRECT);
    assert_int_equal(read_post(*state, "\"text\":\"x\",\"visibility\":\"followers\"")->visibility,
                     VISIBILITY_FOLLOWERS);
    assert_int_equal(read_post(*state, "\"text\":\"x\",\"visibility\":\"public\"")->visibility,
                     VISIBILITY_PUBLIC);
    assert_false(read_post(*state, "\"text\":\"x\",\"federate\":false")->federate);
    assert_false(read_post(*state, "\"text\":\"x\"")->quotable);
    assert_int_equal(read_post(*state, "\"text\":\"x\"")->reply_policy, REPLY_EVERYONE);
    assert_int_equal(read_post(*state, "\"text\":\"x\",\"reply_policy\":\"vips\"")->reply_policy,
                     REPLY_NOBODY);
}

static void spans_of_every_type_are_read(void **state)
{
    static const struct {
        const char *span;
        enum span_kind kind;
        const char *target;
    } cases[] = {
        {"\"type\":\"link\",\"url\":\"https://x.example/\"", SPAN_LINK, "https://x.example/"},
        {"\"type\":\"mention\",\"local\":\"u_1\"", SPAN_MENTION, "u_1"},
        {"\"type\":\"mention\",\"local\":null,\"remote\":\"ra_1\"", SPAN_REMOTE_MENTION, "ra_1"},
        {"\"type\":\"tag\",\"tag\":\"owl\"", SPAN_HASHTAG, "owl"},
        {"\"type\":\"emoji\",\"url\":\"https://x.example/e.png\"", SPAN_EMOJI, "https://x.example/e.png"},
        {"\"type\":\"bold\"", SPAN_BOLD, NULL},
        {"\"type\":\"italic\"", SPAN_ITALIC, NULL},
        {"\"type\":\"strike\"", SPAN_STRIKE, NULL},
        {"\"type\":\"code\"", SPAN_CODE, NULL},
        {"\"type\":\"preformatted\"", SPAN_PREFORMATTED, NULL},
        {"\"type\":\"quote\"", SPAN_QUOTE, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char members[256];
        (void)snprintf(members, sizeof members, "\"text\":\"hello\",\"spans\":[{\"start\":0,\"end\":5,%s}]",
                       cases[i].span);
        const struct post *post = read_post(*state, members);
        assert_int_equal(post->body.span_count, 1);
        assert_int_equal(post->body.spans[0].kind, cases[i].kind);
        if (cases[i].target)
            assert_string_equal(post->body.spans[0].target, cases[i].target);
    }
}

static void spans_that_do_not_fit_are_left_out(void **state)
{
    static const char *const bad[] = {
        "{\"start\":0,\"end\":6,\"type\":\"bold\"}",
        "{\"start\":3,\"end\":3,\"type\":\"bold\"}",
        "{\"start\":4,\"end\":2,\"type\":\"bold\"}",
        "{\"start\":-1,\"end\":2,\"type\":\"bold\"}",
        "{\"start\":0,\"end\":9007199254740992,\"type\":\"bold\"}",
        "{\"start\":0,\"end\":2,\"type\":\"bold\"}", /* cuts the é in two */
        "{\"start\":0,\"type\":\"bold\"}",
        "{\"start\":0,\"end\":5,\"type\":\"sparkle\"}",
        "{\"start\":0,\"end\":5,\"type\":\"\"}",
        "{\"start\":0,\"end\":5,\"type\":\"link\",\"url\":\"javascript:x\"}",
        "{\"start\":0,\"end\":5,\"type\":\"link\",\"url\":\"https://x\\\"y\"}",
        "{\"start\":0,\"end\":5,\"type\":\"mention\"}",
        "{\"start\":0,\"end\":5,\"type\":\"tag\",\"tag\":\"\"}",
        "7",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char members[256];
        (void)snprintf(members, sizeof members, "\"text\":\"h\xC3\xA9ll\",\"spans\":[%s]", bad[i]);
        const struct post *post = read_post(*state, members);
        assert_non_null(post);
        if (post->body.span_count)
            fail_msg("kept: %s", bad[i]);
    }
}

static void no_post_is_lost_for_a_control_character(void **state)
{
    const struct post *post =
        read_post(*state, "\"text\":\"a\\u0000b\\u0007\\tc\",\"warning\":\"x\\u001by\",\"spans\":["
                          "{\"start\":2,\"end\":3,\"type\":\"bold\"}]");
    assert_non_null(post);
    assert_int_equal(post->body.length, 6);
    assert_string_equal(post->body.text, "a b \tc");
    assert_int_equal(post->body.spans[0].start, 2);
    assert_string_equal(post->warning, "x y");
}

/* 65,535 letters and an é: one byte of it is beyond what a post may have. */
static void what_is_too_long_is_cut_and_not_left_out(void **state)
{
    enum { LONG = MODEL_TEXT_MAX - 1, ALT = 20000 };
    char *members = malloc(LONG + ALT + 300);
    char *at = members + sprintf(members, "\"text\":\"");
    memset(at, 'a', LONG);
    at += LONG;
    at += sprintf(at,
                  "\xC3\xA9\",\"spans\":[{\"start\":1,\"end\":3,\"type\":\"bold\"},{\"start\":%d,\"end\":"
                  "%d,\"type\":\"bold\"}],\"media\":[{\"kind\":\"image\",\"url\":\"https://c.example/1\","
                  "\"alt\":\"",
                  LONG - 1, LONG + 2);
    memset(at, 'b', ALT);
    (void)strcpy(at + ALT, "\"}],\"poll\":{\"options\":[{\"name\":\"yes\"},{\"name\":\"no\"}]}");
    const struct post *post = read_post(*state, members);
    assert_non_null(post);
    assert_int_equal(post->body.length, LONG);
    assert_int_equal(post->body.span_count, 1);
    assert_int_equal(strlen(post->media[0].alt), 16384);
    free(members);
}

static void broken_posts_are_refused(void **state)
{
    struct world *world = *state;
    assert_null(read_post(world, "\"text\":null"));
    assert_null(read_post(world, "\"text\":7"));
    assert_null(read_post(world, "\"text\":\"x\",\"rev\":3")); /* a name that stands twice */
    assert_non_null(read_post(world, "\"text\":\"\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_post_is_read_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_said_to_be_public_stays_home, setup, teardown),
        cmocka_unit_test_setup_teardown(spans_of_every_type_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(spans_that_do_not_fit_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(no_post_is_lost_for_a_control_character, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_cut_and_not_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_posts_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
