/* A platform's events by long-poll: one request after the other, each from the cursor behind the last. */
#include <stdio.h>
#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/log.h"
#include "gateway/upstream/stream.h"
#include "mapping/buffer.h"

struct question {
    struct platform_stream *stream;
    bool done;
    struct fetch_result result;
};

static void answered(void *context, struct fetch_result *result)
{
    struct question *question = context;
    question->result = *result;
    result->body = NULL; /* ours now */
    question->done = true;
    stream_wake(question->stream);
}

static void ask(struct question *question, const struct stream_plan *plan)
{
    struct platform *platform = question->stream->platform;
    struct buffer authorization;
    buffer_init(&authorization, 4096);
    if (plan->authenticate && platform->config->token)
        buffer_format(&authorization, "Bearer %s", platform->config->token);
    const struct fetch_header headers[] = {{"Accept", "application/json"},
                                           {"Authorization", buffer_text(&authorization)}};
    const struct fetch_request request = {
        .method = "GET",
        .url = plan->url,
        .headers = headers,
        .header_count = authorization.length ? 2 : 1,
        .response_max = plan->message_max,
        .timeout_ms = plan->silence_ms,
        .trusted = true,
    };
    fetch_start(platform->gateway->fetch, &request, answered, question);
    buffer_clear(&authorization);
}

/* Meanwhile the lease is kept. False: this worker shall not hold the stream any more. */
static bool await_answer(struct question *question)
{
    struct platform_stream *self = question->stream;
    struct gateway *gateway = self->platform->gateway;
    bool keep = true;
    while (!question->done) {
        if (keep && (gateway->stopping || !lease_take(gateway, &self->lease))) {
            keep = false;
            fetch_give_up(gateway->fetch, question);
        }
        if (!question->done)
            stream_wait(self, STREAM_TICK_MS);
    }
    return keep;
}

/* True: ask again. False: the stream ended, as http_status and reason tell. */
static bool digest(struct platform_stream *self, const struct fetch_result *result)
{
    const struct stream_sink sink = stream_sink_of(self);
    const struct platform *platform = self->platform;
    if (result->error == FETCH_OK && result->status == 204)
        return true;
    if (result->error != FETCH_OK || result->status != 200) {
        self->http_status = result->error == FETCH_OK ? result->status : 0;
        (void)snprintf(self->reason, sizeof self->reason, "%s",
                       result->error != FETCH_OK ? result->reason
                       : result->body            ? result->body
                                                 : "");
        return false;
    }
    if (platform->class->stream_feed(self->stream, (struct adapter_bytes){result->body, result->length},
                                     false, &sink)) {
        self->backoff_ms = STREAM_BACKOFF_FIRST_MS;
        return stream_flush(self);
    }
    log_write(LOG_WARNING, "the platform's answer with events cannot be understood, or its numbering changed",
              "platform", platform->config->name, (char *)NULL);
    return false;
}

bool stream_by_poll(struct platform_stream *self)
{
    const struct platform *platform = self->platform;
    bool go_on = true;
    log_write(LOG_INFO, "asking the platform for events by long-poll", "platform", platform->config->name,
              (char *)NULL);
    while (go_on) {
        struct question question = {.stream = self};
        ask(&question, platform->class->stream_plan(self->stream));
        go_on = await_answer(&question) && digest(self, &question.result);
        fetch_result_clear(&question.result);
    }
    stream_drop_batches(self);
    return true;
}
