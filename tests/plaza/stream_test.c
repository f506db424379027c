#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/plaza/websocket.h"

enum { WRITERS = 6, POSTS_EACH = 20, WINDOW = 500 };

static struct platform platform;

static int start(void **state)
{
    platform_new(&platform);
    federate(&platform, "alice", true);
    return 0;
}

static int stop(void **state)
{
    platform_free(&platform);
    return 0;
}

static struct websocket open_stream(const char *cursor)
{
    return websocket_open(&platform, cursor, platform.authorization);
}

static struct websocket open_after(int64_t seq)
{
    char cursor[32];
    snprintf(cursor, sizeof cursor, "%lld", (long long)seq);
    return open_stream(cursor);
}

static int64_t say_hello(struct websocket *stream)
{
    json_t *hello = websocket_expect(stream, "hello");
    int64_t latest = number_of(hello, "latest");
    json_decref(hello);
    return latest;
}

static void acknowledge(struct websocket *stream, int64_t seq)
{
    char text[64];
    snprintf(text, sizeof text, "{\"op\":\"ack\",\"seq\":%lld}", (long long)seq);
    websocket_send(stream, text);
}

/* The number of the next event; marks may come between on a slow machine. */
static int64_t next_event(struct websocket *stream)
{
    int64_t seq = 0;
    while (!seq) {
        json_t *message = websocket_next(stream);
        assert_non_null(message);
        const json_t *event = json_object_get(message, "event");
        seq = event ? number_of(event, "seq") : 0;
        json_decref(message);
    }
    return seq;
}

/* Reads marks, and nothing else, until one has this number. */
static void expect_mark(struct websocket *stream, int64_t seq)
{
    int64_t marked = -1;
    while (marked != seq) {
        json_t *mark = websocket_expect(stream, "mark");
        assert_true(number_of(mark, "seq") <= seq);
        marked = number_of(mark, "seq");
        json_decref(mark);
    }
}

static void a_post_its_edit_and_its_delete_arrive_in_order(void **state)
{
    char id[32];
    char path[64];
    struct websocket stream = open_stream(NULL);
    json_t *hello = websocket_expect(&stream, "hello");
    assert_string_equal(text_of(hello, "contract"), "1");
    assert_int_equal(number_of(hello, "heartbeat_s"), 1);
    assert_int_equal(number_of(hello, "window"), WINDOW);
    json_decref(hello);
    write_post(&platform, "alice", "one", NULL, id);
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_decref(tester(&platform, "PUT", path, "{\"text\":\"two\"}", 200));
    json_decref(tester(&platform, "DELETE", path, NULL, 204));
    int64_t created = websocket_expect_event(&stream, "post.created", id);
    int64_t updated = websocket_expect_event(&stream, "post.updated", id);
    int64_t deleted = websocket_expect_event(&stream, "post.deleted", id);
    assert_true(created < updated && updated < deleted);
    websocket_close(&stream);
}

static void the_cursor_is_exclusive(void **state)
{
    char first[32];
    char second[32];
    struct websocket stream = open_stream(NULL);
    (void)say_hello(&stream);
    write_post(&platform, "alice", "first", NULL, first);
    write_post(&platform, "alice", "second", NULL, second);
    int64_t seq = websocket_expect_event(&stream, "post.created", first);
    websocket_close(&stream);
    stream = open_after(seq);
    (void)say_hello(&stream);
    assert_int_equal(websocket_expect_event(&stream, "post.created", second), seq + 1);
    websocket_close(&stream);
}

static void cursor_zero_begins_with_the_earliest_event(void **state)
{
    struct websocket stream = open_stream("0");
    (void)say_hello(&stream);
    assert_int_equal(websocket_expect_event(&stream, "account.federation", "u_1"), 1);
    websocket_close(&stream);
}

static void a_cursor_from_the_future_is_refused(void **state)
{
    struct websocket stream = open_stream("4000000000");
    websocket_expect_close(&stream, 4410);
    assert_non_null(strstr(stream.close_reason, "cursor_expired"));
    websocket_close(&stream);
    gateway_refuses(&platform, "GET", "/v1/events?cursor=4000000000", NULL, 410, "cursor_expired", NULL);
}

