#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cbor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"

#define BOB "did:plc:qfqojyjvhg52kjcoonj2ffxc"
#define EVE "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"

/* What the stream said, in order, as text: "event KIND KEY", "cursor CURSOR", "send TEXT". */
struct world {
    struct adapter *adapter;
    struct stream *stream;
    struct stream_sink sink;
    char said[8192];
    char text[256];
    bool picks;
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
    char text[600];
    (void)snprintf(text, sizeof text, "%d %s", (int)event->kind, event->key);
    say(world, "event", text, strlen(text));
    (void)snprintf(world->text, sizeof world->text, "%s", event->post ? event->post->body.text : "");
    return true;
}

static void take_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    say(context, "cursor", cursor.data, cursor.length);
    assert_int_equal(ack.length, 0);
}

static void take_send(void *context, struct adapter_bytes text)
{
    say(context, "send", text.data, text.length);
}

static bool picks_bob(void *context, const char *account)
{
    const struct world *world = context;
    return !world->picks || strcmp(account, BOB) == 0;
}

static struct adapter *open_adapter(const char *source, const char *name, const char *address)
{
    char error[256] = "";
    json_t *settings = json_pack("{s:s, s:s}", "source", source, name, address);
    struct adapter *adapter = bluesky_class.open(settings, error, sizeof error);
    json_decref(settings);
    assert_string_equal(error, "");
    return adapter;
}

static void begin(struct world *world, struct adapter *adapter, const char *cursor)
{
    *world = (struct world){.adapter = adapter, .picks = true};
    world->sink = (struct stream_sink){
        .context = world, .event = take_event, .cursor = take_cursor, .send = take_send, .wants = picks_bob};
    world->stream = bluesky_class.stream_new(adapter, (struct adapter_bytes){cursor, strlen(cursor)});
}

static void end(struct world *world)
{
    bluesky_class.stream_free(world->stream);
    bluesky_class.close(world->adapter);
}

static bool feed(struct world *world, const char *text)
{
    world->said[0] = world->text[0] = '\0';
    return bluesky_class.stream_feed(world->stream, (struct adapter_bytes){text, strlen(text)}, false,
                                     &world->sink);
}

static struct stream_close closed(struct world *world, int status, const char *reason)
{
    return bluesky_class.stream_closed(world->stream, status, 0,
                                       (struct adapter_bytes){reason, strlen(reason)});
}

/* ---- Jetstream, version 1 */

#define V1(did, time, rest) "{\"did\":\"" did "\",\"time_us\":" time ",\"kind\":" rest "}"
#define V1_POST                                                                                              \
    V1(BOB, "1779719009132431",                                                                              \
       "\"commit\",\"commit\":{\"rev\":\"3mmo2222222aa\",\"operation\":\"create\","                          \
       "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"3mmo222222222\",\"record\":{"                       \
       "\"$type\":\"app.bsky.feed.post\",\"text\":\"Hi\",\"createdAt\":\"2026-05-25T10:00:00Z\"},"           \
       "\"cid\":\"bafyreiclcc4pnchsezyxji7uxm3to4yugzg2lgyr2npkwmdhnsguerdile\"}")

static void jetstream_1_tells_posts_deletes_identities_and_accounts(void **state)
{
    struct world world;
    (void)state;
    begin(&world, open_adapter("jetstream", "jetstream", "wss://js.example"), "");
    const struct stream_plan *plan = bluesky_class.stream_plan(world.stream);
    assert_string_equal(plan->url, "wss://js.example/subscribe?requireHello=true");
    assert_false(plan->authenticate);
    assert_true(feed(&world, V1_POST));
    assert_string_equal(world.said, "event 0 " BOB "/app.bsky.feed.post/3mmo222222222:3mmo2222222aa:c\n"
                                    "cursor jetstream wss://js.example 1779719009132431\n");
    assert_string_equal(world.text, "Hi");
    assert_true(feed(&world, V1(BOB, "1779719009132432",
                                "\"commit\",\"commit\":{\"rev\":\"3mmo2222222ab\",\"operation\":\"delete\","
                                "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"3mmo222222222\"}")));
    assert_string_equal(world.said, "event 2 " BOB "/app.bsky.feed.post/3mmo222222222:3mmo2222222ab:d\n"
                                    "cursor jetstream wss://js.example 1779719009132432\n");
    assert_true(feed(&world, V1(BOB, "1779719009132433", "\"identity\",\"identity\":{}")));
    assert_string_equal(world.said, "event 5 identity:" BOB ":1779719009132433\n"
                                    "cursor jetstream wss://js.example 1779719009132433\n");
    assert_true(feed(&world, V1(BOB, "1779719009132434", "\"account\",\"account\":{\"active\":false}")));
    assert_string_equal(world.said, "event 6 account:" BOB ":1779719009132434\n"
                                    "cursor jetstream wss://js.example 1779719009132434\n");
    /* Its time may go back: the event is told, the cursor stays. */
    assert_true(feed(&world, V1_POST));
    assert_non_null(strstr(world.said, "event 0"));
    assert_non_null(strstr(world.said, "cursor jetstream wss://js.example 1779719009132434\n"));
    end(&world);
}

