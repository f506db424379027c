/* Messages of Jetstream, one a line. First byte of the input: which version. */
#include <stdlib.h>
#include <string.h>

#include "bluesky_sink.h"

enum { LINES_MAX = 16 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char error[256];
    if (size < 1)
        return 0;
    char *text = strndup((const char *)data + 1, size - 1);
    if (!text)
        abort();
    json_t *settings = json_pack("{s:s}", "source", data[0] & 1 ? "jetstream2" : "jetstream");
    struct adapter *adapter = bluesky_class.open(settings, error, sizeof error);
    json_decref(settings);
    char *rest = text;
    const char *line = strsep(&rest, "\n");
    struct stream *stream = bluesky_class.stream_new(adapter, (struct adapter_bytes){line, strlen(line)});
    for (int lines = 0; rest && lines < LINES_MAX; lines++) {
        line = strsep(&rest, "\n");
        if (!bluesky_class.stream_feed(stream, (struct adapter_bytes){line, strlen(line)}, false, &sink))
            break;
    }
    bluesky_class.stream_free(stream);
    bluesky_class.close(adapter);
    free(text);
    return 0;
}
