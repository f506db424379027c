#include "plaza/spans.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SPANS_MAX = 100, TAG_BYTES_MAX = 100, ACCT_MAX = 320 };

static bool is_word(char character)
{
    return isalnum((unsigned char)character) || character == '_' || (unsigned char)character >= 0x80;
}

static bool starts_word(const char *text, const char *at)
{
    return at == text || (!is_word(at[-1]) && at[-1] != '/' && at[-1] != '@' && at[-1] != '&');
}

static size_t url_length(const char *at)
{
    if (strncmp(at, "https://", 8) != 0 && strncmp(at, "http://", 7) != 0)
        return 0;
    size_t length = strcspn(at, " \t\n<>\"");
    /* A full stop or a bracket after an address belongs to the sentence. */
    while (length && strchr(".,;:!?)'", at[length - 1]))
        length--;
    char url[URL_BYTES_MAX + 1];
    if (length > URL_BYTES_MAX)
        return 0;
    snprintf(url, sizeof url, "%.*s", (int)length, at);
    return text_is_web_url(url) ? length : 0;
}

static size_t tag_length(const char *at)
{
    if (*at != '#')
        return 0;
    size_t length = 1;
    bool letter = false;
    while (is_word(at[length])) {
        letter = letter || !isdigit((unsigned char)at[length]);
        length++;
    }
    return letter && length <= TAG_BYTES_MAX ? length : 0;
}

static size_t name_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || (at[length] && strchr("_.-", at[length])))
        length++;
    while (length && strchr(".-", at[length - 1]))
        length--;
    return length;
}

/* "@name" or "@name@host" (a port may follow the host); the length of the name goes to *name. */
static size_t mention_length(const char *at, size_t *name)
{
    if (*at != '@')
        return 0;
    *name = name_length(at + 1);
    if (!*name)
        return 0;
    size_t length = 1 + *name;
    if (at[length] != '@')
        return length;
    size_t host = name_length(at + length + 1);
    if (!host)
        return length;
    length += 1 + host;
    size_t digits = at[length] == ':' ? strspn(at + length + 1, "0123456789") : 0;
    return digits ? length + 1 + digits : length;
}

static json_t *remote_person(struct plaza *plaza, const char *acct)
{
    sqlite3_stmt *statement = database_query(
        &plaza->database,
        "SELECT key FROM remote_actor WHERE acct = ? COLLATE NOCASE ORDER BY rev DESC LIMIT 1", "t", acct);
    json_t *span = NULL;
    if (database_row(&plaza->database, &statement))
        span = json_make("{s:s, s:s, s:s}", "type", "mention", "remote", column_text(statement, 0), "acct",
                         acct);
    database_finish(&statement);
    /* Whom Plaza never met, the gateway may find. */
    return span ? span : json_make("{s:s, s:s}", "type", "mention", "acct", acct);
}

static json_t *member(struct plaza *plaza, const char *handle)
{
    int64_t id =
        database_number(&plaza->database, 0,
                        "SELECT account.id FROM handle JOIN account ON account.id = handle.account"
                        " WHERE handle.handle = ? COLLATE NOCASE AND federation = 1 AND status = 'active'",
                        "t", handle);
    if (!id)
        return NULL;
    char text[ACCT_MAX];
    snprintf(text, sizeof text, "u_%lld", (long long)id);
    return json_make("{s:s, s:s}", "type", "mention", "local", text);
}

static json_t *mention(struct plaza *plaza, const char *at, size_t length, size_t name)
{
    char handle[ACCT_MAX];
    char acct[ACCT_MAX];
    if (length >= sizeof acct)
        return NULL;
    snprintf(handle, sizeof handle, "%.*s", (int)name, at + 1);
    snprintf(acct, sizeof acct, "%.*s", (int)(length - 1), at + 1);
    const char *host = strchr(acct, '@');
    if (!host || strcasecmp(host + 1, plaza->options.fediverse_host) == 0)
        return member(plaza, handle);
    return remote_person(plaza, acct);
}

static json_t *span_at(struct plaza *plaza, const char *at, size_t *length)
{
    size_t name = 0;
    if ((*length = url_length(at)))
        return json_make("{s:s, s:s%}", "type", "link", "url", at, *length);
    if ((*length = tag_length(at)))
        return json_make("{s:s, s:s%}", "type", "tag", "tag", at + 1, *length - 1);
    if ((*length = mention_length(at, &name)))
        return mention(plaza, at, *length, name);
    return NULL;
}

json_t *spans_find(struct plaza *plaza, const char *text)
{
    json_t *spans = json_array();
    for (const char *at = text; *at && json_array_size(spans) < SPANS_MAX;) {
        size_t length = 0;
        json_t *span = starts_word(text, at) ? span_at(plaza, at, &length) : NULL;
        if (span) {
            json_object_set_new(span, "start", json_integer(at - text));
            json_object_set_new(span, "end", json_integer(at - text + (json_int_t)length));
            json_array_append_new(spans, span);
        }
        at += length ? length : 1;
    }
    return spans;
}
