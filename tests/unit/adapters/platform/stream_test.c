#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract.h"

/* What the stream said, in order, as text: "event KIND KEY", "cursor CURSOR", "send TEXT". */
struct world {
    const struct adapter_class *class;
    struct adapter *adapter;
    struct stream *stream;
    struct stream_sink sink;
    char said[4096];
    struct event last;
    char key[128], account[64], subject[300], text[128];
    bool has_post, refuse;
};

static void say(struct world *world, const char *what, const void *bytes, size_t length)
{
    size_t used = strlen(world->said);
    (void)snprintf(world->said + used, sizeof world->said - used, "%s %.*s\n", what, (int)length,
                   (const char *)bytes);
}

static bool take_event(void *context, const struct event *event)
{
    struct world *world = context;
    if (world->refuse)
        return false;
    world->last = *event;
    (void)snprintf(world->key, sizeof world->key, "%s", event->key);
    (void)snprintf(world->account, sizeof world->account, "%s", event->account ? event->account : "");
    (void)snprintf(world->subject, sizeof world->subject, "%s", event->subject ? event->subject : "");
    world->has_post = event->post != NULL;
    (void)snprintf(world->text, sizeof world->text, "%s", event->post ? event->post->body.text : "");
    say(world, "event", event->key, strlen(event->key));
    return true;
}

static void take_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    say(context, "cursor", cursor.data, cursor.length);
    if (ack.length)
        say(context, "ack", ack.data, ack.length);
}

static void take_send(void *context, struct adapter_bytes text)
{
    say(context, "send", text.data, text.length);
}

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.class = contract_class(), .adapter = contract_discovered()};
    world.sink = (struct stream_sink){
        .context = &world, .event = take_event, .cursor = take_cursor, .send = take_send};
    *state = &world;
    return world.adapter ? 0 : 1;
}

static int teardown(void **state)
{
    struct world *world = *state;
    world->class->stream_free(world->stream);
    world->class->close(world->adapter);
    return 0;
}

static void open_at(struct world *world, const char *cursor)
{
    world->class->stream_free(world->stream);
    world->said[0] = '\0';
    world->stream = world->class->stream_new(world->adapter, (struct adapter_bytes){cursor, strlen(cursor)});
    assert_non_null(world->stream);
}

static bool feed(struct world *world, const char *text)
{
    world->said[0] = '\0';
    return world->class->stream_feed(world->stream, (struct adapter_bytes){text, strlen(text)}, false,
                                     &world->sink);
}

#define HELLO                                                                                                \
    "{\"op\":\"hello\",\"contract\":\"1\",\"epoch\":\"e7\",\"earliest\":1,\"latest\":184201,\"heartbeat_"    \
    "s\":30,"                                                                                                \
    "\"window\":500,\"session\":\"s_9\"}"
#define WATCH "send {\"op\":\"watch\",\"accounts\":\"*\"}\n"

static void begin_at(struct world *world, const char *cursor)
{
    open_at(world, cursor);
    assert_true(feed(world, HELLO));
}

static struct stream_close close_with(struct world *world, int status, int code, const char *reason)
{
    return world->class->stream_closed(world->stream, status, code,
                                       (struct adapter_bytes){reason, strlen(reason)});
}

/* ---- opening */

static void the_plan_carries_the_cursor_and_never_the_token(void **state)
{
    struct world *world = *state;
    open_at(world, "e7:184200");
    const struct stream_plan *plan = world->class->stream_plan(world->stream);
    assert_string_equal(plan->url, "wss://api.pinboard.example/v1/stream?cursor=184200");
    assert_string_equal(plan->subprotocol, "drawbridge.v1.json");
    assert_true(plan->authenticate);
    assert_int_equal(plan->ping_ms, 30000);
    assert_int_equal(plan->silence_ms, 75000);
    assert_int_equal(plan->message_max, 1 << 20);
    const char *const none[] = {"", "e7", ":7", "e7:", "e7:x", "e7:-1", "e7:9007199254740992", "e7:1 "};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        open_at(world, none[i]);
        assert_string_equal(world->class->stream_plan(world->stream)->url,
                            "wss://api.pinboard.example/v1/stream");
    }
    open_at(world, "e:7:0");
    assert_string_equal(world->class->stream_plan(world->stream)->url,
                        "wss://api.pinboard.example/v1/stream?cursor=0");
}

