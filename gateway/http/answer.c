/* Answers: the status line, the headers and the body in one piece, since two writes cost a quarter. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/clock.h"
#include "gateway/http/connection.h"

enum { ANSWER_HEADERS_MAX = 64 << 10 };

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static const char *phrase_of(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Unknown";
}

/* IMF-fixdate of RFC 9110 §5.6.7, independent of the locale. */
static void add_date(struct buffer *out)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(clock_now_ms() / 1000);
    struct tm date;
    if (!gmtime_r(&now, &date))
        return;
    buffer_format(out, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[date.tm_wday], date.tm_mday,
                  months[date.tm_mon], date.tm_year + 1900, date.tm_hour, date.tm_min, date.tm_sec);
}

/* A header that could begin another one is left out whole. */
static void add_header(struct buffer *out, const char *name, const char *value)
{
    if (!*name || !value)
        return;
    for (const char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_')
            return;
    for (const char *at = value; *at; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
            return;
    buffer_add_string(out, name);
    buffer_add(out, ": ", 2);
    buffer_add_string(out, value);
    buffer_add(out, "\r\n", 2);
}

void http_answer_write(struct buffer *out, const struct http_answer *answer, bool head_only,
                       const char *connection_option)
{
    int status = answer->status >= 200 && answer->status <= 599 ? answer->status : 500;
    /* These two never have a body, and 204 no length either (RFC 9110 §8.6). */
    bool bodiless = status == 204 || status == 304;
    buffer_init(out, ANSWER_HEADERS_MAX + answer->length);
    buffer_format(out, "HTTP/1.1 %d %s\r\n", status, phrase_of(status));
    add_date(out);
    if (answer->content_type && !bodiless)
        add_header(out, "Content-Type", answer->content_type);
    if (!bodiless)
        buffer_format(out, "Content-Length: %zu\r\n", answer->length);
    if (connection_option)
        add_header(out, "Connection", connection_option);
    for (size_t i = 0; i < HTTP_HEADERS_MAX && answer->headers[i].name; i++)
        add_header(out, answer->headers[i].name, answer->headers[i].value);
    buffer_add(out, "\r\n", 2);
    if (!bodiless && !head_only)
        buffer_add(out, answer->body, answer->length);
    /* Half an answer would be read as a whole one. */
    if (out->failed) {
        static const struct http_answer too_large = {.status = 500};
        buffer_clear(out);
        http_answer_write(out, &too_large, true, connection_option);
    }
}

static void end_request(struct http_request *request)
{
    struct http_server *server = request->server;
    if (server) {
        if (request->previous)
            request->previous->next = request->next;
        else
            server->requests = request->next;
        if (request->next)
            request->next->previous = request->previous;
        server->pending--;
    }
    http_request_free(request);
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
    struct http_connection *connection = request->connection;
    if (connection) {
        const struct http_head *head = &request->head;
        connection->close_after = !head->keep_alive || connection->server->draining;
        const char *option = connection->close_after ? "close" : NULL;
        if (!option && http_head_field(head, "connection"))
            option = "keep-alive"; /* HTTP/1.0 clients that asked must hear it */
        http_answer_write(&connection->output, answer, strcmp(head->method, "HEAD") == 0, option);
        connection->request = NULL;
    }
    end_request(request);
    if (connection)
        http_connection_answer(connection);
}

void http_answer_text(struct http_request *request, int status, const char *sentence)
{
    http_answer(request, &(struct http_answer){.status = status,
                                               .content_type = "text/plain; charset=utf-8",
                                               .body = sentence,
                                               .length = strlen(sentence)});
}
