#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/rfc9421.h"

enum { ARENA_BUDGET = 32768 };

/* What may stand in a quoted string without escapes. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
            return false;
    return true;
}

static const char *base_of(struct arena *arena, const char *method, const char *url,
                           const char *content_digest, const char *parameters)
{
    struct url_parts parts;
    if (!url_take_apart(arena, url, &parts))
        return NULL;
    const char *digest_line =
        content_digest ? arena_format(arena, "\"content-digest\": %s\n", content_digest) : "";
    return arena_format(arena, "\"@method\": %s\n\"@target-uri\": %s://%s%s\n%s\"@signature-params\": %s",
                        method, parts.scheme, parts.authority, parts.target, digest_line, parameters);
}

static bool sign_base(const struct private_key *key, const char *base, char *signature, size_t size)
{
    unsigned char value[SIGNATURE_BYTES_MAX];
    char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
    size_t length;
    if (!private_key_sign(key, base, strlen(base), value, &length))
        return false;
    base64_encode(value, length, text);
    int count = snprintf(signature, size, "sig1=:%s:", text);
    return count > 0 && (size_t)count < size;
}

bool rfc9421_sign(const struct private_key *key, const char *key_id, const char *method, const char *url,
                  const char *content_digest, int64_t created, char *input, size_t input_size,
                  char *signature, size_t signature_size)
{
    if (!is_plain(key_id) || !is_plain(method) || (content_digest && !is_plain(content_digest)))
        return false;
    struct arena *arena = arena_new(ARENA_BUDGET);
    const char *parameters =
        arena_format(arena, "(\"@method\" \"@target-uri\"%s);created=%" PRId64 ";keyid=\"%s\"",
                     content_digest ? " \"content-digest\"" : "", created, key_id);
    const char *base = base_of(arena, method, url, content_digest, parameters);
    int count = base ? snprintf(input, input_size, "sig1=%s", parameters) : -1;
    bool good = count > 0 && (size_t)count < input_size && sign_base(key, base, signature, signature_size);
    arena_free(arena);
    return good;
}