static void a_new_epoch_has_another_name_and_no_old_cursors(void **state)
{
    char id[32];
    struct websocket stream = open_stream(NULL);
    json_t *before = websocket_expect(&stream, "hello");
    websocket_close(&stream);
    platform_stop(&platform);
    platform_start(&platform, "--new-epoch");
    stream = open_after(number_of(before, "latest"));
    websocket_expect_close(&stream, 4410);
    websocket_close(&stream);
    stream = open_stream("0");
    json_t *after = websocket_expect(&stream, "hello");
    assert_string_not_equal(text_of(before, "epoch"), text_of(after, "epoch"));
    assert_int_equal(number_of(after, "latest"), 0);
    write_post(&platform, "alice", "in the new epoch", NULL, id);
    (void)websocket_expect_event(&stream, "post.created", id);
    websocket_close(&stream);
    json_decref(before);
    json_decref(after);
}

static void the_epoch_outlives_a_restart(void **state)
{
    struct websocket stream = open_stream(NULL);
    json_t *before = websocket_expect(&stream, "hello");
    websocket_close(&stream);
    platform_stop(&platform);
    platform_start(&platform, NULL);
    stream = open_after(number_of(before, "latest"));
    json_t *after = websocket_expect(&stream, "hello");
    assert_string_equal(text_of(before, "epoch"), text_of(after, "epoch"));
    websocket_close(&stream);
    json_decref(before);
    json_decref(after);
}

static void an_idle_stream_is_marked(void **state)
{
    struct websocket stream = open_stream(NULL);
    int64_t latest = say_hello(&stream);
    for (int i = 0; i < 2; i++) {
        json_t *mark = websocket_expect(&stream, "mark");
        assert_int_equal(number_of(mark, "seq"), latest);
        json_decref(mark);
    }
    websocket_close(&stream);
}

static void a_watcher_of_one_account_gets_marks_past_the_others(void **state)
{
    char id[32];
    struct websocket stream = open_stream(NULL);
    int64_t latest = say_hello(&stream);
    websocket_send(&stream, "{\"op\":\"watch\",\"accounts\":[\"u_2\"]}");
    expect_mark(&stream, latest);
    write_post(&platform, "alice", "not watched", NULL, id);
    expect_mark(&stream, latest + 1);
    websocket_send(&stream, "{\"op\":\"watch\",\"accounts\":\"*\"}");
    json_decref(websocket_expect(&stream, "mark"));
    write_post(&platform, "alice", "watched again", NULL, id);
    (void)websocket_expect_event(&stream, "post.created", id);
    websocket_close(&stream);
}

static void the_stream_stops_at_the_window_until_acknowledged(void **state)
{
    struct websocket stream = open_stream(NULL);
    int64_t latest = say_hello(&stream);
    for (int i = 0; i < WINDOW / 2 + 5; i++)
        json_decref(tester(&platform, "POST", "/test/post-and-delete",
                           "{\"user\":\"alice\",\"text\":\"brief\"}", 201));
    for (int i = 1; i <= WINDOW; i++)
        assert_int_equal(next_event(&stream), latest + i);
    assert_false(websocket_waits(&stream, 1500)); /* longer than the heartbeat: no mark may pass either */
    acknowledge(&stream, latest + 3);
    for (int i = 1; i <= 3; i++)
        (void)next_event(&stream);
    assert_false(websocket_waits(&stream, 300));
    acknowledge(&stream, latest + WINDOW);
    for (int i = 4; i <= 10; i++)
        (void)next_event(&stream);
    websocket_close(&stream);
}

static void refuses_frame(const char *frame)
{
    struct websocket stream = open_stream(NULL);
    (void)say_hello(&stream);
    websocket_send(&stream, frame);
    websocket_expect_close(&stream, 4400);
    websocket_close(&stream);
}

static void frames_that_cannot_be_read_close_with_4400(void **state)
{
    refuses_frame("hello?");
    refuses_frame("[]");
    refuses_frame("{\"op\":7}");
    refuses_frame("{\"op\":\"ack\",\"seq\":\"1\"}");
    refuses_frame("{\"op\":\"ack\",\"seq\":99999999}");
    refuses_frame("{\"op\":\"watch\",\"accounts\":[7]}");
    struct websocket stream = open_stream("1x");
    websocket_expect_close(&stream, 4400);
    websocket_close(&stream);
}

