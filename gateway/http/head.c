#include "gateway/http/head.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_DIGITS_MAX = 15, AUTHORITY_MAX = 255 };

enum http_head_end http_head_find(const char *bytes, size_t length, size_t *at)
{
    size_t from = *at;
    const char *newline;
    while (from < length && (newline = memchr(bytes + from, '\n', length - from))) {
        size_t here = (size_t)(newline - bytes);
        if (here == 0 || bytes[here - 1] != '\r')
            return HTTP_HEAD_BROKEN;
        if (here >= 3 && bytes[here - 2] == '\n') {
            *at = here + 1;
            return HTTP_HEAD_WHOLE;
        }
        from = here + 1;
    }
    *at = length;
    return HTTP_HEAD_UNFINISHED;
}

/* tchar of RFC 9110 §5.6.2. */
static bool is_token_char(char character)
{
    return isalnum((unsigned char)character) || (character && strchr("!#$%&'*+-.^_`|~", character));
}

static bool is_token(const char *text)
{
    size_t length = 0;
    while (is_token_char(text[length]))
        length++;
    return length > 0 && !text[length];
}

static bool is_visible(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static bool is_value(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

bool http_authority_is_valid(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && (!text[i] || !strchr("-._:[]", text[i])))
            return false;
    return length > 0 && length <= AUTHORITY_MAX;
}

static bool is_authority(const char *text)
{
    return http_authority_is_valid(text, strlen(text));
}

static int refuse(const char **why, int status, const char *sentence)
{
    *why = sentence;
    return status;
}

/* Splits off an absolute target's scheme and authority (RFC 9112 §3.2.2). */
static bool read_target(struct http_head *head, char *target)
{
    head->target = target;
    if (strncasecmp(target, "http://", 7) != 0 && strncasecmp(target, "https://", 8) != 0)
        return true;
    char *authority = strchr(target, ':') + 3;
    size_t length = strcspn(authority, "/?");
    if (authority[length] == '?')
        return false;
    head->target = authority[length] ? authority + length : "/";
    /* One to the left, over a slash of "://", which makes room for its NUL. */
    char *moved = authority - 1;
    memmove(moved, authority, length);
    moved[length] = '\0';
    head->authority = moved;
    return true;
}

static int read_request_line(struct http_head *head, char *line, const char **why)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version)
        return refuse(why, 400, "The request line is malformed.\n");
    *target++ = '\0';
    *version++ = '\0';
    head->method = line;
    if (!is_token(line) || !is_visible(target) || strchr(target, '#'))
        return refuse(why, 400, "The request line is malformed.\n");
    if (strncmp(version, "HTTP/", 5) != 0 || strlen(version) != 8)
        return refuse(why, 400, "The request line is malformed.\n");
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return refuse(why, 505, "Only HTTP/1.1 is spoken here.\n");
    head->keep_alive = version[7] == '1';
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    bool known = false;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        known = known || strcmp(line, methods[i]) == 0;
    if (!known)
        return refuse(why, 501, "That method is not known here.\n");
    if (!read_target(head, target))
        return refuse(why, 400, "The request target is malformed.\n");
    const char *question = strchr(head->target, '?');
    head->query = question ? question + 1 : "";
    head->path = malloc(strlen(head->target) + 1);
    if (!head->path)
        abort();
    if (strcmp(line, "OPTIONS") == 0 && strcmp(head->target, "*") == 0)
        memcpy(head->path, "*", 2);
    else if (!http_path_resolve(head->target, head->path))
        return refuse(why, 400, "The request target is malformed.\n");
    return 0;
}

