/* WebFinger: the query of a request, as it stands in the request line. Whatever is asked, there is one
 * answer; a document is only given for a resource of this host. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/fed/serve.h"
#include "gateway/http/request.h"
#include "gateway/log.h"
#include "played_world.h"

enum { BUDGET = 1 << 20 };

static struct config config = {
    .hosts = {{.authority = (char[]){"bridge.example"}, .base = (char[]){WORLD_BASE}}}, .host_count = 1};
static struct gateway gateway = {.config = &config};
static struct trusted_proxies *proxies;
static size_t answers;

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* The parameters are libFuzzer's. NOLINTNEXTLINE(readability-non-const-parameter) */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    char error[200];
    (void)count, (void)arguments;
    log_configure(false, LOG_ERROR, "fuzz");
    proxies = trusted_proxies_new(NULL, error, sizeof error);
    return 0;
}

void __wrap_http_answer(struct http_request *request, const struct http_answer *answer);
void __wrap_http_answer(struct http_request *request, const struct http_answer *answer)
{
    (void)request;
    answers++;
    require(answer->status == 200 || answer->status == 400 || answer->status == 404);
    if (answer->status != 200)
        return;
    json_t *document = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, NULL);
    const char *subject = json_string_value(json_object_get(document, "subject"));
    require(subject && (strcmp(subject, "acct:alice@bridge.example") == 0 ||
                        strcmp(subject, "acct:bridge.example@bridge.example") == 0));
    json_decref(document);
}

void __wrap_http_answer_text(struct http_request *request, int status, const char *sentence);
void __wrap_http_answer_text(struct http_request *request, int status, const char *sentence)
{
    __wrap_http_answer(request, &(struct http_answer){.status = status, .body = sentence});
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char start[] = "GET /.well-known/webfinger?";
    static const char rest[] = " HTTP/1.1\r\nHost: bridge.example\r\n\r\n";
    if (size > 8192)
        return 0;
    struct http_request *request = calloc(1, sizeof *request);
    char *head = malloc(sizeof start + size + sizeof rest);
    require(request && head);
    memcpy(head, start, sizeof start - 1);
    memcpy(head + sizeof start - 1, data, size);
    memcpy(head + sizeof start - 1 + size, rest, sizeof rest);
    const char *why = NULL;
    size_t length = sizeof start - 1 + size + sizeof rest - 1;
    size_t end = 0;
    if (http_head_find(head, length, &end) == HTTP_HEAD_WHOLE &&
        http_head_read(&request->head, head, end, &why) == 0 &&
        strcmp(request->head.path, "/.well-known/webfinger") == 0) {
        http_request_describe(request, "192.0.2.1", proxies, "https");
        struct serving serving = {
            .gateway = &gateway, .request = request, .host = &config.hosts[0], .arena = arena_new(BUDGET)};
        answers = 0;
        serve_webfinger(&serving);
        require(answers == 1);
        arena_free(serving.arena);
    }
    http_request_free(request);
    free(head);
    return 0;
}
