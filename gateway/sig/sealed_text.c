#include "gateway/sig/sealed_text.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, NONCE_LENGTH = 12, TAG_LENGTH = 16, OVERHEAD = 1 + NONCE_LENGTH + TAG_LENGTH };

unsigned char *sealed_text_make(const unsigned char secret[32], const char *what, const char *text,
                                size_t *sealed_length)
{
    size_t length = strlen(text);
    int some = 0;
    if (length > SEALED_TEXT_MAX)
        abort();
    unsigned char *sealed = malloc(length + OVERHEAD);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!sealed || !context)
        abort();
    unsigned char *nonce = sealed + 1;
    unsigned char *cipher = nonce + NONCE_LENGTH;
    sealed[0] = VERSION;
    bool good =
        RAND_bytes(nonce, NONCE_LENGTH) == 1 &&
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, secret, nonce) == 1 &&
        EVP_EncryptUpdate(context, NULL, &some, (const unsigned char *)what, (int)strlen(what)) == 1 &&
        EVP_EncryptUpdate(context, cipher, &some, (const unsigned char *)text, (int)length) == 1 &&
        EVP_EncryptFinal_ex(context, cipher + some, &some) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_LENGTH, cipher + length) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!good)
        abort();
    *sealed_length = length + OVERHEAD;
    return sealed;
}

char *sealed_text_open(const unsigned char secret[32], const char *what, const void *sealed,
                       size_t sealed_length)
{
    const unsigned char *bytes = sealed;
    int some = 0;
    if (sealed_length < OVERHEAD || sealed_length > SEALED_TEXT_MAX + OVERHEAD || bytes[0] != VERSION)
        return NULL;
    size_t length = sealed_length - OVERHEAD;
    const unsigned char *nonce = bytes + 1;
    const unsigned char *cipher = nonce + NONCE_LENGTH;
    unsigned char tag[TAG_LENGTH];
    memcpy(tag, cipher + length, TAG_LENGTH);
    char *text = malloc(length + 1);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!text || !context)
        abort();
    bool good =
        EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, secret, nonce) == 1 &&
        EVP_DecryptUpdate(context, NULL, &some, (const unsigned char *)what, (int)strlen(what)) == 1 &&
        EVP_DecryptUpdate(context, (unsigned char *)text, &some, cipher, (int)length) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_LENGTH, tag) == 1 &&
        EVP_DecryptFinal_ex(context, (unsigned char *)text + some, &some) == 1;
    EVP_CIPHER_CTX_free(context);
    text[length] = '\0';
    if (good)
        return text;
    free(text);
    return NULL;
}
