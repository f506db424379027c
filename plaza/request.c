#include "plaza/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/fault.h"

enum { PARAMETERS_MAX = 32 };

struct request *request_new(void)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        abort();
    text_init(&request->body, BODY_MAX);
    text_init(&request->answer, ANSWER_MAX);
    return request;
}

void request_free(struct request *request)
{
    if (!request)
        return;
    json_decref(request->query);
    text_clear(&request->body);
    text_clear(&request->answer);
    free(request);
}

const char *request_query(const struct request *request, const char *name)
{
    return json_string_value(json_object_get(request->query, name));
}

int64_t request_query_number(const struct request *request, const char *name, int64_t otherwise,
                             int64_t maximum)
{
    const char *text = request_query(request, name);
    if (!text)
        return otherwise;
    size_t length = strlen(text);
    if (!length || length > 18 || strspn(text, "0123456789") != length)
        return -1;
    int64_t number = strtoll(text, NULL, 10);
    return number > maximum ? maximum : number;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    int lower = tolower((unsigned char)digit);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Decodes in place; false when an escape is broken. CR LF becomes LF, as browsers send it in forms. */
static bool decode(char *text)
{
    char *out = text;
    for (const char *at = text; *at; at++) {
        char character = *at == '+' ? ' ' : *at;
        if (*at == '%') {
            int high = hex_digit(at[1]);
            int low = high < 0 ? -1 : hex_digit(at[2]);
            if (low < 0 || !(high || low))
                return false;
            character = (char)(high * 16 + low);
            at += 2;
        }
        if (character != '\r')
            *out++ = character;
    }
    *out = '\0';
    return true;
}

static bool add_parameter(json_t *object, char *pair)
{
    char *value = strchr(pair, '=');
    if (value)
        *value++ = '\0';
    else
        value = pair + strlen(pair);
    if (!decode(pair) || !decode(value) || !text_is_clean(pair) || !text_is_clean(value))
        return false;
    return json_object_set_new(object, pair, json_string(value)) == 0;
}

json_t *parameters_parse(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    json_t *object = json_object();
    char *rest = copy;
    bool good = true;
    for (int i = 0; good && rest && *rest; i++) {
        char *pair = strsep(&rest, "&");
        good = i < PARAMETERS_MAX && (!*pair || add_parameter(object, pair));
    }
    free(copy);
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

json_t *request_json(struct request *request)
{
    json_t *json =
        json_loadb(text_string(&request->body), request->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    answer_problem(request, 400, "bad_json", NULL, "The body is not a JSON object.");
    return NULL;
}

json_t *request_form(struct request *request)
{
    json_t *form = NULL;
    if (strncmp(request->content_type, "application/x-www-form-urlencoded", 33) == 0 &&
        strlen(text_string(&request->body)) == request->body.length)
        form = parameters_parse(text_string(&request->body));
    if (!form)
        answer_problem(request, 400, "bad_form", NULL, "The form cannot be read.");
    return form;
}

void answer_json(struct request *request, int status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (!text)
        abort();
    json_decref(json);
    answer_empty(request, status);
    request->type = "application/json";
    text_put(&request->answer, text);
    free(text);
}

void answer_empty(struct request *request, int status)
{
    text_clear(&request->answer);
    request->status = status;
    request->type = NULL;
}

static const char *title_of(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        {400, "Bad request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not found"},
        {405, "Not allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length required"},
        {413, "Body too large"},
        {422, "Unprocessable body"},
        {424, "Failed dependency"},
        {429, "Too many requests"},
        {503, "Unavailable"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Internal error";
}

void answer_problem(struct request *request, int status, const char *code, const char *field,
                    const char *detail)
{
    if (fault_is(FAULT_PLAIN_ERRORS)) {
        answer_json(request, status, json_make("{s:s}", "error", detail));
        return;
    }
    json_t *problem = json_make("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", title_of(status),
                                "status", status, "detail", detail, "code", code);
    if (field)
        json_object_set_new(problem, "field", json_string(field));
    if (request->retry_after_s)
        json_object_set_new(problem, "retry_after_s", json_integer(request->retry_after_s));
    answer_json(request, status, problem);
    request->type = "application/problem+json";
}

void answer_redirect(struct request *request, const char *path)
{
    answer_empty(request, 303);
    snprintf(request->location, sizeof request->location, "%s", path);
}

/* ---- routes ---- */

static bool matches(struct request *request, const char *pattern)
{
    const char *at = request->path;
    int captured = 0;
    while (*pattern) {
        if (*pattern != '*') {
            if (*at++ != *pattern++)
                return false;
            continue;
        }
        size_t length = strcspn(at, "/");
        if (!length || length >= CAPTURE_SIZE || captured == CAPTURES_MAX)
            return false;
        memcpy(request->captures[captured], at, length);
        request->captures[captured++][length] = '\0';
        at += length;
        pattern++;
    }
    return !*at;
}

static bool run(struct plaza *plaza, struct request *request, const struct route *route)
{
    struct database *database = &plaza->database;
    if (database_begin(database, route->writes))
        route->handle(plaza, request);
    if (database_end(database, request->status < 400))
        return database->new_events;
    if (database->failed) {
        fprintf(stderr, "plaza: the database %s failed: %s. Nothing of the request was kept.\n",
                plaza->options.database, database->error);
        answer_problem(request, 503, "unavailable", NULL, "The database failed; nothing was kept.");
    }
    return false;
}

bool routes_run(struct plaza *plaza, struct request *request, const struct route *routes, size_t count)
{
    bool other_method = false;
    for (size_t i = 0; i < count; i++) {
        if (!matches(request, routes[i].pattern))
            continue;
        if (routes[i].method == request->method)
            return run(plaza, request, &routes[i]);
        other_method = true;
    }
    if (other_method)
        answer_problem(request, 405, "method", NULL, "This address does not know that method.");
    else
        answer_problem(request, 404, "not_found", NULL, "There is nothing at this address.");
    return false;
}
