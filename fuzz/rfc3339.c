/* A time that was read is read the same from how it is written. */
#include <stdlib.h>
#include <string.h>

#include "mapping/model.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    char back[TIME_TEXT_MAX];
    if (!text)
        abort();
    int64_t time = time_parse(text);
    if (time >= 0) {
        time_format(time, back);
        if (strlen(back) >= sizeof back || time_parse(back) != time)
            abort();
    }
    free(text);
    return 0;
}
