#include "plaza/fields.h"

#include <string.h>

void field_is_bad(struct fields *fields, const char *name, const char *code)
{
    if (fields->bad)
        return;
    fields->bad = name;
    fields->code = code;
}

const char *field_text_or_null(struct fields *fields, const char *name, size_t maximum)
{
    const json_t *value = json_object_get(fields->object, name);
    if (!value || json_is_null(value))
        return NULL;
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value) || !text_is_clean(text))
        field_is_bad(fields, name, "invalid");
    else if (strlen(text) > maximum)
        field_is_bad(fields, name, "too_long");
    return fields->bad ? NULL : text;
}

const char *field_text(struct fields *fields, const char *name, size_t maximum)
{
    const char *text = field_text_or_null(fields, name, maximum);
    if (!text)
        field_is_bad(fields, name, "invalid");
    return text;
}

const char *field_web_url(struct fields *fields, const char *name)
{
    const char *text = field_text(fields, name, URL_BYTES_MAX);
    if (text && !text_is_web_url(text))
        field_is_bad(fields, name, "invalid");
    return text;
}

int64_t field_number(struct fields *fields, const char *name)
{
    const json_t *value = json_object_get(fields->object, name);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number >= (json_int_t)1 << 53)
        field_is_bad(fields, name, "invalid");
    return number;
}

int64_t field_time_or_null(struct fields *fields, const char *name)
{
    const char *text = field_text_or_null(fields, name, 64);
    if (!text)
        return -1;
    int64_t time = time_parse(text);
    if (time < 0)
        field_is_bad(fields, name, "invalid");
    return time;
}

int64_t field_time(struct fields *fields, const char *name)
{
    int64_t time = field_time_or_null(fields, name);
    if (time < 0)
        field_is_bad(fields, name, "invalid");
    return time;
}

bool field_bool(struct fields *fields, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(fields->object, name);
    if (!value || json_is_null(value))
        return otherwise;
    if (!json_is_boolean(value))
        field_is_bad(fields, name, "invalid");
    return json_is_true(value);
}

const json_t *field_object(struct fields *fields, const char *name)
{
    const json_t *value = json_object_get(fields->object, name);
    if (json_is_object(value))
        return value;
    field_is_bad(fields, name, "invalid");
    return NULL;
}

bool fields_good(const struct fields *fields, struct request *request)
{
    if (!fields->bad)
        return true;
    answer_problem(request, 422, fields->code, fields->bad,
                   "A field of the body is missing or not as it must be.");
    return false;
}