static void without_a_cursor_the_stream_begins_live_and_all_is_compared(void **state)
{
    struct world *world = *state;
    begin_at(world, "");
    assert_string_equal(world->said, WATCH "event gap:e7:184201\ncursor e7:184201\n");
    assert_int_equal(world->last.kind, EVENT_GAP);
}

static void with_a_cursor_the_stream_goes_on(void **state)
{
    struct world *world = *state;
    begin_at(world, "e7:184200");
    assert_string_equal(world->said, WATCH);
    assert_true(feed(world, "{\"op\":\"event\",\"event\":{\"seq\":184201,\"type\":\"ping\"}}"));
    assert_string_equal(world->said,
                        "event e7:184201\ncursor e7:184201\nack {\"op\":\"ack\",\"seq\":184201}\n");
}

static void what_the_platform_no_longer_keeps_is_a_gap(void **state)
{
    struct world *world = *state;
    open_at(world, "e7:100");
    assert_true(feed(world, "{\"op\":\"hello\",\"contract\":\"1\",\"epoch\":\"e7\",\"earliest\":102,"
                            "\"latest\":200}"));
    assert_string_equal(world->said, WATCH "event gap:e7:102\n");
    open_at(world, "e7:100");
    assert_true(feed(world, "{\"op\":\"hello\",\"contract\":\"1\",\"epoch\":\"e7\",\"earliest\":101,"
                            "\"latest\":200}"));
    assert_string_equal(world->said, WATCH);
}

static void a_new_epoch_or_a_shorter_history_is_compared_by_rest(void **state)
{
    struct world *world = *state;
    open_at(world, "e6:184200");
    assert_false(feed(world, HELLO));
    assert_int_equal(close_with(world, 0, 1001, "").next, STREAM_RECONCILE);
    open_at(world, "e7:184202");
    assert_false(feed(world, HELLO));
    assert_int_equal(close_with(world, 0, 0, "").next, STREAM_RECONCILE);
}

static void another_version_of_the_contract_is_told_to_the_operator(void **state)
{
    struct world *world = *state;
    open_at(world, "");
    assert_false(feed(world, "{\"op\":\"hello\",\"contract\":\"2\",\"epoch\":\"e7\",\"earliest\":1,"
                             "\"latest\":2}"));
    assert_int_equal(close_with(world, 0, 1000, "").next, STREAM_STOP);
}

/* ---- events */