static void jetstream_1_watches_whom_it_is_told_and_nobody_before(void **state)
{
    struct world world;
    const char *const accounts[] = {BOB, EVE};
    (void)state;
    begin(&world, open_adapter("jetstream", "jetstream", "wss://js.example"), "");
    assert_true(bluesky_class.stream_watch(world.stream, accounts, 0, &world.sink));
    assert_string_equal(world.said, "");
    assert_true(bluesky_class.stream_watch(world.stream, accounts, 2, &world.sink));
    assert_string_equal(world.said,
                        "send {\"type\":\"options_update\",\"payload\":{\"wantedCollections\":["
                        "\"app.bsky.feed.post\",\"app.bsky.feed.repost\",\"app.bsky.actor.profile\","
                        "\"org.user-intents.declaration\",\"app.bsky.feed.threadgate\","
                        "\"app.bsky.feed.postgate\"],\"wantedDids\":[\"" BOB "\",\"" EVE
                        "\"],\"maxMessageSizeBytes\":0}}\n");
    assert_true(feed(&world, V1(EVE, "1779719009132433", "\"identity\",\"identity\":{}")));
    assert_string_equal(world.said, "cursor jetstream wss://js.example 1779719009132433\n");
    end(&world);
}

static void what_is_no_message_breaks_the_stream(void **state)
{
    static const char *const broken[] = {
        "",
        "[]",
        "{}",
        "{\"did\":\"" BOB "\"}",
        V1("nobody", "1", "\"identity\""),
        V1(BOB, "-1", "\"identity\""),
        V1(BOB, "1.5", "\"identity\""),
        V1(BOB, "9007199254740992", "\"identity\""),
        V1(BOB, "1", "\"commit\""),
        V1(BOB, "1",
           "\"commit\",\"commit\":{\"rev\":\"3mmo2222222ab\",\"operation\":\"delete\","
           "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"../x\"}"),
        V1(BOB, "1", "\"identity\",\"kind\":\"account\""),
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct world world;
        begin(&world, open_adapter("jetstream", "jetstream", "wss://js.example"), "");
        assert_false(feed(&world, broken[i]));
        assert_string_equal(world.said, "");
        end(&world);
    }
}

/* ---- Jetstream, version 2 */

#define V2(kind, seq, rest)                                                                                  \
    "{\"$type\":\"message\",\"payload\":{\"$type\":\"network.bsky.jetstream.subscribeEvents#" kind           \
    "\",\"seq\":" seq ",\"did\":\"" BOB "\",\"time\":\"2026-08-22T10:00:00.123456Z\"" rest "}}"
#define V2_DELETE                                                                                            \
    ",\"rev\":\"3kxyz2222222a\",\"operation\":\"delete\",\"collection\":\"app.bsky.feed.post\","             \
    "\"rkey\":\"3kxyz22222222\""

static void jetstream_2_counts_and_tells_what_is_lost(void **state)
{
    struct world world;
    (void)state;
    begin(&world, open_adapter("jetstream2", "jetstream", "wss://js.example"),
          "jetstream2 wss://js.example 12");
    assert_non_null(strstr(bluesky_class.stream_plan(world.stream)->url, "&cursor=12"));
    assert_true(feed(&world, V2("commit", "12", V2_DELETE)));
    assert_string_equal(world.said, ""); /* the cursor counts inclusively */
    assert_true(feed(&world, V2("commit", "13", V2_DELETE)));
    assert_string_equal(world.said, "event 2 " BOB "/app.bsky.feed.post/3kxyz22222222:3kxyz2222222a:d\n"
                                    "cursor jetstream2 wss://js.example 13\n");
    assert_true(feed(&world, V2("sync", "14", ",\"rev\":\"3kxyz2222222a\"")));
    assert_string_equal(world.said, "event 15 sync:" BOB ":1787392800123\n"
                                    "cursor jetstream2 wss://js.example 14\n");
    assert_true(feed(&world, "{\"$type\":\"message\",\"payload\":{\"$type\":\"network.bsky.jetstream."
                             "subscribeEvents#info\",\"name\":\"OutdatedCursor\"}}"));
    assert_string_equal(world.said, "event 15 gap:jetstream2 wss://js.example:14\n"
                                    "cursor jetstream2 wss://js.example 14\n");
    assert_false(feed(&world, "{\"$type\":\"error\",\"error\":\"ConsumerTooSlow\",\"message\":\"\"}"));
    struct stream_close close = closed(&world, 0, "");
    assert_int_equal(close.next, STREAM_RESUME);
    assert_true(close.delay_ms >= 1000);
    end(&world);
}