static int read_field(struct http_head *head, char *line, const char **why)
{
    /* A blank first means a folded line, a blank before the colon a name that others read differently. */
    char *colon = strchr(line, ':');
    if (!colon)
        return refuse(why, 400, "A header line is malformed.\n");
    *colon = '\0';
    char *value = colon + 1;
    value += strspn(value, " \t");
    for (size_t length = strlen(value); length && strchr(" \t", value[length - 1]); length--)
        value[length - 1] = '\0';
    if (!is_token(line) || !is_value(value))
        return refuse(why, 400, "A header line is malformed.\n");
    if (head->field_count == HTTP_FIELDS_MAX)
        return refuse(why, 431, "The request has too many headers.\n");
    for (char *at = line; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    head->fields[head->field_count++] = (struct http_field){.name = line, .value = value};
    return 0;
}

/* Headers of which a second line can only be a mistake or a trick. */
static bool is_single(const char *name)
{
    static const char *const names[] = {"host", "content-length", "content-type", "date", "authorization"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Joins the lines of each name into one value, in their order (RFC 9110 §5.3). */
static int join_fields(struct http_head *head, size_t text_length, const char **why)
{
    char *out = NULL;
    for (size_t i = 0; i < head->field_count; i++) {
        struct http_field *field = &head->fields[i];
        bool joined = false;
        for (size_t j = i + 1; j < head->field_count; j++) {
            if (strcmp(field->name, head->fields[j].name) != 0)
                continue;
            if (is_single(field->name))
                return refuse(why, 400, "A header came twice that may come once only.\n");
            if (!out && !(head->joined = out = malloc(2 * text_length)))
                abort();
            if (!joined) {
                const char *first = field->value;
                field->value = out;
                out = stpcpy(out, first);
                joined = true;
            }
            out = stpcpy(stpcpy(out, ", "), head->fields[j].value);
            memmove(&head->fields[j], &head->fields[j + 1],
                    (head->field_count - j - 1) * sizeof head->fields[0]);
            head->field_count--;
            j--;
        }
        if (joined)
            *out++ = '\0';
    }
    return 0;
}

static bool has_option(const char *list, const char *option)
{
    size_t length = strlen(option);
    while (list && *list) {
        list += strspn(list, " \t,");
        size_t here = strcspn(list, " \t,");
        if (here == length && strncasecmp(list, option, length) == 0)
            return true;
        list += here;
    }
    return false;
}

/* How long the body is (RFC 9112 §6). Chunked bodies are the reverse proxy's to unfold. */
static int read_framing(struct http_head *head, const char **why)
{
    const char *length = http_head_field(head, "content-length");
    if (http_head_field(head, "transfer-encoding"))
        return length ? refuse(why, 400, "Content-Length and Transfer-Encoding exclude each other.\n")
                      : refuse(why, 411, "Send a Content-Length; chunked bodies are not taken here.\n");
    if (!length) {
        bool needs = strcmp(head->method, "POST") == 0 || strcmp(head->method, "PUT") == 0 ||
                     strcmp(head->method, "PATCH") == 0;
        return needs ? refuse(why, 411, "Send a Content-Length.\n") : 0;
    }
    if (!*length || length[strspn(length, "0123456789")])
        return refuse(why, 400, "Content-Length is no number.\n");
    length += strspn(length, "0");
    if (strlen(length) > BODY_DIGITS_MAX)
        return refuse(why, 413, "The body is too large.\n");
    head->body_length = (size_t)strtoull(*length ? length : "0", NULL, 10);
    return 0;
}

static int read_meaning(struct http_head *head, const char **why)
{
    const char *host = http_head_field(head, "host");
    if (!host || !is_authority(host) || (head->authority && !is_authority(head->authority)))
        return refuse(why, 400, "Send one valid Host header.\n");
    if (!head->authority)
        head->authority = host;
    const char *connection = http_head_field(head, "connection");
    if (has_option(connection, "close"))
        head->keep_alive = false;
    else if (has_option(connection, "keep-alive"))
        head->keep_alive = true;
    const char *expect = http_head_field(head, "expect");
    if (expect && strcasecmp(expect, "100-continue") != 0)
        return refuse(why, 417, "Only Expect: 100-continue is understood.\n");
    head->expects_continue = expect != NULL;
    return read_framing(head, why);
}

int http_head_read(struct http_head *head, const char *bytes, size_t length, const char **why)
{
    *head = (struct http_head){.text = malloc(length + 1)};
    if (!head->text)
        abort();
    memcpy(head->text, bytes, length);
    head->text[length] = '\0';
    if (memchr(bytes, '\0', length))
        return refuse(why, 400, "A header line is malformed.\n");
    int status = 0;
    char *line = head->text;
    for (char *end; !status && (end = strstr(line, "\r\n")) && end != line; line = end + 2) {
        *end = '\0';
        status = head->method ? read_field(head, line, why) : read_request_line(head, line, why);
    }
    if (!status && !head->method)
        return refuse(why, 400, "The request line is malformed.\n");
    if (!status)
        status = join_fields(head, length, why);
    return status ? status : read_meaning(head, why);
}

void http_head_clear(struct http_head *head)
{
    free(head->text);
    free(head->joined);
    free(head->path);
    *head = (struct http_head){0};
}

const char *http_head_field(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (strcmp(head->fields[i].name, name) == 0)
            return head->fields[i].value;
    return NULL;
}