static void every_type_of_event_is_known(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *type, *subject;
        enum event_kind kind;
        const char *read;
    } cases[] = {
        {"post.created", "\"p_1\"", EVENT_POST_CREATED, "p_1"},
        {"post.updated", "\"p_1\"", EVENT_POST_UPDATED, "p_1"},
        {"post.deleted", "\"p_1\"", EVENT_POST_DELETED, "p_1"},
        {"repost.created", "\"p_2\"", EVENT_REPOST_CREATED, "p_2"},
        {"repost.deleted", "\"p_2\"", EVENT_REPOST_DELETED, "p_2"},
        {"account.updated", "\"u_42\"", EVENT_ACCOUNT_UPDATED, ""},
        {"account.renamed", "\"u_42\"", EVENT_ACCOUNT_UPDATED, ""},
        {"account.status", "null", EVENT_ACCOUNT_STATUS, ""},
        {"account.federation", "\"u_42\"", EVENT_ACCOUNT_FEDERATION, ""},
        {"like.created", "{\"remote\":\"rp_5\"}", EVENT_LIKE_CREATED, "rp_5"},
        {"like.deleted", "\"p_3\"", EVENT_LIKE_DELETED, "p_3"},
        {"follow.created", "{\"remote\":\"ra_5\"}", EVENT_FOLLOW_CREATED, "ra_5"},
        {"follow.created", "{\"acct\":\"rosa@m.example\"}", EVENT_FOLLOW_CREATED, "rosa@m.example"},
        {"follow.deleted", "{\"remote\":\"ra_5\"}", EVENT_FOLLOW_DELETED, "ra_5"},
        {"follow.decided", "{\"remote\":\"ra_5\"}", EVENT_FOLLOW_DECIDED, "ra_5"},
        {"block.created", "{\"remote\":\"ra_5\"}", EVENT_BLOCK_CREATED, "ra_5"},
        {"block.deleted", "\"ra_5\"", EVENT_BLOCK_DELETED, "ra_5"},
        {"domain_block.created", "\"bad.example\"", EVENT_BLOCK_CREATED, "bad.example"},
        {"domain_block.deleted", "{\"domain\":\"bad.example\"}", EVENT_BLOCK_DELETED, "bad.example"},
        {"remote_post.removed", "{\"remote\":\"rp_5\"}", EVENT_REMOTE_POST_REMOVED, "rp_5"},
        {"report.created", "{\"local\":\"p_1\"}", EVENT_REPORT, "p_1"},
        {"ping", "null", EVENT_OTHER, ""},
        {"poem.written", "\"p_1\"", EVENT_OTHER, ""},
        /* known, but without what it needs */
        {"post.created", "null", EVENT_OTHER, ""},
        {"post.deleted", "\"no id!\"", EVENT_OTHER, ""},
        {"domain_block.created", "\"\"", EVENT_OTHER, ""},
        {"follow.created", "{\"acct\":5}", EVENT_OTHER, ""},
        {"block.created", "{\"acct\":\"rosa@m.example\"}", EVENT_OTHER, ""},
    };
    begin_at(world, "e7:1000");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char frame[512];
        char said[256];
        int seq = 1001 + (int)i;
        (void)snprintf(frame, sizeof frame,
                       "{\"op\":\"event\",\"event\":{\"seq\":%d,\"type\":\"%s\",\"account\":\"u_42\","
                       "\"subject\":%s,\"rev\":4,\"time\":\"2026-08-22T10:00:00.000Z\",\"data\":{}}}",
                       seq, cases[i].type, cases[i].subject);
        (void)snprintf(said, sizeof said, "event e7:%d\ncursor e7:%d\nack {\"op\":\"ack\",\"seq\":%d}\n", seq,
                       seq, seq);
        assert_true(feed(world, frame));
        assert_string_equal(world->said, said);
        if (world->last.kind != cases[i].kind)
            fail_msg("%s became %d", cases[i].type, world->last.kind);
        assert_string_equal(world->account, "u_42");
        assert_string_equal(world->subject, cases[i].read);
        assert_int_equal(world->last.revision, 4);
        assert_true(world->last.time == INT64_C(1787392800000));
        assert_null(world->last.post);
        assert_null(world->last.account_data);
    }
}

static bool feed_post(struct world *world, int seq, const char *post)
{
    char frame[2048];
    (void)snprintf(frame, sizeof frame,
                   "{\"op\":\"event\",\"event\":{\"seq\":%d,\"type\":\"post.created\",\"account\":\"u_42\","
                   "\"subject\":\"p_901\",\"rev\":2,\"data\":{\"post\":%s}}}",
                   seq, post);
    return feed(world, frame);
}

static void a_whole_post_comes_with_its_event_and_a_part_is_fetched(void **state)
{
    struct world *world = *state;
    begin_at(world, "e7:1");
    assert_true(feed_post(world, 2, "{\"id\":\"p_901\",\"author\":\"u_42\",\"rev\":2,\"text\":\"Hello\"}"));
    assert_true(world->has_post);
    assert_string_equal(world->text, "Hello");
    const char *const parts[] = {
        "{\"id\":\"p_901\"}",
        "null",
        "{\"id\":\"p_902\",\"author\":\"u_42\",\"rev\":2,\"text\":\"of another id\"}",
        "{\"id\":\"p_901\",\"author\":\"u_43\",\"rev\":2,\"text\":\"of another author\"}",
        "{\"id\":\"p_901\",\"author\":\"u_42\",\"rev\":9007199254740992,\"text\":\"x\"}",
        "{\"id\":\"p_901\",\"author\":\"u_42\",\"rev\":2}",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        assert_true(feed_post(world, 3 + (int)i, parts[i]));
        assert_int_equal(world->last.kind, EVENT_POST_CREATED);
        assert_false(world->has_post);
        assert_string_equal(world->subject, "p_901");
    }
}

