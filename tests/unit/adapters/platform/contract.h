/* For the tests of the platform adapter: an open adapter, and answers of a platform as literal JSON. */
#ifndef DRAWBRIDGE_TESTS_CONTRACT_H
#define DRAWBRIDGE_TESTS_CONTRACT_H

#include <stdio.h>
#include <string.h>

#include "adapters/adapter.h"

#define DISCOVERY                                                                                            \
    "{\"contract\":[\"1\"],\"platform\":{\"id\":\"pinboard\"},\"api\":\"https://api.pinboard.example/v1\","  \
    "\"stream\":\"wss://api.pinboard.example/v1/stream\",\"level\":2,"                                       \
    "\"features\":[\"events.ws\",\"remote_posts\",\"remote_relations\"],"                                    \
    "\"limits\":{\"text\":{\"max\":1000,\"unit\":\"graphemes\",\"max_bytes\":8000},"                         \
    "\"media\":{\"per_post\":1,\"alt_max\":1500},\"page_max\":50}}"

static inline const struct adapter_class *contract_class(void)
{
    return adapter_class_find("platform");
}

static inline struct adapter *contract_open(const char *url)
{
    char error[256] = "";
    json_t *settings = json_pack("{s:s}", "url", url);
    struct adapter *adapter = contract_class()->open(settings, error, sizeof error);
    json_decref(settings);
    return adapter;
}

static inline struct adapter_response contract_response(int status, const char *body)
{
    return (struct adapter_response){
        .status = status, .body = {body, body ? strlen(body) : 0}, .retry_after_ms = -1};
}

static inline enum operation_state contract_answer(struct operation *operation, int status, const char *body)
{
    struct adapter_response response = contract_response(status, body);
    return contract_class()->operation_step(operation, &response);
}

/* Discovery of `document`; false when it was refused. */
static inline bool contract_discover(struct adapter *adapter, const char *document)
{
    const struct operation_input input = {.kind = OPERATION_DISCOVER};
    struct operation *operation = contract_class()->operation_new(adapter, &input);
    (void)contract_class()->operation_step(operation, NULL);
    bool good = contract_answer(operation, 200, document) == OPERATION_DONE;
    contract_class()->operation_free(operation);
    return good;
}

static inline struct adapter *contract_discovered(void)
{
    struct adapter *adapter = contract_open("https://pinboard.example/");
    if (adapter && !contract_discover(adapter, DISCOVERY)) {
        contract_class()->close(adapter);
        return NULL;
    }
    return adapter;
}

#endif
