/* A platform's events by webhook: the platform POSTs batches of them, signed, one after the other (the
 * contract's §4.5). Any worker takes one: it is durable before the 202, and what comes twice is known by
 * epoch and number. */
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/upstream/stream.h"

enum { SECOND_MS = 1000 };

static void count_refused(struct gateway *gateway)
{
    reply_free(store_call(gateway->store, "INCR", "counter:webhooks_refused", (char *)NULL));
}

/* A wrong signature, or a body that no batch of events is. */
static void refuse(struct serving *serving, const struct platform *platform, int status, const char *why)
{
    log_write(LOG_WARNING, "a webhook was refused", "platform", platform->config->name, "reason", why, "peer",
              http_request_peer(serving->request), (char *)NULL);
    count_refused(serving->gateway);
    http_answer_text(serving->request, status, arena_format(serving->arena, "Refused: %s.\n", why));
}

static const char *verify(const struct serving *serving, const struct platform *platform)
{
    struct webhook_message message = {
        .id = http_request_header(serving->request, "webhook-id"),
        .timestamp = http_request_header(serving->request, "webhook-timestamp"),
        .signatures = http_request_header(serving->request, "webhook-signature"),
    };
    message.body = http_request_body(serving->request, &message.length);
    return webhook_verify(&platform->config->webhook_secret, &message, clock_now_ms() / SECOND_MS);
}

/* The verified batch through the adapter into the store. */
static void take(struct serving *serving, struct platform *platform, struct platform_stream *batches)
{
    size_t length;
    const char *body = http_request_body(serving->request, &length);
    const struct stream_plan *plan = stream_begin(batches);
    const struct stream_sink sink = stream_sink_of(batches);
    if (!plan)
        serve_unavailable(serving);
    else if (plan->carrier != CARRIER_WEBHOOK)
        refuse(serving, platform, 404,
               "this platform's events are read by another carrier; set events = webhook in its section of "
               "the configuration");
    else if (!platform->class->stream_feed(batches->stream, (struct adapter_bytes){body, length}, false,
                                           &sink))
        refuse(serving, platform, 400, "the body is no batch {\"epoch\": …, \"events\": […]} of events");
    else if (!stream_flush(batches))
        serve_unavailable(serving);
    else
        http_answer(serving->request, &(struct http_answer){.status = 202});
}

/* The platform, once its signature was verified; NULL after a refusal. */
static struct platform *sender(struct serving *serving, const char *name)
{
    struct platform *platform = upstream_find(serving->gateway, name);
    if (!platform || !platform->config->webhook_secret.length) {
        http_answer_text(
            serving->request, 404,
            "No platform of that name takes webhooks here: it needs a webhook_secret_file in its "
            "section of the configuration.\n");
        return NULL;
    }
    const char *why = verify(serving, platform);
    if (!why)
        return platform;
    refuse(serving, platform, 401, why);
    return NULL;
}

bool upstream_is_from(struct serving *serving, const char *name)
{
    return sender(serving, name) != NULL;
}

void upstream_webhook(struct serving *serving, const char *name)
{
    struct platform *platform = sender(serving, name);
    if (!platform)
        return;
    struct platform_stream batches = {.platform = platform};
    batches.last = &batches.first;
    take(serving, platform, &batches);
    stream_drop_batches(&batches);
    if (batches.stream)
        platform->class->stream_free(batches.stream);
}

bool stream_by_webhook(struct platform_stream *self)
{
    const struct platform *platform = self->platform;
    if (platform->config->webhook_secret.length)
        log_write(LOG_INFO, "the platform tells its events by webhook", "platform", platform->config->name,
                  (char *)NULL);
    else
        log_write(LOG_ERROR,
                  "the platform tells its events by webhook and there is no secret to verify them; set "
                  "webhook_secret_file in its section of the configuration",
                  "platform", platform->config->name, (char *)NULL);
    while (!platform->gateway->stopping && lease_take(platform->gateway, &self->lease))
        stream_wait(self, STREAM_TICK_MS);
    return true;
}
