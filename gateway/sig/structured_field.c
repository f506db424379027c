#include "gateway/sig/structured_field.h"

#include <string.h>

#include "gateway/sig/base64.h"

struct parser {
    struct arena *arena;
    const char *at; /* NUL-terminated: a NUL is never part of a field */
    size_t elements;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alpha(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool take(struct parser *parser, char c)
{
    if (*parser->at != c)
        return false;
    parser->at++;
    return true;
}

static void skip_spaces(struct parser *parser)
{
    parser->at += strspn(parser->at, " ");
}

/* Counts what is allocated, so that a short text cannot become a large tree. */
static bool room(struct parser *parser)
{
    return parser->elements++ < FIELD_ELEMENTS_MAX;
}

/* ---- bare items (§4.2.3.1)
 * ------------------------------------------------------------------------------------------ */

/* §4.2.4: at most 15 digits, or 12 and 3 after the point. */
static bool parse_number(struct parser *parser, struct field_value *out)
{
    bool negative = take(parser, '-');
    size_t whole = 0, fraction = 0;
    int64_t number = 0;
    for (; is_digit(*parser->at); parser->at++) {
        if (++whole > 15)
            return false;
        number = number * 10 + (*parser->at - '0');
    }
    if (whole == 0)
        return false;
    out->kind = FIELD_INTEGER;
    if (take(parser, '.')) {
        out->kind = FIELD_DECIMAL;
        for (; is_digit(*parser->at); parser->at++) {
            if (++fraction > 3)
                return false;
            number = number * 10 + (*parser->at - '0');
        }
        if (fraction == 0 || whole > 12)
            return false;
        for (; fraction < 3; fraction++)
            number *= 10;
    }
    out->number = negative ? -number : number;
    return true;
}

static bool parse_string(struct parser *parser, struct field_value *out)
{
    parser->at++;
    char *text = arena_alloc(parser->arena, strlen(parser->at) + 1);
    size_t length = 0;
    for (; *parser->at != '"'; parser->at++) {
        char c = *parser->at;
        if (c == '\\') {
            c = *++parser->at;
            if (c != '"' && c != '\\')
                return false;
        } else if (c < 0x20 || c > 0x7e) {
            return false;
        }
        text[length++] = c;
    }
    parser->at++;
    *out = (struct field_value){.kind = FIELD_STRING, .text = text, .length = length};
    return true;
}

static bool parse_token(struct parser *parser, struct field_value *out)
{
    const char *start = parser->at;
    while (is_alpha(*parser->at) || is_digit(*parser->at) || is_one_of(*parser->at, "!#$%&'*+-.^_`|~:/"))
        parser->at++;
    size_t length = (size_t)(parser->at - start);
    *out = (struct field_value){
        .kind = FIELD_TOKEN, .text = arena_copy(parser->arena, start, length), .length = length};
    return true;
}

static bool parse_bytes(struct parser *parser, struct field_value *out)
{
    const char *start = ++parser->at;
    size_t length = strcspn(start, ":"), count;
    if (start[length] != ':')
        return false;
    unsigned char *bytes = arena_alloc(parser->arena, length + 1);
    if (!base64_decode(start, length, bytes, length, &count))
        return false;
    parser->at = start + length + 1;
    *out = (struct field_value){.kind = FIELD_BYTES, .bytes = bytes, .length = count};
    return true;
}

static bool parse_boolean(struct parser *parser, struct field_value *out)
{
    parser->at++;
    if (*parser->at != '0' && *parser->at != '1')
        return false;
    *out = (struct field_value){.kind = FIELD_BOOLEAN, .number = *parser->at++ - '0'};
    return true;
}

static bool parse_date(struct parser *parser, struct field_value *out)
{
    parser->at++;
    if (!parse_number(parser, out) || out->kind != FIELD_INTEGER)
        return false;
    out->kind = FIELD_DATE;
    return true;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_utf8(const unsigned char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned char c = text[i];
        size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : 3;
        if ((more == 3 && (c < 0xf0 || c > 0xf4)) || i + more >= length)
            return false;
        unsigned char second = more > 0 ? text[i + 1] : 0;
        if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
            (c == 0xf4 && second > 0x8f))
            return false;
        for (size_t j = 1; j <= more; j++)
            if ((text[i + j] & 0xc0) != 0x80)
                return false;
        i += more + 1;
    }
    return true;
}

/* RFC 9651 §4.2.10 */
static bool parse_display(struct parser *parser, struct field_value *out)
{
    parser->at++;
    if (!take(parser, '"'))
        return false;
    unsigned char *text = arena_alloc(parser->arena, strlen(parser->at) + 1);
    size_t length = 0;
    for (; *parser->at != '"'; parser->at++) {
        char c = *parser->at;
        if (c < 0x20 || c > 0x7e)
            return false;
        if (c != '%') {
            text[length++] = (unsigned char)c;
            continue;
        }
        int high = hex_value(parser->at[1]), low = high < 0 ? -1 : hex_value(parser->at[2]);
        if (low < 0)
            return false;
        text[length++] = (unsigned char)(high << 4 | low);
        parser->at += 2;
    }
    parser->at++;
    *out = (struct field_value){.kind = FIELD_DISPLAY, .text = (const char *)text, .length = length};
    return is_utf8(text, length);
}

static bool parse_value(struct parser *parser, struct field_value *out)
{
    *out = (struct field_value){0};
    char c = *parser->at;
    if (c == '-' || is_digit(c))
        return parse_number(parser, out);
    if (c == '"')
        return parse_string(parser, out);
    if (c == '*' || is_alpha(c))
        return parse_token(parser, out);
    if (c == ':')
        return parse_bytes(parser, out);
    if (c == '?')
        return parse_boolean(parser, out);
    if (c == '@')
        return parse_date(parser, out);
    return c == '%' && parse_display(parser, out);
}

/* ---- keys, parameters, items, lists
 * --------------------------------------------------------------------------------- */

static const char *parse_key(struct parser *parser)
{
    const char *start = parser->at;
    if (!is_lower(*start) && *start != '*')
        return NULL;
    while (is_lower(*parser->at) || is_digit(*parser->at) || is_one_of(*parser->at, "_-.*"))
        parser->at++;
    return arena_copy(parser->arena, start, (size_t)(parser->at - start));
}

static struct field_parameter *find_or_add(struct parser *parser, struct field_parameter **list,
                                           const char *key)
{
    for (; *list; list = &(*list)->next)
        if (strcmp((*list)->key, key) == 0)
            return *list;
    struct field_parameter *added = arena_alloc(parser->arena, sizeof *added);
    added->key = key;
    *list = added;
    return added;
}

static bool parse_parameters(struct parser *parser, struct field_parameter **out)
{
    *out = NULL;
    while (take(parser, ';')) {
        skip_spaces(parser);
        const char *key = room(parser) ? parse_key(parser) : NULL;
        if (!key)
            return false;
        struct field_value value = {.kind = FIELD_BOOLEAN, .number = 1};
        if (take(parser, '=') && !parse_value(parser, &value))
            return false;
        find_or_add(parser, out, key)->value = value;
    }
    return true;
}

static bool parse_item(struct parser *parser, struct field_item *out)
{
    return parse_value(parser, &out->value) && parse_parameters(parser, &out->parameters);
}

static bool parse_list(struct parser *parser, struct field_member *out)
{
    out->is_list = true;
    parser->at++;
    for (struct field_item **last = &out->items;; last = &(*last)->next) {
        skip_spaces(parser);
        if (take(parser, ')'))
            return parse_parameters(parser, &out->parameters);
        if (!room(parser))
            return false;
        *last = arena_alloc(parser->arena, sizeof **last);
        if (!parse_item(parser, *last) || (*parser->at != ' ' && *parser->at != ')'))
            return false;
    }
}

static bool parse_member(struct parser *parser, struct field_member *out)
{
    if (!take(parser, '=')) {
        out->item.value = (struct field_value){.kind = FIELD_BOOLEAN, .number = 1};
        return parse_parameters(parser, &out->item.parameters);
    }
    return *parser->at == '(' ? parse_list(parser, out) : parse_item(parser, &out->item);
}

static struct field_member *find_member(const struct field_dictionary *dictionary, const char *key)
{
    for (struct field_member *member = dictionary->first; member; member = member->next)
        if (strcmp(member->key, key) == 0)
            return member;
    return NULL;
}

static struct field_member *add_member(struct parser *parser, struct field_dictionary *out,
                                       struct field_member **last, const char *key)
{
    struct field_member *member = find_member(out, key);
    if (member) {
        struct field_member *next = member->next;
        *member = (struct field_member){.key = member->key, .next = next};
        out->repeats = true;
        return member;
    }
    member = arena_alloc(parser->arena, sizeof *member);
    member->key = key;
    if (*last)
        (*last)->next = member;
    else
        out->first = member;
    *last = member;
    out->count++;
    return member;
}

bool field_dictionary_parse(struct arena *arena, const char *text, struct field_dictionary *out)
{
    *out = (struct field_dictionary){0};
    if (strnlen(text, FIELD_TEXT_MAX + 1) > FIELD_TEXT_MAX)
        return false;
    struct parser parser = {.arena = arena, .at = text};
    struct field_member *last = NULL;
    skip_spaces(&parser);
    while (*parser.at) {
        const char *key = room(&parser) ? parse_key(&parser) : NULL;
        if (!key || !parse_member(&parser, add_member(&parser, out, &last, key)))
            return false;
        parser.at += strspn(parser.at, " \t");
        if (*parser.at == '\0')
            return true;
        if (!take(&parser, ','))
            return false;
        parser.at += strspn(parser.at, " \t");
        if (*parser.at == '\0')
            return false; /* a comma at the end */
    }
    return true;
}

const struct field_member *field_dictionary_find(const struct field_dictionary *dictionary, const char *key)
{
    return find_member(dictionary, key);
}

const struct field_value *field_parameter_find(const struct field_parameter *parameters, const char *key)
{
    for (; parameters; parameters = parameters->next)
        if (strcmp(parameters->key, key) == 0)
            return &parameters->value;
    return NULL;
}
