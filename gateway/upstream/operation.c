#include <stdlib.h>
#include <string.h>

#include "gateway/client/fetch.h"
#include "gateway/log.h"
#include "gateway/upstream/platform.h"
#include "mapping/buffer.h"

enum { STEPS_MAX = 16, HEADERS_MAX = 16 };

/* Performs one planned request; the answer's body is the result's and lives until fetch_result_clear. */
static void perform(struct platform *platform, const struct adapter_request *plan,
                    struct fetch_result *result, struct adapter_response *response)
{
    struct fetch_header headers[HEADERS_MAX + 2];
    size_t count = 0;
    struct buffer authorization;
    buffer_init(&authorization, 4096);
    for (size_t i = 0; i < plan->header_count && count < HEADERS_MAX; i++)
        headers[count++] = (struct fetch_header){plan->headers[i].name, plan->headers[i].value};
    if (plan->content_type)
        headers[count++] = (struct fetch_header){"Content-Type", plan->content_type};
    if (plan->authenticate && platform->config->token) {
        buffer_format(&authorization, "Bearer %s", platform->config->token);
        headers[count++] = (struct fetch_header){"Authorization", buffer_text(&authorization)};
    }
    struct fetch_request request = {.method = plan->method,
                                    .url = plan->url,
                                    .headers = headers,
                                    .header_count = count,
                                    .body = plan->body.data,
                                    .body_length = plan->body.length,
                                    .response_max = plan->response_max,
                                    .timeout_ms = plan->timeout_ms,
                                    .trusted = !plan->foreign};
    fetch(platform->gateway->fetch, &request, result);
    buffer_clear(&authorization);
    *response = (struct adapter_response){
        .status = result->error == FETCH_OK ? result->status : 0,
        .error = result->error == FETCH_OK ? NULL : result->reason,
        .body = {.data = result->body, .length = result->length},
        .retry_after_ms = result->retry_after_ms,
    };
}

static struct operation *run_operation(struct platform *platform, const struct operation_input *input)
{
    const struct adapter_class *class = platform->class;
    struct operation *operation = class->operation_new(platform->adapter, input);
    if (!operation)
        abort();
    struct fetch_result result = {0};
    enum operation_state state = class->operation_step(operation, NULL);
    for (int steps = 0; state == OPERATION_REQUEST && steps < STEPS_MAX; steps++) {
        struct adapter_response response;
        perform(platform, class->operation_request(operation), &result, &response);
        state = class->operation_step(operation, &response);
        fetch_result_clear(&result);
    }
    if (state == OPERATION_REQUEST)
        log_write(LOG_ERROR, "an adapter asked for too many requests in one operation", "platform",
                  platform->config->name, (char *)NULL);
    return operation;
}

static void discover(struct platform *platform)
{
    platform->class->operation_free(
        platform_operation(platform, &(struct operation_input){.kind = OPERATION_DISCOVER}));
}

bool platform_capabilities(struct platform *platform, unsigned *out)
{
    if (!platform->discovered)
        discover(platform);
    *out = platform->discovered ? platform->class->capabilities(platform->adapter) : 0;
    return platform->discovered;
}

struct operation *platform_operation(struct platform *platform, const struct operation_input *input)
{
    if (!platform->discovered && input->kind != OPERATION_DISCOVER) {
        struct operation *discovery =
            platform_operation(platform, &(struct operation_input){.kind = OPERATION_DISCOVER});
        if (!platform->discovered)
            return discovery; /* its answer tells what is wrong */
        platform->class->operation_free(discovery);
    }
    struct operation *operation = run_operation(platform, input);
    const struct operation_result *result = platform->class->operation_result(operation);
    if (input->kind == OPERATION_DISCOVER)
        platform->discovered = result->answer == ANSWER_OK;
    if (result->answer != ANSWER_OK && result->answer != ANSWER_GONE && result->answer != ANSWER_UNKNOWN)
        log_number(LOG_WARNING, "the platform did not do what was asked", "operation", input->kind,
                   "platform", platform->config->name, "reason", result->reason, (char *)NULL);
    return operation;
}

const struct operation_result *platform_result(const struct platform *platform,
                                               const struct operation *operation)
{
    return platform->class->operation_result(operation);
}
