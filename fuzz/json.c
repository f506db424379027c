#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "gateway/fed/json_guard.h"
#include "gateway/fed/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two readers that have nothing in common make the same of every text that is let through. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    if (json_guard(text, size))
        return 0;
    json_t *read = json_read(text, size);
    json_t *wanted = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    if (!read != !wanted || (read && !json_equal(read, wanted)))
        abort();
    json_decref(read);
    json_decref(wanted);
    return 0;
}
