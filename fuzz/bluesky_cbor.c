/* DAG-CBOR: two ways through the same bytes must agree, and a firehose frame of them must do no harm. */
#include <stdlib.h>

#include "adapters/bluesky/bluesky.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool take_event(void *context, const struct event *event)
{
    (void)context;
    require(event->key && event->key[0]);
    require(!event->post || text_is_clean(event->post->body.text, event->post->body.length));
    return true;
}

static void take_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    (void)context;
    require(cursor.length > 0 && ack.length == 0);
}

static void take_text(void *context, struct adapter_bytes text)
{
    (void)context;
    (void)text;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct stream_sink sink = {.event = take_event, .cursor = take_cursor, .send = take_text};
    char error[256];
    struct dag whole;
    struct dag skipped;
    dag_open(&whole, data, size);
    dag_open(&skipped, data, size);
    json_t *value = dag_json(&whole);
    bool passed = dag_skip(&skipped);
    if (value)
        require(passed && whole.at == skipped.at && whole.at <= size);
    json_decref(value);
    json_t *settings = json_pack("{s:s}", "firehose", "wss://pds.example");
    struct adapter *adapter = bluesky_class.open(settings, error, sizeof error);
    json_decref(settings);
    struct stream *stream = bluesky_class.stream_new(adapter, (struct adapter_bytes){"", 0});
    (void)bluesky_class.stream_feed(stream, (struct adapter_bytes){data, size}, true, &sink);
    struct stream_close end =
        bluesky_class.stream_closed(stream, 0, 1000, (struct adapter_bytes){data, size});
    require(end.reason != NULL);
    bluesky_class.stream_free(stream);
    bluesky_class.close(adapter);
    return 0;
}
