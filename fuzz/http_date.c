/* A date that was read is written the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/http_date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size), back[HTTP_DATE_LENGTH + 1];
    int64_t seconds;
    if (!text)
        abort();
    if (http_date_parse(text, &seconds) && seconds >= 0) {
        http_date_format(seconds, back);
        bool leap_second = strncmp(text + 23, "60", 2) == 0;
        if (!leap_second && strcmp(text, back) != 0)
            abort();
    }
    free(text);
    return 0;
}
