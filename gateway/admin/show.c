#include "gateway/admin/show.h"

#include <stdio.h>
#include <stdlib.h>

void show_json(const json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (!text)
        abort();
    (void)puts(text);
    free(text);
}

const char *show_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

void show_time(const json_t *object, const char *name, char out[TIME_TEXT_MAX])
{
    const json_t *value = json_object_get(object, name);
    out[0] = '\0';
    if (json_is_integer(value))
        time_format(json_integer_value(value), out);
}
