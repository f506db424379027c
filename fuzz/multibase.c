/* Base58 that was read is written the same; keys of any bytes are read or refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/base58.h"
#include "gateway/sig/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size), back[MULTIBASE_TEXT_MAX + 1];
    unsigned char bytes[BASE58_BYTES_MAX];
    size_t length;
    const char *why = NULL;
    if (!text)
        abort();
    if (multibase_decode(text, bytes, sizeof bytes, &length) &&
        (!multibase_encode(bytes, length, back, sizeof back) || strcmp(text, back) != 0))
        abort();
    struct public_key *key = public_key_from_multibase(text, &why);
    if (!key && !why)
        abort();
    public_key_unref(key);
    why = NULL;
    key = public_key_from_pem(text, &why);
    if (!key && !why)
        abort();
    public_key_unref(key);
    free(text);
    return 0;
}
