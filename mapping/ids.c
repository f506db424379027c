#include "mapping/ids.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { DIGEST_SIZE = 32, OID_BYTES = 10, HASH_LENGTH = 22, COLLISION_STEM = 24, COLLISION_TAIL = 5 };

static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- digests
 * -------------------------------------------------------------------------------------------------------- */

struct part {
    const char *bytes;
    size_t length;
};

/* SHA-256 of the parts with a NUL between each two. */
static void digest_parts(const struct part *parts, size_t count, unsigned char out[DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; good && i < count; i++) {
        if (i)
            good = EVP_DigestUpdate(context, "", 1) == 1;
        good = good && EVP_DigestUpdate(context, parts[i].bytes, parts[i].length) == 1;
    }
    good = good && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    /* SHA-256 of bytes in memory fails only when memory does. */
    if (!good)
        abort();
}

static struct part part_of(const char *text)
{
    return (struct part){text, strlen(text)};
}

/* `length` characters of `bits` bits each, from the front of `bytes`; missing bits are 0. */
static void encode(const unsigned char *bytes, size_t size, const char *alphabet, unsigned bits, char *out,
                   size_t length)
{
    unsigned window = 0;
    unsigned held = 0;
    size_t next = 0;
    for (size_t i = 0; i < length; i++) {
        while (held < bits) {
            window = window << 8 | (next < size ? bytes[next] : 0U);
            next++;
            held += 8;
        }
        held -= bits;
        out[i] = alphabet[window >> held & ((1U << bits) - 1)];
    }
    out[length] = '\0';
}

static bool is_base32(const char *text, size_t length, size_t wanted)
{
    if (length != wanted)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '2' && text[i] <= '7')))
            return false;
    return true;
}

/* ---- ids
 * ------------------------------------------------------------------------------------------------------------
 */

void aid_from_bits(uint64_t bits, char out[AID_LENGTH + 1])
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(bits >> (56 - 8 * i));
    encode(bytes, sizeof bytes, base32, 5, out, AID_LENGTH);
}

bool aid_is_valid(const char *text, size_t length)
{
    return is_base32(text, length, AID_LENGTH);
}

static struct part decimal(unsigned number, char out[12])
{
    char *digit = out + 11;
    size_t length = 0;
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
        length++;
    } while (number);
    return (struct part){digit, length};
}

void oid_make(const char *aid, const char *native_id, unsigned generation, char out[OID_LENGTH + 1])
{
    unsigned char digest[DIGEST_SIZE];
    char digits[12];
    struct part parts[] = {part_of(aid), part_of(native_id), decimal(generation, digits)};
    digest_parts(parts, 3, digest);
    encode(digest, OID_BYTES, base32, 5, out, OID_LENGTH);
}

bool oid_is_valid(const char *text, size_t length)
{
    return is_base32(text, length, OID_LENGTH);
}

void id_hash(const char *text, char out[23])
{
    unsigned char digest[DIGEST_SIZE];
    struct part part = part_of(text);
    digest_parts(&part, 1, digest);
    encode(digest, sizeof digest, base64url, 6, out, HASH_LENGTH);
}

void remote_key_make(const char *prefix, const char *id, const char *second, char out[KEY_LENGTH + 1])
{
    unsigned char digest[DIGEST_SIZE];
    struct part parts[] = {part_of(id), part_of(second ? second : "")};
    digest_parts(parts, second ? 2 : 1, digest);
    out[0] = prefix[0];
    out[1] = prefix[1];
    out[2] = '_';
    encode(digest, sizeof digest, base64url, 6, out + 3, HASH_LENGTH);
}

/* ---- names
 * ----------------------------------------------------------------------------------------------------------
 */

static size_t name_stem(const char *handle, char *out, size_t maximum)
{
    size_t length = 0;
    for (const char *at = handle; *at; at++) {
        char character = *at;
        bool dash = character == '-';
        if (character >= 'A' && character <= 'Z')
            character = (char)(character + ('a' - 'A'));
        else if (character == '.' || dash)
            character = '_';
        else if (!((character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
                   character == '_'))
            continue;
        if (length + 1 + dash > maximum)
            break;
        out[length++] = character;
        if (dash)
            out[length++] = '_';
    }
    out[length] = '\0';
    return length;
}

void name_from_handle(const char *handle, const char *aid, bool collision, char out[NAME_LENGTH_MAX + 1])
{
    size_t length = name_stem(handle, out, collision ? COLLISION_STEM : NAME_LENGTH_MAX);
    if (length == 0) {
        memcpy(out, aid, AID_LENGTH + 1);
        return;
    }
    if (!collision)
        return;
    out[length] = '_';
    memcpy(out + length + 1, aid, COLLISION_TAIL);
    out[length + 1 + COLLISION_TAIL] = '\0';
}

/* ---- URLs
 * -----------------------------------------------------------------------------------------------------------
 */

const char *url_actor(struct arena *arena, const char *base, const char *aid)
{
    return arena_format(arena, "%s/u/%s", base, aid);
}

const char *url_actor_part(struct arena *arena, const char *base, const char *aid, const char *part)
{
    return arena_format(arena, "%s/u/%s/%s", base, aid, part);
}

const char *url_object(struct arena *arena, const char *base, const char *aid, const char *oid)
{
    return arena_format(arena, "%s/u/%s/p/%s", base, aid, oid);
}

const char *url_boost(struct arena *arena, const char *base, const char *aid, const char *oid)
{
    return arena_format(arena, "%s/u/%s/b/%s", base, aid, oid);
}

const char *url_profile(struct arena *arena, const char *base, const char *name)
{
    return arena_format(arena, "%s/@%s", base, name);
}