static void a_wrong_token_closes_with_4401(void **state)
{
    struct websocket stream =
        websocket_open(&platform, NULL, "Authorization: Bearer dbg_wrong_token_of_good_length\r\n");
    websocket_expect_close(&stream, 4401);
    websocket_close(&stream);
    stream = websocket_open(&platform, NULL, "");
    websocket_expect_close(&stream, 4401);
    websocket_close(&stream);
}

static void a_newer_session_replaces_the_older_one(void **state)
{
    struct websocket older = open_stream(NULL);
    (void)say_hello(&older);
    struct websocket newer = open_stream(NULL);
    (void)say_hello(&newer);
    websocket_expect_close(&older, 4409);
    json_decref(websocket_expect(&newer, "mark"));
    websocket_close(&older);
    websocket_close(&newer);
}

static void a_cut_in_mid_frame_loses_nothing(void **state)
{
    char first[32];
    char second[32];
    struct websocket stream = open_stream(NULL);
    (void)say_hello(&stream);
    write_post(&platform, "alice", "before the cut", NULL, first);
    int64_t seq = websocket_expect_event(&stream, "post.created", first);
    json_decref(tester(&platform, "POST", "/test/cut-streams", NULL, 204));
    websocket_expect_close(&stream, -1);
    websocket_close(&stream);
    write_post(&platform, "alice", "after the cut", NULL, second);
    stream = open_after(seq);
    (void)say_hello(&stream);
    (void)websocket_expect_event(&stream, "post.created", second);
    websocket_close(&stream);
}

static void a_stop_tells_the_streams_to_come_again(void **state)
{
    struct websocket stream = open_stream(NULL);
    (void)say_hello(&stream);
    platform_stop(&platform);
    websocket_expect_close(&stream, 1001);
    websocket_close(&stream);
    platform_start(&platform, NULL);
}

static void the_briefest_post_is_created_before_it_is_deleted(void **state)
{
    struct websocket stream = open_stream(NULL);
    (void)say_hello(&stream);
    json_t *post =
        tester(&platform, "POST", "/test/post-and-delete", "{\"user\":\"alice\",\"text\":\"brief\"}", 201);
    int64_t created = websocket_expect_event(&stream, "post.created", text_of(post, "id"));
    assert_int_equal(websocket_expect_event(&stream, "post.deleted", text_of(post, "id")), created + 1);
    json_decref(post);
    websocket_close(&stream);
}

/* ---- many writers ---- */

struct writer {
    pthread_t thread;
    char ids[POSTS_EACH][32];
    int kept; /* posts that were answered with 201 */
};

static void *write_many(void *context)
{
    struct writer *writer = context;
    for (int i = 0; i < POSTS_EACH; i++) {
        struct answer answer =
            ask(&platform, "POST", "/test/users/alice/posts", NULL, "{\"text\":\"one of many\"}");
        const char *id = json_string_value(json_object_get(answer.json, "id"));
        if (answer.status == 201 && id)
            snprintf(writer->ids[writer->kept++], 32, "%s", id);
        answer_free(&answer);
    }
    return NULL;
}

static void start_writers(struct writer *writers)
{
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
}

static int join_writers(struct writer *writers)
{
    int kept = 0;
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        kept += writers[i].kept;
    }
    return kept;
}

static void readers_step_over_no_event_of_concurrent_writers(void **state)
{
    static struct writer writers[WRITERS];
    json_t *seen = json_object();
    struct websocket stream = open_stream(NULL);
    int64_t last = say_hello(&stream);
    start_writers(writers);
    while (json_object_size(seen) < WRITERS * POSTS_EACH) {
        json_t *message = websocket_next(&stream);
        assert_non_null(message);
        const json_t *event = json_object_get(message, "event");
        if (event) {
            assert_true(number_of(event, "seq") > last);
            last = number_of(event, "seq");
            json_object_set_new(seen, text_of(event, "subject"), json_true());
            acknowledge(&stream, last);
        }
        json_decref(message);
    }
    assert_int_equal(join_writers(writers), WRITERS * POSTS_EACH);
    for (int i = 0; i < WRITERS; i++)
        for (int j = 0; j < POSTS_EACH; j++)
            assert_non_null(json_object_get(seen, writers[i].ids[j]));
    json_decref(seen);
    websocket_close(&stream);
}

