#include <stdio.h>
#include <string.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/cavage.h"

enum { ARENA_BUDGET = 32768 };

/* Texts that go into a header or between quotes: nothing that could end either early. */
static bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool is_quotable(const char *text)
{
    return is_clean(text) && !strpbrk(text, "\"\\");
}

/* One parameter after the other without blanks, the signature last: some receivers split at the commas. */
static bool finish(const struct private_key *key, const char *key_id, const char *headers, const char *base,
                   char *out, size_t size)
{
    unsigned char value[SIGNATURE_BYTES_MAX];
    char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
    size_t length;
    if (!is_quotable(key_id) || !private_key_sign(key, base, strlen(base), value, &length))
        return false;
    base64_encode(value, length, text);
    const char *algorithm = private_key_kind(key) == KEY_RSA ? "rsa-sha256" : "hs2019";
    int count = snprintf(out, size, "keyId=\"%s\",algorithm=\"%s\",headers=\"%s\",signature=\"%s\"", key_id,
                         algorithm, headers, text);
    return count > 0 && (size_t)count < size;
}

bool cavage_sign_post(const struct private_key *key, const char *key_id, const char *url, const char *date,
                      const char *digest, const char *content_type, char *out, size_t size)
{
    struct arena *arena = arena_new(ARENA_BUDGET);
    struct url_parts parts;
    bool good =
        is_clean(date) && is_clean(digest) && is_clean(content_type) && url_take_apart(arena, url, &parts);
    if (good) {
        const char *base =
            arena_format(arena, "(request-target): post %s\nhost: %s\ndate: %s\ndigest: %s\ncontent-type: %s",
                         parts.target, parts.authority, date, digest, content_type);
        good = finish(key, key_id, "(request-target) host date digest content-type", base, out, size);
    }
    arena_free(arena);
    return good;
}

bool cavage_sign_get(const struct private_key *key, const char *key_id, const char *url, bool with_query,
                     const char *date, char *out, size_t size)
{
    struct arena *arena = arena_new(ARENA_BUDGET);
    struct url_parts parts;
    bool good = is_clean(date) && url_take_apart(arena, url, &parts);
    if (good) {
        int length = (int)(with_query ? strlen(parts.target) : strcspn(parts.target, "?"));
        const char *base = arena_format(arena, "(request-target): get %.*s\nhost: %s\ndate: %s", length,
                                        parts.target, parts.authority, date);
        good = finish(key, key_id, "(request-target) host date", base, out, size);
    }
    arena_free(arena);
    return good;
}