static void numbers_that_go_back_lose_the_cursor(void **state)
{
    struct world world;
    (void)state;
    begin(&world, open_adapter("jetstream2", "jetstream", "wss://js.example"),
          "jetstream2 wss://js.example 12");
    assert_false(feed(&world, V2("commit", "11", V2_DELETE)));
    assert_int_equal(closed(&world, 0, "").next, STREAM_RECONCILE);
    end(&world);
}

/* ---- cursors and closes */

static void a_cursor_means_something_on_its_own_host_only(void **state)
{
    static const struct {
        const char *source, *cursor, *url;
        bool lost;
    } cases[] = {
        {"firehose", "", "wss://h.example/xrpc/com.atproto.sync.subscribeRepos", false},
        {"firehose", "firehose wss://h.example 77",
         "wss://h.example/xrpc/com.atproto.sync.subscribeRepos?cursor=77", false},
        {"firehose", "firehose wss://other.example 77",
         "wss://h.example/xrpc/com.atproto.sync.subscribeRepos", true},
        {"firehose", "jetstream wss://h.example 77", "wss://h.example/xrpc/com.atproto.sync.subscribeRepos",
         true},
        {"firehose", "77", "wss://h.example/xrpc/com.atproto.sync.subscribeRepos", true},
        {"firehose", "firehose wss://h.example 7x", "wss://h.example/xrpc/com.atproto.sync.subscribeRepos",
         true},
        /* Version 1 counts in microseconds: another host goes on five seconds before. */
        {"jetstream", "jetstream wss://other.example 1779719009132431",
         "wss://h.example/subscribe?requireHello=true&cursor=1779719004132431", false},
        {"jetstream", "firehose wss://h.example 12", "wss://h.example/subscribe?requireHello=true", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        begin(&world,
              open_adapter(cases[i].source,
                           strcmp(cases[i].source, "firehose") == 0 ? "firehose" : "jetstream",
                           "wss://h.example"),
              cases[i].cursor);
        assert_string_equal(bluesky_class.stream_plan(world.stream)->url, cases[i].url);
        assert_true(bluesky_class.stream_watch(world.stream, NULL, 0, &world.sink) == !cases[i].lost);
        assert_int_equal(closed(&world, 0, "").next, cases[i].lost ? STREAM_RECONCILE : STREAM_RESUME);
        end(&world);
    }
}

static void what_the_server_says_decides_what_is_next(void **state)
{
    static const struct {
        int status;
        const char *reason;
        enum stream_next next;
    } cases[] = {
        {0, "", STREAM_RESUME},
        {400, "{\"error\":\"CursorTooOld\"}", STREAM_RECONCILE},
        {400, "{\"error\":\"InvalidRequest\"}", STREAM_RESUME},
        {429, "", STREAM_RESUME},
        {502, "<html>", STREAM_RESUME},
        {0, "ConsumerTooSlow", STREAM_RESUME},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        begin(&world, open_adapter("firehose", "firehose", "wss://h.example"), "firehose wss://h.example 77");
        assert_int_equal(closed(&world, cases[i].status, cases[i].reason).next, cases[i].next);
        end(&world);
    }
}

/* ---- the firehose's own order */

static const char *commit_frame(uint64_t seq, const char *rev, const char *since, size_t *length)
{
    static unsigned char bytes[1024];
    cbor_item_t *head = cbor_new_definite_map(2);
    cbor_item_t *body = cbor_new_definite_map(5);
    bool good = cbor_map_add(head, (struct cbor_pair){cbor_move(cbor_build_string("t")),
                                                      cbor_move(cbor_build_string("#commit"))}) &&
                cbor_map_add(head, (struct cbor_pair){cbor_move(cbor_build_string("op")),
                                                      cbor_move(cbor_build_uint8(1))}) &&
                cbor_map_add(body, (struct cbor_pair){cbor_move(cbor_build_string("seq")),
                                                      cbor_move(cbor_build_uint64(seq))}) &&
                cbor_map_add(body, (struct cbor_pair){cbor_move(cbor_build_string("rev")),
                                                      cbor_move(cbor_build_string(rev))}) &&
                cbor_map_add(body, (struct cbor_pair){cbor_move(cbor_build_string("since")),
                                                      cbor_move(cbor_build_string(since))}) &&
                cbor_map_add(body, (struct cbor_pair){cbor_move(cbor_build_string("repo")),
                                                      cbor_move(cbor_build_string(BOB))}) &&
                cbor_map_add(body, (struct cbor_pair){cbor_move(cbor_build_string("ops")),
                                                      cbor_move(cbor_new_definite_array(0))});
    assert_true(good);
    *length = cbor_serialize(head, bytes, sizeof bytes);
    *length += cbor_serialize(body, bytes + *length, sizeof bytes - *length);
    cbor_decref(&head);
    cbor_decref(&body);
    return (const char *)bytes;
}

static bool feed_commit(struct world *world, uint64_t seq, const char *rev, const char *since)
{
    size_t length = 0;
    const char *bytes = commit_frame(seq, rev, since, &length);
    world->said[0] = '\0';
    return bluesky_class.stream_feed(world->stream, (struct adapter_bytes){bytes, length}, true,
                                     &world->sink);
}

static void a_commit_that_skips_another_has_the_account_compared(void **state)
{
    struct world world;
    (void)state;
    begin(&world, open_adapter("firehose", "firehose", "wss://h.example"), "firehose wss://h.example 77");
    assert_true(feed_commit(&world, 78, "3kxyz2222222a", "3kxyz22222222"));
    assert_string_equal(world.said, "cursor firehose wss://h.example 78\n");
    assert_true(feed_commit(&world, 79, "3kxyz2222222b", "3kxyz2222222a"));
    assert_string_equal(world.said, "cursor firehose wss://h.example 79\n");
    assert_true(feed_commit(&world, 90, "3kxyz2222222e", "3kxyz2222222c"));
    assert_string_equal(world.said,
                        "event 15 sync:" BOB ":3kxyz2222222e\ncursor firehose wss://h.example 90\n");
    assert_true(feed_commit(&world, 90, "3kxyz2222222e", "3kxyz2222222c"));
    assert_string_equal(world.said, "");
    assert_false(feed_commit(&world, 89, "3kxyz2222222e", "3kxyz2222222c"));
    assert_int_equal(closed(&world, 0, "").next, STREAM_RECONCILE);
    end(&world);
}

static void a_jump_of_the_numbers_has_everything_compared(void **state)
{
    struct world world;
    (void)state;
    begin(&world, open_adapter("firehose", "firehose", "wss://h.example"), "firehose wss://h.example 77");
    assert_true(feed_commit(&world, 99000000, "3kxyz2222222a", "3kxyz22222222"));
    assert_string_equal(world.said, "event 15 gap:firehose wss://h.example:99000000\n"
                                    "cursor firehose wss://h.example 77\n"
                                    "cursor firehose wss://h.example 99000000\n");
    end(&world);
}

/* Nothing need follow: the gap must become durable by itself. */
static void an_outdated_cursor_has_everything_compared_at_once(void **state)
{
    struct world world;
    char bytes[256];
    FILE *file = fopen(TEST_DATA "/unit/adapters/bluesky/frames/50-outdated-cursor.frame", "rb");
    (void)state;
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    assert_int_equal(fclose(file), 0);
    begin(&world, open_adapter("firehose", "firehose", "wss://h.example"), "firehose wss://h.example 77");
    assert_true(
        bluesky_class.stream_feed(world.stream, (struct adapter_bytes){bytes, length}, true, &world.sink));
    assert_string_equal(world.said, "event 15 gap:firehose wss://h.example:77\n"
                                    "cursor firehose wss://h.example 77\n");
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jetstream_1_tells_posts_deletes_identities_and_accounts),
        cmocka_unit_test(jetstream_1_watches_whom_it_is_told_and_nobody_before),
        cmocka_unit_test(what_is_no_message_breaks_the_stream),
        cmocka_unit_test(jetstream_2_counts_and_tells_what_is_lost),
        cmocka_unit_test(numbers_that_go_back_lose_the_cursor),
        cmocka_unit_test(a_cursor_means_something_on_its_own_host_only),
        cmocka_unit_test(what_the_server_says_decides_what_is_next),
        cmocka_unit_test(a_commit_that_skips_another_has_the_account_compared),
        cmocka_unit_test(a_jump_of_the_numbers_has_everything_compared),
        cmocka_unit_test(an_outdated_cursor_has_everything_compared_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
