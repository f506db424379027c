#include "gateway/sig/base58.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

enum { LIMBS_MAX = (BASE58_BYTES_MAX + 3) / 4 + 1, DIGITS_MAX = BASE58_BYTES_MAX * 138 / 100 + 1 };

/* The number in `limbs` (least significant first) times 58 plus `digit`; false when it outgrows its room. */
static bool multiply_and_add(uint32_t *limbs, size_t *count, uint32_t digit)
{
    uint64_t carry = digit;
    for (size_t i = 0; i < *count; i++) {
        carry += (uint64_t)limbs[i] * 58;
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry == 0)
        return true;
    if (*count == LIMBS_MAX)
        return false;
    limbs[(*count)++] = (uint32_t)carry;
    return true;
}

static size_t bytes_in(const uint32_t *limbs, size_t count)
{
    if (count == 0)
        return 0;
    size_t bytes = count * 4;
    for (uint32_t top = limbs[count - 1]; bytes > 0 && top >> 24 == 0; top <<= 8)
        bytes--;
    return bytes;
}

bool multibase_decode(const char *text, unsigned char *out, size_t size, size_t *out_length)
{
    *out_length = 0;
    size_t length = strnlen(text, MULTIBASE_TEXT_MAX + 1);
    if (length < 2 || length > MULTIBASE_TEXT_MAX || text[0] != 'z')
        return false;
    uint32_t limbs[LIMBS_MAX] = {0};
    size_t count = 0, zeros = 0;
    while (text[1 + zeros] == '1')
        zeros++;
    for (const char *at = text + 1 + zeros; *at; at++) {
        const char *found = strchr(alphabet, *at);
        if (!found || !multiply_and_add(limbs, &count, (uint32_t)(found - alphabet)))
            return false;
    }
    size_t bytes = bytes_in(limbs, count);
    if (zeros + bytes > size)
        return false;
    memset(out, 0, zeros);
    for (size_t i = 0; i < bytes; i++)
        out[zeros + bytes - 1 - i] = (unsigned char)(limbs[i / 4] >> (i % 4 * 8));
    *out_length = zeros + bytes;
    return true;
}

bool multibase_encode(const unsigned char *bytes, size_t length, char *out, size_t size)
{
    if (length > BASE58_BYTES_MAX)
        return false;
    unsigned char digits[DIGITS_MAX]; /* least significant first */
    size_t count = 0, zeros = 0;
    while (zeros < length && bytes[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < length; i++) {
        unsigned carry = bytes[i];
        for (size_t j = 0; j < count; j++) {
            carry += (unsigned)digits[j] << 8;
            digits[j] = (unsigned char)(carry % 58);
            carry /= 58;
        }
        for (; carry > 0 && count < DIGITS_MAX; carry /= 58)
            digits[count++] = (unsigned char)(carry % 58);
    }
    if (1 + zeros + count + 1 > size)
        return false;
    *out++ = 'z';
    memset(out, '1', zeros);
    out += zeros;
    while (count > 0)
        *out++ = alphabet[digits[--count]];
    *out = '\0';
    return true;
}
