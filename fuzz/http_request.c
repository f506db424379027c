/* The head of a request: what is taken has one meaning only, however it was cut into pieces. */
#include <stdlib.h>
#include <string.h>

#include "gateway/http/request.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool is_one_line(const char *text)
{
    return !strpbrk(text, "\r\n");
}

static void check_head(const struct http_head *head)
{
    require(is_one_line(head->method) && is_one_line(head->target) && is_one_line(head->authority));
    require(head->path[0] == '/' || strcmp(head->path, "*") == 0);
    require(!strstr(head->path, "//") && !strstr(head->path, "/../") && !strstr(head->path, "/./"));
    require(strlen(head->path) <= strlen(head->target));
    require(!http_head_field(head, "transfer-encoding"));
    for (size_t i = 0; i < head->field_count; i++) {
        require(is_one_line(head->fields[i].name) && is_one_line(head->fields[i].value));
        require(http_head_field(head, head->fields[i].name) == head->fields[i].value);
    }
    char value[64];
    if (http_query_parameter(head->query, "resource", value, sizeof value))
        require(strlen(value) < sizeof value);
}

static void check_request(struct http_request *request)
{
    char error[100];
    struct trusted_proxies *proxies = trusted_proxies_new("127.0.0.1, 10.0.0.0/8", error, sizeof error);
    http_request_describe(request, "127.0.0.1", proxies, "http");
    require(strlen(request->peer) < sizeof request->peer && strlen(request->authority) <= 255);
    require(strcmp(request->scheme, "http") == 0 || strcmp(request->scheme, "https") == 0);
    trusted_proxies_free(proxies);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const char *bytes = (const char *)data;
    size_t at = 0;
    enum http_head_end end = http_head_find(bytes, size, &at);
    /* In two pieces it ends where it ends in one. */
    size_t again = 0;
    if (http_head_find(bytes, size / 2, &again) == HTTP_HEAD_UNFINISHED) {
        require(http_head_find(bytes, size, &again) == end);
        require(end != HTTP_HEAD_WHOLE || again == at);
    }
    if (end != HTTP_HEAD_WHOLE)
        return 0;
    struct http_request *request = calloc(1, sizeof *request);
    if (!request)
        abort();
    const char *why = NULL;
    int status = http_head_read(&request->head, bytes, at, &why);
    require(status == 0 || (status >= 400 && status <= 599 && why));
    if (status == 0) {
        check_head(&request->head);
        check_request(request);
    }
    http_request_free(request);
    return 0;
}