static void an_event_of_no_account_is_acknowledged_and_dropped(void **state)
{
    struct world *world = *state;
    begin_at(world, "e7:1");
    assert_true(feed(
        world, "{\"op\":\"event\",\"event\":{\"seq\":2,\"type\":\"post.deleted\",\"subject\":\"p_1\"}}"));
    assert_int_equal(world->last.kind, EVENT_OTHER);
    assert_non_null(strstr(world->said, "ack"));
}

/* ---- marks, numbers, frames */

static void marks_move_the_cursor_of_an_idle_stream(void **state)
{
    struct world *world = *state;
    begin_at(world, "e7:1000");
    assert_true(feed(world, "{\"op\":\"mark\",\"seq\":1100}"));
    assert_string_equal(world->said, "cursor e7:1100\nack {\"op\":\"ack\",\"seq\":1100}\n");
    assert_true(feed(world, "{\"op\":\"mark\",\"seq\":1100}"));
    assert_string_equal(world->said, "");
    assert_false(feed(world, "{\"op\":\"mark\",\"seq\":1099}"));
    assert_int_equal(close_with(world, 0, 1000, "").next, STREAM_RECONCILE);
}

static void the_cursor_is_exclusive_and_numbers_never_go_back(void **state)
{
    struct world *world = *state;
    begin_at(world, "e7:1000");
    assert_true(feed(world, "{\"op\":\"event\",\"event\":{\"seq\":1000,\"type\":\"ping\"}}"));
    assert_string_equal(world->said, "");
    assert_true(feed(world, "{\"op\":\"event\",\"event\":{\"seq\":1005,\"type\":\"ping\"}}"));
    assert_false(feed(world, "{\"op\":\"event\",\"event\":{\"seq\":1004,\"type\":\"ping\"}}"));
    assert_string_equal(world->said, "");
    assert_int_equal(close_with(world, 0, 1000, "").next, STREAM_RECONCILE);
}

static void the_largest_number_is_below_two_to_the_53(void **state)
{
    struct world *world = *state;
    begin_at(world, "e7:1");
    assert_true(feed(world, "{\"op\":\"event\",\"event\":{\"seq\":9007199254740991,\"type\":\"ping\"}}"));
    assert_non_null(strstr(world->said, "cursor e7:9007199254740991\n"));
    begin_at(world, "e7:1");
    assert_false(feed(world, "{\"op\":\"event\",\"event\":{\"seq\":9007199254740992,\"type\":\"ping\"}}"));
    assert_string_equal(world->said, "");
    assert_int_equal(close_with(world, 0, 1000, "").next, STREAM_RESUME);
}

static void broken_frames_are_refused_and_change_nothing(void **state)
{
    struct world *world = *state;
    const char *const bad[] = {
        "",
        "{",
        "[]",
        "\"hello\"",
        "{}",
        "{\"op\":7}",
        "{\"op\":\"event\",\"op\":\"event\"}",
        "{\"op\":\"event\"}",
        "{\"op\":\"event\",\"event\":[]}",
        "{\"op\":\"event\",\"event\":{\"type\":\"ping\"}}",
        "{\"op\":\"event\",\"event\":{\"seq\":\"1001\",\"type\":\"ping\"}}",
        "{\"op\":\"event\",\"event\":{\"seq\":1001.0,\"type\":\"ping\"}}",
        "{\"op\":\"event\",\"event\":{\"seq\":-1,\"type\":\"ping\"}}",
        "{\"op\":\"event\",\"event\":{\"seq\":99999999999999999999,\"type\":\"ping\"}}",
        "{\"op\":\"event\",\"event\":{\"seq\":1001,\"type\":\"\xFF\"}}",
        "{\"op\":\"mark\"}",
        "{\"op\":\"mark\",\"seq\":null}",
        HELLO,
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin_at(world, "e7:1000");
        if (feed(world, bad[i]))
            fail_msg("taken: %s", bad[i]);
        assert_string_equal(world->said, "");
        assert_int_equal(close_with(world, 0, 1000, "").next, STREAM_RESUME);
    }
    begin_at(world, "e7:1000");
    static const char mark[] = "{\"op\":\"mark\",\"seq\":1001}";
    assert_false(world->class->stream_feed(world->stream, (struct adapter_bytes){mark, sizeof mark - 1}, true,
                                           &world->sink));
    assert_true(feed(world, "{\"op\":\"sing\"}"));
}

