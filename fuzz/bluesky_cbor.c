/* DAG-CBOR: two ways through the same bytes must agree, and a firehose frame of them must do no harm. */
#include "bluesky_sink.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
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
