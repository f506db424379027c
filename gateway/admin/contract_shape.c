/* Whether the service's documents are as the contract says: members, kinds, text offsets. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"
#include "mapping/model.h"

enum kind { ID, TEXT, URL, TIME, NUMBER, BOOLEAN, OBJECT, ARRAY, WORD };

struct member {
    const char *name;
    enum kind kind;
    bool nullable;     /* may be null or absent */
    const char *words; /* of a WORD: each between spaces */
};

bool contract_is_id(const json_t *value)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-";
    const char *text = json_string_value(value);
    size_t length = text ? json_string_length(value) : 0;
    return length && length <= CONTRACT_ID_MAX && strspn(text, letters) == length;
}

static bool is_url(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0) &&
           strlen(text) == strcspn(text, " \t\r\n\"<>");
}

/* RFC 3339 in UTC with milliseconds, as in 2026-08-22T09:59:00.120Z. */
static bool is_time(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && strlen(text) == 24 && text[10] == 'T' && text[19] == '.' && text[23] == 'Z' &&
           time_parse(text) >= 0;
}

static bool is_word(const json_t *value, const char *words)
{
    const char *text = json_string_value(value);
    size_t length = text ? strlen(text) : 0;
    for (const char *at = length ? words : NULL; at && (at = strstr(at, text)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static const char *what_it_must_be(const json_t *value, const struct member *member)
{
    json_int_t number = json_integer_value(value);
    switch (member->kind) {
    case ID:
        return contract_is_id(value) ? NULL : "an id: 1 to 255 of A-Z a-z 0-9 . _ : ~ -";
    case TEXT:
        return json_is_string(value) && text_is_clean(json_string_value(value), json_string_length(value))
                   ? NULL
                   : "a text without control characters";
    case URL:
        return is_url(value) ? NULL : "a web address";
    case TIME:
        return is_time(value) ? NULL : "a time in UTC with milliseconds, as in 2026-08-22T09:59:00.120Z";
    case NUMBER:
        return json_is_integer(value) && number >= 0 && number < (json_int_t)1 << 53
                   ? NULL
                   : "a whole number from 0 to 2^53-1";
    case BOOLEAN:
        return json_is_boolean(value) ? NULL : "true or false";
    case OBJECT:
        return json_is_object(value) ? NULL : "an object";
    case ARRAY:
        return json_is_array(value) ? NULL : "an array";
    case WORD:
        return is_word(value, member->words) ? NULL : member->words;
    }
    return NULL;
}

static bool check_members(struct contract *contract, const json_t *object, const char *where,
                          const struct member *members, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, members[i].name);
        if (members[i].nullable && (!value || json_is_null(value)))
            continue;
        const char *must = what_it_must_be(value, &members[i]);
        if (!must)
            continue;
        good = false;
        contract_wrong(contract, "%s: '%s' %s, must be %s%s%s", where, members[i].name,
                       value ? "is something else" : "is missing", members[i].kind == WORD ? "one of: " : "",
                       must, members[i].nullable ? ", or null" : "");
    }
    return good;
}

#define CHECK(contract, object, where, members)                                                              \
    check_members(contract, object, where, members, sizeof(members) / sizeof(members)[0])

bool contract_shape_discovery(struct contract *contract, const json_t *document)
{
    static const struct member members[] = {
        {"contract", ARRAY, false, NULL}, {"platform", OBJECT, false, NULL}, {"api", URL, false, NULL},
        {"level", NUMBER, false, NULL},   {"features", ARRAY, false, NULL},  {"limits", OBJECT, false, NULL}};
    static const struct member platform[] = {{"id", ID, false, NULL},
                                             {"name", TEXT, false, NULL},
                                             {"domain", TEXT, true, NULL},
                                             {"software", TEXT, true, NULL}};
    static const struct member limits[] = {{"text", OBJECT, false, NULL},
                                           {"media", OBJECT, true, NULL},
                                           {"page_max", NUMBER, true, NULL},
                                           {"requests_per_minute", NUMBER, true, NULL},
                                           {"event_window_s", NUMBER, true, NULL}};
    static const struct member text[] = {{"max", NUMBER, false, NULL},
                                         {"unit", WORD, false, "bytes code_points utf16 graphemes"},
                                         {"max_bytes", NUMBER, true, NULL}};
    bool good = CHECK(contract, document, "discovery", members);
    const json_t *object = json_object_get(document, "limits");
    if (json_is_object(json_object_get(document, "platform")))
        good =
            CHECK(contract, json_object_get(document, "platform"), "discovery: platform", platform) && good;
    if (json_is_object(object))
        good = CHECK(contract, object, "discovery: limits", limits) && good;
    if (json_is_object(json_object_get(object, "text")))
        good = CHECK(contract, json_object_get(object, "text"), "discovery: limits.text", text) && good;
    return good;
}

bool contract_shape_account(struct contract *contract, const json_t *account, const char *where)
{
    static const struct member members[] = {
        {"id", ID, false, NULL},
        {"handle", TEXT, false, NULL},
        {"name", TEXT, true, NULL},
        {"bio", OBJECT, true, NULL},
        {"url", URL, true, NULL},
        {"avatar", OBJECT, true, NULL},
        {"banner", OBJECT, true, NULL},
        {"fields", ARRAY, true, NULL},
        {"kind", WORD, true, "person bot group"},
        {"created", TIME, true, NULL},
        {"status", WORD, false, "active suspended deactivated deleted"},
        {"federation", OBJECT, false, NULL},
        {"pinned", ARRAY, true, NULL},
        {"aliases", ARRAY, true, NULL},
        {"rev", NUMBER, false, NULL},
    };
    static const struct member federation[] = {
        {"state", WORD, false, "on off"},   {"since", TIME, true, NULL},
        {"backfill", BOOLEAN, true, NULL},  {"discoverable", BOOLEAN, true, NULL},
        {"indexable", BOOLEAN, true, NULL},
    };
    bool good = CHECK(contract, account, where, members);
    const json_t *wish = json_object_get(account, "federation");
    if (!json_is_object(wish))
        return false;
    good = CHECK(contract, wish, where, federation) && good;
    if (strcmp(contract_text(wish, "state"), "on") == 0 && !is_time(json_object_get(wish, "since"))) {
        contract_wrong(contract, "%s: federation.state is on, so federation.since must say from when", where);
        good = false;
    }
    return good;
}

/* ---- text with spans ---- */

static bool is_border(const char *text, size_t at)
{
    return ((unsigned char)text[at] & 0xC0) != 0x80;
}

/* A tag's and a mention's range must hold what the span says: that is where wrong units show. */
static bool says_its_text(const json_t *span, const char *text, size_t start, size_t end)
{
    const char *type = contract_text(span, "type");
    const char *tag = contract_text(span, "tag");
    if (strcmp(type, "tag") == 0)
        return text[start] == '#' && end - start == strlen(tag) + 1 &&
               strncasecmp(text + start + 1, tag, end - start - 1) == 0;
    if (strcmp(type, "mention") == 0)
        return text[start] == '@';
    return true;
}

static bool check_spans(struct contract *contract, const json_t *post, const char *where)
{
    const json_t *value = json_object_get(post, "text");
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    int64_t before = 0;
    size_t index;
    const json_t *span;
    json_array_foreach(json_object_get(post, "spans"), index, span)
    {
        int64_t start = contract_number(span, "start");
        int64_t end = contract_number(span, "end");
        const char *wrong = NULL;
        if (!text || start < 0 || end <= start || (size_t)end > length)
            wrong = "start and end must be UTF-8 byte offsets within the text, end behind start";
        else if (start < before)
            wrong = "spans must be sorted and must not overlap";
        else if (!is_border(text, (size_t)start) || ((size_t)end < length && !is_border(text, (size_t)end)) ||
                 !says_its_text(span, text, (size_t)start, (size_t)end))
            wrong = "the offsets do not fit the text; they count UTF-8 bytes, not characters";
        if (wrong) {
            contract_wrong(contract, "%s: spans[%zu]: %s", where, index, wrong);
            return false;
        }
        before = end;
    }
    return true;
}

static bool check_media(struct contract *contract, const json_t *post, const char *where)
{
    static const struct member members[] = {{"kind", WORD, false, "image video audio file"},
                                            {"url", URL, false, NULL},
                                            {"type", TEXT, false, NULL},
                                            {"alt", TEXT, true, NULL},
                                            {"width", NUMBER, true, NULL},
                                            {"height", NUMBER, true, NULL},
                                            {"bytes", NUMBER, true, NULL}};
    bool good = true;
    size_t index;
    const json_t *one;
    json_array_foreach(json_object_get(post, "media"), index, one)
    {
        char place[CONTRACT_ID_MAX + 64];
        (void)snprintf(place, sizeof place, "%s: media[%zu]", where, index);
        good = CHECK(contract, one, place, members) && good;
    }
    return good;
}

bool contract_shape_post(struct contract *contract, const json_t *post, const char *where)
{
    static const struct member members[] = {
        {"id", ID, false, NULL},
        {"rev", NUMBER, false, NULL},
        {"author", ID, false, NULL},
        {"created", TIME, false, NULL},
        {"edited", TIME, true, NULL},
        {"url", URL, true, NULL},
        {"title", TEXT, true, NULL},
        {"text", TEXT, false, NULL},
        {"spans", ARRAY, true, NULL},
        {"html", TEXT, true, NULL},
        {"lang", ARRAY, true, NULL},
        {"sensitive", BOOLEAN, true, NULL},
        {"warning", TEXT, true, NULL},
        {"visibility", WORD, false, "public unlisted"},
        {"reply_to", OBJECT, true, NULL},
        {"quote_of", OBJECT, true, NULL},
        {"repost_of", OBJECT, true, NULL},
        {"media", ARRAY, true, NULL},
        {"reply_policy", WORD, true, "everyone followers mentioned nobody"},
        {"counts", OBJECT, true, NULL},
        {"federate", BOOLEAN, true, NULL},
    };
    bool good = CHECK(contract, post, where, members);
    return check_spans(contract, post, where) && check_media(contract, post, where) && good;
}

bool contract_shape_event(struct contract *contract, const json_t *event, const char *where)
{
    static const struct member members[] = {{"seq", NUMBER, false, NULL}, {"id", TEXT, false, NULL},
                                            {"type", TEXT, false, NULL},  {"time", TIME, false, NULL},
                                            {"account", ID, true, NULL},  {"rev", NUMBER, true, NULL},
                                            {"data", OBJECT, true, NULL}};
    return CHECK(contract, event, where, members);
}
