#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct body_digest body;
    body_digest_make("{}", 2, true, &body);
    char *text = strndup((const char *)data, size);
    if (!text)
        abort();
    /* A header that names no digest of the body cannot match it. */
    if (digest_check(text, &body) == DIGEST_MATCHES &&
        !strstr(text, "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="))
        abort();
    if (content_digest_check(text, &body) == DIGEST_MATCHES &&
        !strstr(text, "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=") &&
        !strstr(text, "J8dGcK23UHX60FjVzq97IMTneGyDuuijL2Jvl4KvNMmjPCBG72D9Knh403jin+yFGAa72aZ4ePOp8c2kgwdj"))
        abort();
    free(text);
    return 0;
}
