/* What streams say (NAME.frame: the firehose, NAME.jetstream and NAME.jetstream2; frames/record.mjs and
 * made.mjs made them) → what the gateway is told, as frames/NAME.json, or NAME.jetstream.json, holds it.
 * GOLDEN_REWRITE=1 writes what came out; read the difference before it is committed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/adapter.h"
#include "adapters/bluesky/bluesky.h"
#include "mapping/source.h"

#define FOLDER TEST_DATA "/unit/adapters/bluesky/frames"

static bool take_event(void *context, const struct event *event)
{
    json_t *told = context;
    (void)json_array_append_new(json_object_get(told, "events"), source_from_event(event));
    return true;
}

static void take_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    json_t *told = context;
    assert_int_equal(ack.length, 0);
    (void)json_object_set_new(told, "cursor", json_stringn(cursor.data, cursor.length));
}

static void take_send(void *context, struct adapter_bytes text)
{
    (void)context;
    (void)text;
    fail();
}

static struct adapter *open_adapter(const char *source, const char *address)
{
    char error[256] = "";
    json_t *settings = json_pack("{s:s, s:s}", "source", source,
                                 strcmp(source, "firehose") == 0 ? "firehose" : "jetstream", address);
    struct adapter *adapter = bluesky_class.open(settings, error, sizeof error);
    json_decref(settings);
    assert_string_equal(error, "");
    return adapter;
}

static char *read_file(const char *path, size_t *length)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *length = fread(bytes, 1, sizeof bytes, file);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void compare(const char *name, json_t *told)
{
    char path[512];
    size_t stem = strlen(name) - (strstr(name, ".frame") ? strlen(".frame") : 0);
    (void)snprintf(path, sizeof path, FOLDER "/%.*s.json", (int)stem, name);
    if (getenv("GOLDEN_REWRITE")) {
        assert_int_equal(json_dump_file(told, path, JSON_INDENT(1)), 0);
        return;
    }
    json_t *wanted = json_load_file(path, 0, NULL);
    if (!json_equal(told, wanted)) {
        char *text = json_dumps(told, JSON_INDENT(1));
        print_error("%s came out otherwise:\n%s\n", name, text);
        free(text);
        fail();
    }
    json_decref(wanted);
}

/* Each frame on a stream of its own: a golden case stands for itself. */
static void feed(struct adapter *adapter, const char *name, bool binary)
{
    char path[512];
    size_t length = 0;
    json_t *told = json_pack("{s:[]}", "events");
    const struct stream_sink sink = {
        .context = told, .event = take_event, .cursor = take_cursor, .send = take_send};
    struct stream *stream = bluesky_class.stream_new(adapter, (struct adapter_bytes){"", 0});
    (void)snprintf(path, sizeof path, FOLDER "/%s", name);
    const char *bytes = read_file(path, &length);
    bool good = bluesky_class.stream_feed(stream, (struct adapter_bytes){bytes, length}, binary, &sink);
    (void)json_object_set_new(told, "good", json_boolean(good));
    if (!good) {
        struct stream_close end = bluesky_class.stream_closed(stream, 0, 1000, (struct adapter_bytes){"", 0});
        (void)json_object_set_new(told, "next", json_integer(end.next));
        (void)json_object_set_new(told, "reason", json_string(end.reason));
    }
    compare(name, told);
    bluesky_class.stream_free(stream);
    json_decref(told);
}

/* Where the two accounts live was learned before: media is linked there. */
static void settle(struct adapter *adapter)
{
    char did[64];
    FILE *file = fopen(FOLDER "/accounts", "r");
    assert_non_null(file);
    while (fscanf(file, "%63s", did) == 1)
        bluesky_home_put(adapter->homes, did, "https://pds.example", "alice.test");
    assert_int_equal(fclose(file), 0);
}

static bool ends_with(const char *name, const char *end)
{
    const char *dot = strrchr(name, '.');
    return dot && strcmp(dot, end) == 0;
}

static int is_frame(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".frame");
}

static int is_jetstream(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".jetstream");
}

