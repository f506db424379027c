/* CIDs (version 1, SHA-256) and TIDs (PLATFORMS §1.2, §1.8). */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum { CODEC_RAW = 0x55, CODEC_DAG_CBOR = 0x71, SHA2_256 = 0x12, HASH_BYTES = 32, TID_LENGTH = 13 };

static const char tid_digits[] = "234567abcdefghijklmnopqrstuvwxyz";

bool bluesky_cid_valid(const unsigned char *bytes, size_t length)
{
    return length == CID_BYTES && bytes[0] == 1 && (bytes[1] == CODEC_DAG_CBOR || bytes[1] == CODEC_RAW) &&
           bytes[2] == SHA2_256 && bytes[3] == HASH_BYTES;
}

EVP_MD_CTX *bluesky_hashing_new(void)
{
    EVP_MD_CTX *hashing = EVP_MD_CTX_new();
    if (!hashing || EVP_DigestInit_ex(hashing, EVP_sha256(), NULL) != 1)
        abort();
    return hashing;
}

bool bluesky_cid_hashes(EVP_MD_CTX *hashing, const unsigned char *cid, const unsigned char *block,
                        size_t length)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    return EVP_DigestInit_ex(hashing, NULL, NULL) == 1 && EVP_DigestUpdate(hashing, block, length) == 1 &&
           EVP_DigestFinal_ex(hashing, hash, NULL) == 1 &&
           memcmp(cid + CID_BYTES - HASH_BYTES, hash, HASH_BYTES) == 0;
}

/* "b" and base32 of RFC 4648 in lower case, without padding. */
void bluesky_cid_text(const unsigned char *cid, char out[CID_TEXT + 1])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned bits = 0;
    unsigned held = 0;
    char *end = out;
    *end++ = 'b';
    for (size_t i = 0; i < CID_BYTES; i++) {
        bits = (bits << 8 | cid[i]) & 0xFFFF;
        for (held += 8; held >= 5; held -= 5)
            *end++ = digits[bits >> (held - 5) & 31];
    }
    *end++ = digits[bits << (5 - held) & 31];
    *end = '\0';
}

static uint64_t hash_of(const char *text)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    uint64_t number = 0;
    SHA256((const unsigned char *)text, strlen(text), hash);
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | hash[i];
    return number;
}

/* The bits of a CID's own hash that eleven of its digits hold; 0 when it is no CID of the usual kind. */
static uint64_t hash_in(const char *cid)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t number = 0;
    if (strlen(cid) != CID_TEXT || cid[0] != 'b')
        return 0;
    for (size_t i = CID_TEXT - 12; i < CID_TEXT - 1; i++) {
        const char *digit = strchr(digits, cid[i]);
        if (!digit)
            return 0;
        number = number << 5 | (uint64_t)(digit - digits);
    }
    return number;
}

uint64_t bluesky_digest(const char *cid)
{
    /* Below 2^53, as every number that may meet a script of the store. */
    uint64_t digest = hash_in(cid) >> 2;
    if (!digest)
        digest = hash_of(cid) >> 11;
    return digest ? digest : 1;
}

uint64_t bluesky_tid_time(const char *text)
{
    uint64_t value = 0;
    if (!text || strlen(text) != TID_LENGTH || !strchr("234567abcdefghij", text[0]))
        return 0;
    for (size_t i = 0; i < TID_LENGTH; i++) {
        const char *digit = strchr(tid_digits, text[i]);
        if (!digit)
            return 0;
        value = value << 5 | (uint64_t)(digit - tid_digits);
    }
    return value >> 10;
}

void bluesky_tid_for(const char *key, char out[14])
{
    /* 2024-01-01 and some of the 2^45 microseconds (407 days) after it: never in the future. */
    static const uint64_t begin = UINT64_C(1704067200000000);
    uint64_t hash = hash_of(key);
    uint64_t value = (begin + (hash >> 19)) << 10 | (hash & 1023);
    for (size_t i = TID_LENGTH; i-- > 0; value >>= 5)
        out[i] = tid_digits[value & 31];
    out[TID_LENGTH] = '\0';
}
