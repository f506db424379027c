#include "gateway/sig/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/structured_field.h"
#include "mapping/arena.h"

enum { HEADER_MAX = 1024, VALUES_MAX = 8, ARENA_BUDGET = 64 * 1024 };

void body_digest_make(const void *body, size_t length, bool with_sha512, struct body_digest *out)
{
    const void *bytes = length > 0 ? body : "";
    *out = (struct body_digest){.has_sha512 = with_sha512};
    if (EVP_Digest(bytes, length, out->sha256, NULL, EVP_sha256(), NULL) != 1 ||
        (with_sha512 && EVP_Digest(bytes, length, out->sha512, NULL, EVP_sha512(), NULL) != 1))
        abort();
}

/* One `algorithm=value` without blanks around it. */
static enum digest_result check_value(const char *text, size_t length, const struct body_digest *body)
{
    const char *equals = memchr(text, '=', length);
    if (!equals || equals == text)
        return DIGEST_MALFORMED;
    if (equals - text != 7 || strncasecmp(text, "sha-256", 7) != 0)
        return DIGEST_MISSING;
    unsigned char value[SHA256_LENGTH];
    size_t count;
    if (!base64_decode(equals + 1, length - 8, value, sizeof value, &count) || count != SHA256_LENGTH)
        return DIGEST_MALFORMED;
    return CRYPTO_memcmp(value, body->sha256, SHA256_LENGTH) == 0 ? DIGEST_MATCHES : DIGEST_DIFFERS;
}

enum digest_result digest_check(const char *header, const struct body_digest *body)
{
    if (strnlen(header, HEADER_MAX + 1) > HEADER_MAX)
        return DIGEST_MALFORMED;
    enum digest_result result = DIGEST_MISSING;
    const char *at = header;
    for (int values = 0; values < VALUES_MAX; values++) {
        at += strspn(at, " \t");
        size_t length = strcspn(at, ","), trimmed = length;
        while (trimmed > 0 && (at[trimmed - 1] == ' ' || at[trimmed - 1] == '\t'))
            trimmed--;
        enum digest_result one = check_value(at, trimmed, body);
        if (one == DIGEST_MALFORMED || one == DIGEST_DIFFERS)
            return one;
        if (one == DIGEST_MATCHES)
            result = DIGEST_MATCHES;
        if (at[length] == '\0')
            return result;
        at += length + 1;
    }
    return DIGEST_MALFORMED;
}

static enum digest_result compare(const struct field_member *member, const unsigned char *expected,
                                  size_t length)
{
    if (!member || member->is_list || member->item.value.kind != FIELD_BYTES)
        return DIGEST_MALFORMED;
    return member->item.value.length == length &&
                   CRYPTO_memcmp(member->item.value.bytes, expected, length) == 0
               ? DIGEST_MATCHES
               : DIGEST_DIFFERS;
}

static enum digest_result check_dictionary(const struct field_dictionary *values,
                                           const struct body_digest *body)
{
    enum digest_result result = DIGEST_MISSING;
    const struct field_member *sha256 = field_dictionary_find(values, "sha-256");
    const struct field_member *sha512 = field_dictionary_find(values, "sha-512");
    if (sha256)
        result = compare(sha256, body->sha256, SHA256_LENGTH);
    if (sha512 && body->has_sha512 && (result == DIGEST_MISSING || result == DIGEST_MATCHES))
        result = compare(sha512, body->sha512, SHA512_LENGTH);
    return result;
}

enum digest_result content_digest_check(const char *header, const struct body_digest *body)
{
    if (strnlen(header, HEADER_MAX + 1) > HEADER_MAX)
        return DIGEST_MALFORMED;
    struct arena *arena = arena_new(ARENA_BUDGET);
    struct field_dictionary values;
    enum digest_result result =
        field_dictionary_parse(arena, header, &values) ? check_dictionary(&values, body) : DIGEST_MALFORMED;
    arena_free(arena);
    return result;
}

void digest_header_make(const struct body_digest *body, char out[DIGEST_HEADER_SIZE])
{
    memcpy(out, "SHA-256=", 8);
    base64_encode(body->sha256, SHA256_LENGTH, out + 8);
}

void content_digest_header_make(const struct body_digest *body, char out[CONTENT_DIGEST_HEADER_SIZE])
{
    memcpy(out, "sha-256=:", 9);
    base64_encode(body->sha256, SHA256_LENGTH, out + 9);
    memcpy(out + 9 + 44, ":", 2);
}