/* Every subject of the events after `seq`. */
static json_t *subjects_after(int64_t seq)
{
    json_t *subjects = json_object();
    bool more = true;
    while (more) {
        char path[64];
        size_t index;
        json_t *event;
        snprintf(path, sizeof path, "/v1/events?cursor=%lld&limit=50", (long long)seq);
        json_t *page = gateway(&platform, "GET", path, NULL, 200);
        json_array_foreach(json_object_get(page, "events"), index, event)
            json_object_set_new(subjects, text_of(event, "subject"), json_true());
        seq = number_of(page, "cursor");
        more = json_is_true(json_object_get(page, "more"));
        json_decref(page);
    }
    return subjects;
}

static void kill_9_keeps_every_post_that_was_answered_and_its_event(void **state)
{
    static struct writer writers[WRITERS];
    struct websocket stream = open_stream(NULL);
    int64_t before = say_hello(&stream);
    start_writers(writers);
    for (int i = 0; i < 2 * POSTS_EACH; i++)
        (void)next_event(&stream);
    platform_kill(&platform);
    int kept = join_writers(writers);
    websocket_close(&stream);
    assert_true(kept >= POSTS_EACH && kept < WRITERS * POSTS_EACH);
    platform_start(&platform, NULL);
    json_t *subjects = subjects_after(before);
    for (int i = 0; i < WRITERS; i++)
        for (int j = 0; j < writers[i].kept; j++) {
            char path[64];
            snprintf(path, sizeof path, "/v1/posts/%s", writers[i].ids[j]);
            json_decref(gateway(&platform, "GET", path, NULL, 200));
            assert_non_null(json_object_get(subjects, writers[i].ids[j]));
        }
    json_decref(subjects);
}

/* ---- long-poll ---- */

static void *post_soon(void *context)
{
    char *id = context;
    write_post(&platform, "alice", "for the one who waits", NULL, id);
    return NULL;
}

static void a_long_poll_waits_for_an_event(void **state)
{
    char id[32];
    char path[64];
    pthread_t thread;
    struct websocket stream = open_stream(NULL);
    snprintf(path, sizeof path, "/v1/events?cursor=%lld&wait=20", (long long)say_hello(&stream));
    websocket_close(&stream);
    pthread_create(&thread, NULL, post_soon, id);
    json_t *page = gateway(&platform, "GET", path, NULL, 200);
    pthread_join(thread, NULL);
    const json_t *event = json_array_get(json_object_get(page, "events"), 0);
    assert_string_equal(text_of(event, "subject"), id);
    assert_int_equal(number_of(event, "seq"), number_of(page, "cursor"));
    snprintf(path, sizeof path, "/v1/events?cursor=%lld&wait=1", (long long)number_of(page, "cursor"));
    json_decref(page);
    json_decref(gateway(&platform, "GET", path, NULL, 204));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_its_edit_and_its_delete_arrive_in_order),
        cmocka_unit_test(the_cursor_is_exclusive),
        cmocka_unit_test(cursor_zero_begins_with_the_earliest_event),
        cmocka_unit_test(a_cursor_from_the_future_is_refused),
        cmocka_unit_test(the_epoch_outlives_a_restart),
        cmocka_unit_test(an_idle_stream_is_marked),
        cmocka_unit_test(a_watcher_of_one_account_gets_marks_past_the_others),
        cmocka_unit_test(the_stream_stops_at_the_window_until_acknowledged),
        cmocka_unit_test(frames_that_cannot_be_read_close_with_4400),
        cmocka_unit_test(a_wrong_token_closes_with_4401),
        cmocka_unit_test(a_newer_session_replaces_the_older_one),
        cmocka_unit_test(a_cut_in_mid_frame_loses_nothing),
        cmocka_unit_test(a_stop_tells_the_streams_to_come_again),
        cmocka_unit_test(the_briefest_post_is_created_before_it_is_deleted),
        cmocka_unit_test(readers_step_over_no_event_of_concurrent_writers),
        cmocka_unit_test(a_long_poll_waits_for_an_event),
        cmocka_unit_test(kill_9_keeps_every_post_that_was_answered_and_its_event),
        cmocka_unit_test(a_new_epoch_has_another_name_and_no_old_cursors),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
