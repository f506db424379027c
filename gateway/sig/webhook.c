#include "gateway/sig/webhook.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/digest.h"

enum { SIGNATURES_MAX = 8, TIMESTAMP_DIGITS_MAX = 12 };

bool webhook_secret_read(const char *text, struct webhook_secret *out)
{
    static const char prefix[] = "whsec_";
    size_t start = sizeof prefix - 1;
    *out = (struct webhook_secret){0};
    bool good =
        strncmp(text, prefix, start) == 0 &&
        base64_decode(text + start, strlen(text + start), out->bytes, sizeof out->bytes, &out->length);
    if (good && out->length >= WEBHOOK_SECRET_MIN)
        return true;
    OPENSSL_cleanse(out, sizeof *out);
    return false;
}

/* HMAC-SHA256 over id.timestamp.body. */
static void make_code(const struct webhook_secret *secret, const struct webhook_message *message,
                      unsigned char out[SHA256_LENGTH])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, secret->bytes, secret->length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = SHA256_LENGTH;
    if (!key || !context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSignUpdate(context, message->id, strlen(message->id)) != 1 ||
        EVP_DigestSignUpdate(context, ".", 1) != 1 ||
        EVP_DigestSignUpdate(context, message->timestamp, strlen(message->timestamp)) != 1 ||
        EVP_DigestSignUpdate(context, ".", 1) != 1 ||
        EVP_DigestSignUpdate(context, message->body, message->length) != 1 ||
        EVP_DigestSignFinal(context, out, &length) != 1)
        abort();
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

/* Several signatures stand there while a secret is changed. */
static bool has_code(const char *signatures, const unsigned char code[SHA256_LENGTH])
{
    bool found = false;
    for (int count = 0; *signatures && count < SIGNATURES_MAX; count++) {
        unsigned char given[SHA256_LENGTH];
        size_t length = 0;
        size_t word = strcspn(signatures, " ");
        if (word > 3 && strncmp(signatures, "v1,", 3) == 0 &&
            base64_decode(signatures + 3, word - 3, given, sizeof given, &length) && length == sizeof given)
            found |= CRYPTO_memcmp(given, code, sizeof given) == 0;
        signatures += word;
        signatures += strspn(signatures, " ");
    }
    return found;
}

const char *webhook_verify(const struct webhook_secret *secret, const struct webhook_message *message,
                           int64_t now_s)
{
    unsigned char code[SHA256_LENGTH];
    if (!message->id || !message->id[0] || strlen(message->id) > WEBHOOK_ID_MAX)
        return "the header webhook-id is missing or too long";
    size_t digits = message->timestamp ? strlen(message->timestamp) : 0;
    if (!digits || digits > TIMESTAMP_DIGITS_MAX || strspn(message->timestamp, "0123456789") != digits)
        return "the header webhook-timestamp is missing, or no number of seconds since 1970";
    if (!message->signatures)
        return "the header webhook-signature is missing";
    make_code(secret, message, code);
    if (!has_code(message->signatures, code))
        return "no signature in webhook-signature is right for this secret, id, timestamp and body";
    int64_t age = now_s - strtoll(message->timestamp, NULL, 10);
    if (age > WEBHOOK_WINDOW_S || age < -WEBHOOK_WINDOW_S)
        return "webhook-timestamp is more than 300 seconds away from this machine's clock";
    return NULL;
}