static void nothing_is_taken_before_a_whole_hello(void **state)
{
    struct world *world = *state;
    const char *const bad[] = {
        "{\"op\":\"mark\",\"seq\":2000}",
        "{\"op\":\"event\",\"event\":{\"seq\":2000,\"type\":\"ping\"}}",
        "{\"op\":\"hello\",\"epoch\":\"e7\",\"earliest\":1,\"latest\":2}",
        "{\"op\":\"hello\",\"contract\":\"1\",\"earliest\":1,\"latest\":2000}",
        "{\"op\":\"hello\",\"contract\":\"1\",\"epoch\":\"e 7\",\"earliest\":1,\"latest\":2000}",
        "{\"op\":\"hello\",\"contract\":\"1\",\"epoch\":\"e7\",\"earliest\":1}",
        "{\"op\":\"hello\",\"contract\":\"1\",\"epoch\":\"e7\",\"earliest\":1,\"latest\":9007199254740992}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        open_at(world, "e7:1000");
        assert_false(feed(world, bad[i]));
        assert_string_equal(world->said, "");
    }
}

static void an_event_that_the_gateway_cannot_take_is_not_acknowledged(void **state)
{
    struct world *world = *state;
    begin_at(world, "e7:1000");
    world->refuse = true;
    assert_false(feed(world, "{\"op\":\"event\",\"event\":{\"seq\":1001,\"type\":\"ping\"}}"));
    assert_string_equal(world->said, "");
    assert_int_equal(close_with(world, 0, 1000, "").next, STREAM_RESUME);
}

/* ---- closing */

static void every_way_to_close_is_understood(void **state)
{
    struct world *world = *state;
    static const struct {
        int status, code;
        const char *reason;
        enum stream_next next;
        unsigned delay_ms;
    } cases[] = {
        {0, 4400, "{\"code\":\"bad_frame\"}", STREAM_RESUME, 5000},
        {0, 4401, "", STREAM_STOP, 0},
        {0, 4403, "", STREAM_STOP, 0},
        {0, 4409, "", STREAM_RESUME, 5000},
        {0, 4410, "{\"earliest\":5}", STREAM_RECONCILE, 0},
        {0, 4429, "{\"retry_after_s\":7}", STREAM_RESUME, 7000},
        {0, 4429, "later", STREAM_RESUME, 10000},
        {0, 4429, "{\"retry_after_s\":9007199254740991}", STREAM_RESUME, 3600000},
        {0, 1001, "", STREAM_RESUME, 0},
        {0, 1000, "", STREAM_RESUME, 0},
        {0, 0, "", STREAM_RESUME, 0},
        {401, 0, "", STREAM_STOP, 0},
        {403, 0, "", STREAM_STOP, 0},
        {404, 0, "", STREAM_RESUME, 1000},
        {410, 0, "", STREAM_RECONCILE, 0},
        {429, 0, "{\"retry_after_s\":2}", STREAM_RESUME, 2000},
        {503, 0, "", STREAM_RESUME, 1000},
    };
    begin_at(world, "e7:1000");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stream_close close = close_with(world, cases[i].status, cases[i].code, cases[i].reason);
        if (close.next != cases[i].next || close.delay_ms != cases[i].delay_ms)
            fail_msg("%d %d became %d after %u ms", cases[i].status, cases[i].code, close.next,
                     close.delay_ms);
        assert_non_null(close.reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_plan_carries_the_cursor_and_never_the_token, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_cursor_the_stream_begins_live_and_all_is_compared, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(with_a_cursor_the_stream_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_platform_no_longer_keeps_is_a_gap, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_epoch_or_a_shorter_history_is_compared_by_rest, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(another_version_of_the_contract_is_told_to_the_operator, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_type_of_event_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(a_whole_post_comes_with_its_event_and_a_part_is_fetched, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_event_of_no_account_is_acknowledged_and_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(marks_move_the_cursor_of_an_idle_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(the_cursor_is_exclusive_and_numbers_never_go_back, setup, teardown),
        cmocka_unit_test_setup_teardown(the_largest_number_is_below_two_to_the_53, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_frames_are_refused_and_change_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_taken_before_a_whole_hello, setup, teardown),
        cmocka_unit_test_setup_teardown(an_event_that_the_gateway_cannot_take_is_not_acknowledged, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_way_to_close_is_understood, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
