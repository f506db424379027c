/* Signature, Signature-Input, Authorization and the digests of a request: six lines (each header's value, in
 * this order: signature, signature-input, authorization, digest, content-digest, date). Whatever is read must
 * be bounded and must never verify. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/signature.h"

static const char *const names[] = {
    "signature", "signature-input", "authorization", "digest", "content-digest", "date", NULL};

struct fuzz_request {
    char *values[6];
};

static const char *header(const void *context, const char *name)
{
    const struct fuzz_request *request = context;
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return request->values[i];
    return NULL;
}

static struct public_key *known_key(void)
{
    static struct public_key *key;
    const char *why;
    if (!key)
        key = public_key_from_multibase("z6Mkh4LmfP1ev9MNPGr7JbEbtD6BD4fsu1duEj83PMCs3xHG", &why);
    if (!key)
        abort();
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_request headers = {0};
    struct arena *arena = arena_new(1 << 24);
    char *at = arena_copy(arena, data, size);
    for (size_t i = 0; i < 6 && at; i++) {
        char *line = strsep(&at, "\n");
        headers.values[i] = *line ? line : NULL;
    }
    struct signed_request request = {.method = "POST",
                                     .scheme = "https",
                                     .authority = "remote.example",
                                     .target = "/inbox?x=1",
                                     .header = header,
                                     .context = &headers,
                                     .has_body = size % 2 == 0};
    body_digest_make("{}", request.has_body ? 2 : 0, true, &request.body);
    struct signature signature;
    const char *why = NULL;
    enum signature_reading reading = signature_read(&request, 1618884475, arena, &signature, &why);
    if (reading == SIGNATURE_REFUSED && !why)
        abort();
    if (reading == SIGNATURE_READ && signature_check(&signature, known_key()))
        abort();
    arena_free(arena);
    return 0;
}
