#include "gateway/sig/der.h"

#include <string.h>

enum { TAG_INTEGER = 0x02, TAG_BITS = 0x03, TAG_NULL = 0x05, TAG_OID = 0x06, TAG_SEQUENCE = 0x30 };

struct span {
    const unsigned char *at;
    size_t length;
};

/* Takes one element of that tag off the front of `in`; lengths must have their one DER form. */
static bool take(struct span *in, unsigned char tag, struct span *content)
{
    if (in->length < 2 || in->at[0] != tag)
        return false;
    size_t header = 2, length = in->at[1];
    if (length >= 0x80) {
        size_t count = length & 0x7f;
        if (count < 1 || count > 2 || in->length < 2 + count)
            return false;
        length = 0;
        for (size_t i = 0; i < count; i++)
            length = length << 8 | in->at[2 + i];
        if (length < (count == 1 ? 0x80U : 0x100U))
            return false;
        header += count;
    }
    if (in->length - header < length)
        return false;
    *content = (struct span){in->at + header, length};
    in->at += header + length;
    in->length -= header + length;
    return true;
}

/* A positive integer without its sign byte. */
static bool take_positive(struct span *in, const unsigned char **bytes, size_t *length)
{
    struct span value;
    if (!take(in, TAG_INTEGER, &value) || value.length == 0 || value.at[0] & 0x80)
        return false;
    if (value.at[0] == 0) {
        if (value.length == 1 || !(value.at[1] & 0x80))
            return false;
        value.at++;
        value.length--;
    }
    *bytes = value.at;
    *length = value.length;
    return true;
}

bool der_read_rsa(const unsigned char *bytes, size_t length, struct der_key *out)
{
    *out = (struct der_key){0};
    struct span in = {bytes, length}, sequence;
    return take(&in, TAG_SEQUENCE, &sequence) && in.length == 0 &&
           take_positive(&sequence, &out->modulus, &out->modulus_length) &&
           take_positive(&sequence, &out->exponent, &out->exponent_length) && sequence.length == 0;
}

static bool is_oid(struct span oid, const char *bytes, size_t length)
{
    return oid.length == length && memcmp(oid.at, bytes, length) == 0;
}

bool der_read_spki(const unsigned char *bytes, size_t length, struct der_key *out)
{
    static const char rsa[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", ed25519[] = "\x2b\x65\x70";
    *out = (struct der_key){0};
    struct span in = {bytes, length}, sequence, algorithm, oid, nothing, bits;
    if (!take(&in, TAG_SEQUENCE, &sequence) || in.length != 0 || !take(&sequence, TAG_SEQUENCE, &algorithm) ||
        !take(&sequence, TAG_BITS, &bits) || sequence.length != 0 || !take(&algorithm, TAG_OID, &oid))
        return false;
    if (bits.length < 1 || bits.at[0] != 0)
        return false;
    if (is_oid(oid, rsa, sizeof rsa - 1)) {
        if (algorithm.length != 0 &&
            (!take(&algorithm, TAG_NULL, &nothing) || nothing.length != 0 || algorithm.length != 0))
            return false;
        return der_read_rsa(bits.at + 1, bits.length - 1, out);
    }
    if (!is_oid(oid, ed25519, sizeof ed25519 - 1) || algorithm.length != 0 || bits.length != 33)
        return false;
    out->is_ed25519 = true;
    out->point = bits.at + 1;
    return true;
}
