/* What a platform that speaks the contract says: frames of its stream and answers of its API. First byte of
 * the input: which of them; then one document a line. */
#include <stdlib.h>
#include <string.h>

#include "adapters/adapter.h"

#define DISCOVERY                                                                                            \
    "{\"contract\":[\"1\"],\"platform\":{\"id\":\"plaza\"},\"api\":\"https://api.plaza.example/v1\","        \
    "\"stream\":\"wss://api.plaza.example/v1/stream\",\"level\":2,"                                          \
    "\"features\":[\"events.ws\",\"remote_posts\",\"remote_relations\"],"                                    \
    "\"limits\":{\"text\":{\"max\":500,\"unit\":\"graphemes\",\"max_bytes\":4000},"                          \
    "\"media\":{\"per_post\":4},\"page_max\":50}}"

enum { LINES_MAX = 16, STEPS_MAX = 16 };

static const struct adapter_class *class;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static struct adapter *open_adapter(void)
{
    char error[256] = "";
    class = adapter_class_find("platform");
    json_t *settings = json_pack("{s:s}", "url", "https://plaza.example");
    struct adapter *adapter = class->open(settings, error, sizeof error);
    json_decref(settings);
    require(adapter != NULL);
    return adapter;
}

static struct adapter_response response_of(const char *text, size_t length)
{
    return (struct adapter_response){.status = 200, .body = {text, length}, .retry_after_ms = -1};
}

static struct adapter *discovered(void)
{
    struct adapter *adapter = open_adapter();
    const struct operation_input input = {.kind = OPERATION_DISCOVER};
    struct operation *operation = class->operation_new(adapter, &input);
    struct adapter_response response = response_of(DISCOVERY, sizeof DISCOVERY - 1);
    require(class->operation_step(operation, NULL) == OPERATION_REQUEST);
    require(class->operation_step(operation, &response) == OPERATION_DONE);
    class->operation_free(operation);
    return adapter;
}

/* ---- what came of it
 * ------------------------------------------------------------------------------------------------ */

static void check_text(const struct rich_text *text)
{
    require(!text->text || (strlen(text->text) == text->length && text_is_clean(text->text, text->length)));
    for (size_t i = 0; i < text->span_count; i++)
        require(text->spans[i].start < text->spans[i].end && text->spans[i].end <= text->length);
}

static bool take_event(void *context, const struct event *event)
{
    (void)context;
    require(event->key && event->key[0]);
    if (event->post)
        check_text(&event->post->body);
    if (event->account_data)
        check_text(&event->account_data->bio);
    return true;
}

static void take_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    (void)context;
    require(cursor.length > 0 && (ack.length == 0 || ack.data));
}

static void take_text(void *context, struct adapter_bytes text)
{
    json_t *document = json_loadb(text.data, text.length, 0, NULL);
    (void)context;
    require(document != NULL);
    json_decref(document);
}

static void feed_stream(struct adapter *adapter, char *text)
{
    static const struct stream_sink sink = {.event = take_event, .cursor = take_cursor, .send = take_text};
    char *line = strsep(&text, "\n");
    struct stream *stream = class->stream_new(adapter, (struct adapter_bytes){line, strlen(line)});
    require(stream && class->stream_plan(stream)->url);
    bool good = true;
    for (int lines = 0; good && text && lines < LINES_MAX; lines++) {
        line = strsep(&text, "\n");
        good = class->stream_feed(stream, (struct adapter_bytes){line, strlen(line)}, false, &sink);
    }
    struct stream_close end = class->stream_closed(
        stream, 0, good ? 1000 : 4000, (struct adapter_bytes){text ? text : "", text ? strlen(text) : 0});
    require(end.delay_ms <= 3600 * 1000 * 2);
    class->stream_free(stream);
}

static void answer_operation(struct adapter *adapter, enum operation_kind kind, char *text)
{
    const struct operation_input input = {
        .kind = kind, .account = "u_1", .post = "p_1", .key = "rp_1", .cursor = NULL};
    struct operation *operation = class->operation_new(adapter, &input);
    enum operation_state state = class->operation_step(operation, NULL);
    for (int steps = 0; state == OPERATION_REQUEST && text && steps < STEPS_MAX; steps++) {
        char *line = strsep(&text, "\n");
        struct adapter_response response = response_of(line, strlen(line));
        response.status = line[0] == '{' || line[0] == '[' ? 200 : 400 + (unsigned char)line[0] % 104;
        state = class->operation_step(operation, &response);
    }
    const struct operation_result *result = class->operation_result(operation);
    for (size_t i = 0; state == OPERATION_DONE && i < result->post_count; i++)
        check_text(&result->posts[i].body);
    for (size_t i = 0; state == OPERATION_DONE && i < result->account_count; i++)
        check_text(&result->accounts[i].bio);
    class->operation_free(operation);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const enum operation_kind kinds[] = {
        OPERATION_DISCOVER, OPERATION_ACCOUNT,  OPERATION_FEDERATED_ACCOUNTS, OPERATION_POST,
        OPERATION_POSTS,    OPERATION_POST_IDS, OPERATION_PUSH_DELETE};
    if (size < 2)
        return 0;
    char *text = strndup((const char *)data + 1, size - 1);
    if (!text)
        abort();
    unsigned which = data[0] % 10;
    struct adapter *adapter = which == 3 ? open_adapter() : discovered();
    if (which < 3)
        feed_stream(adapter, text);
    else
        answer_operation(adapter, kinds[which - 3], text);
    class->close(adapter);
    free(text);
    return 0;
}