static int is_jetstream_2(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".jetstream2");
}

static void check_all(const char *source, int (*is_case)(const struct dirent *), int least)
{
    struct dirent **list;
    bool binary = strcmp(source, "firehose") == 0;
    int count = scandir(FOLDER, &list, is_case, alphasort);
    assert_true(count > least);
    struct adapter *adapter = open_adapter(source, binary ? "wss://pds.example" : "wss://jetstream.example");
    for (int i = 0; i < count; i++) {
        settle(adapter);
        feed(adapter, list[i]->d_name, binary);
        free(list[i]);
    }
    free(list);
    bluesky_class.close(adapter);
}

static void every_frame_means_what_its_case_says(void **state)
{
    (void)state;
    check_all("firehose", is_frame, 45);
}

static void every_message_of_jetstream_means_what_its_case_says(void **state)
{
    (void)state;
    check_all("jetstream", is_jetstream, 25);
}

static void every_message_of_jetstream_2_means_what_its_case_says(void **state)
{
    (void)state;
    check_all("jetstream2", is_jetstream_2, 25);
}

/* ---- broken bytes */

static bool feed_bytes(struct adapter *adapter, const char *bytes, size_t length, size_t *events)
{
    json_t *told = json_pack("{s:[]}", "events");
    const struct stream_sink sink = {
        .context = told, .event = take_event, .cursor = take_cursor, .send = take_send};
    struct stream *stream = bluesky_class.stream_new(adapter, (struct adapter_bytes){"", 0});
    bool good = bluesky_class.stream_feed(stream, (struct adapter_bytes){bytes, length}, true, &sink);
    *events = json_array_size(json_object_get(told, "events"));
    bluesky_class.stream_free(stream);
    json_decref(told);
    return good;
}

static void a_frame_cut_anywhere_is_refused(void **state)
{
    (void)state;
    size_t length = 0;
    size_t events = 0;
    struct adapter *adapter = open_adapter("firehose", "wss://pds.example");
    char *bytes = read_file(FOLDER "/10-post.frame", &length);
    assert_true(feed_bytes(adapter, bytes, length, &events));
    assert_int_equal(events, 1);
    for (size_t cut = 0; cut < length; cut++) {
        char *part = malloc(cut ? cut : 1); /* its own block, so that a read beyond it is seen */
        memcpy(part, bytes, cut);
        assert_false(feed_bytes(adapter, part, cut, &events));
        assert_int_equal(events, 0);
        free(part);
    }
    bluesky_class.close(adapter);
}

/* A block that is not what its CID says is no record: the gateway asks the server instead. */
static void a_forged_block_tells_no_post(void **state)
{
    (void)state;
    size_t length = 0;
    struct adapter *adapter = open_adapter("firehose", "wss://pds.example");
    char *bytes = read_file(FOLDER "/10-post.frame", &length);
    char *text = memmem(bytes, length, "Hello from Bluesky", 18);
    assert_non_null(text);
    for (int forged = 0; forged < 2; forged++) {
        json_t *told = json_pack("{s:[]}", "events");
        const struct stream_sink sink = {
            .context = told, .event = take_event, .cursor = take_cursor, .send = take_send};
        struct stream *stream = bluesky_class.stream_new(adapter, (struct adapter_bytes){"", 0});
        text[0] = forged ? 'J' : 'H';
        assert_true(bluesky_class.stream_feed(stream, (struct adapter_bytes){bytes, length}, true, &sink));
        const json_t *event = json_array_get(json_object_get(told, "events"), 0);
        assert_non_null(event);
        assert_true((json_object_get(event, "post") == NULL) == (forged == 1));
        bluesky_class.stream_free(stream);
        json_decref(told);
    }
    bluesky_class.close(adapter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_means_what_its_case_says),
        cmocka_unit_test(every_message_of_jetstream_means_what_its_case_says),
        cmocka_unit_test(every_message_of_jetstream_2_means_what_its_case_says),
        cmocka_unit_test(a_frame_cut_anywhere_is_refused),
        cmocka_unit_test(a_forged_block_tells_no_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
