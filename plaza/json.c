#include "plaza/json.h"

#include <stdarg.h>
#include <stdlib.h>

json_t *json_make(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_t *json = json_vpack_ex(NULL, 0, format, arguments);
    va_end(arguments);
    if (!json)
        abort();
    return json;
}
