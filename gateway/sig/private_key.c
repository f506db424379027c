#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/base58.h"
#include "gateway/sig/key.h"

enum { SEAL_VERSION = 1, NONCE_LENGTH = 12, TAG_LENGTH = 16, OVERHEAD = 1 + NONCE_LENGTH + TAG_LENGTH };
enum { SEALED_MAX = 16384, PRIVATE_PEM_MAX = 16384, GENERATED_BITS = 2048, ED25519_LENGTH = 32 };

/* Names what is encrypted, so that no other sealed thing of the gateway can be passed off as a key. */
static const char purpose[] = "drawbridge private key";

struct private_key {
    EVP_PKEY *key;
    enum key_kind kind;
};

static struct private_key *wrap(EVP_PKEY *key)
{
    bool is_rsa = key && EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
                  EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
    bool is_ed25519 = key && EVP_PKEY_is_a(key, "ED25519") == 1;
    if (!is_rsa && !is_ed25519) {
        EVP_PKEY_free(key);
        return NULL;
    }
    struct private_key *out = calloc(1, sizeof *out);
    if (!out)
        abort();
    out->key = key;
    out->kind = is_rsa ? KEY_RSA : KEY_ED25519;
    return out;
}

struct private_key *private_key_generate(void)
{
    struct private_key *key = wrap(EVP_RSA_gen(GENERATED_BITS));
    if (!key)
        abort(); /* no memory or no chance: nothing may go on without either */
    return key;
}

struct private_key *private_key_generate_ed25519(void)
{
    struct private_key *key = wrap(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    if (!key)
        abort();
    return key;
}

/* Without this the library would ask the terminal for a pass phrase. */
static int no_pass_phrase(char *buffer, int size, int writing, void *context)
{
    return -1;
}

struct private_key *private_key_from_pem(const char *pem)
{
    size_t length = strlen(pem);
    if (length > PRIVATE_PEM_MAX)
        return NULL;
    BIO *input = BIO_new_mem_buf(pem, (int)length);
    if (!input)
        abort();
    EVP_PKEY *key = PEM_read_bio_PrivateKey(input, NULL, no_pass_phrase, NULL);
    BIO_free(input);
    return wrap(key);
}

void private_key_free(struct private_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key); /* clears the private numbers */
    OPENSSL_cleanse(key, sizeof *key);
    free(key);
}

enum key_kind private_key_kind(const struct private_key *key)
{
    return key->kind;
}

char *private_key_public_pem(const struct private_key *key)
{
    BIO *output = BIO_new(BIO_s_mem());
    if (!output || PEM_write_bio_PUBKEY(output, key->key) != 1)
        abort();
    char *bytes;
    long length = BIO_get_mem_data(output, &bytes);
    char *pem = strndup(bytes, (size_t)length);
    if (!pem)
        abort();
    BIO_free(output);
    return pem;
}

bool private_key_public_multibase(const struct private_key *key, char *out, size_t size)
{
    unsigned char bytes[2 + ED25519_LENGTH] = {0xed, 0x01};
    size_t length = ED25519_LENGTH;
    return key->kind == KEY_ED25519 && EVP_PKEY_get_raw_public_key(key->key, bytes + 2, &length) == 1 &&
           length == ED25519_LENGTH && multibase_encode(bytes, sizeof bytes, out, size);
}

bool private_key_sign(const struct private_key *key, const void *data, size_t length, unsigned char *out,
                      size_t *out_length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        abort();
    *out_length = SIGNATURE_BYTES_MAX;
    bool good =
        EVP_DigestSignInit(context, NULL, key->kind == KEY_RSA ? EVP_sha256() : NULL, NULL, key->key) == 1 &&
        EVP_DigestSign(context, out, out_length, data, length) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

/* ---- at rest
 * -------------------------------------------------------------------------------------------------------- */

static bool encrypt(const unsigned char secret[32], const unsigned char *plain, int length,
                    unsigned char *sealed)
{
    unsigned char *nonce = sealed + 1, *cipher = nonce + NONCE_LENGTH;
    int count = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good =
        context && RAND_bytes(nonce, NONCE_LENGTH) == 1 &&
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, secret, nonce) == 1 &&
        EVP_EncryptUpdate(context, NULL, &count, (const unsigned char *)purpose, sizeof purpose) == 1 &&
        EVP_EncryptUpdate(context, cipher, &count, plain, length) == 1 && count == length &&
        EVP_EncryptFinal_ex(context, cipher + length, &count) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_LENGTH, cipher + length) == 1;
    EVP_CIPHER_CTX_free(context);
    return good;
}

void private_key_seal(const struct private_key *key, const unsigned char secret[32], unsigned char **sealed,
                      size_t *sealed_length)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->key);
    unsigned char *plain = NULL;
    int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &plain) : -1;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (length <= 0)
        abort();
    *sealed_length = (size_t)length + OVERHEAD;
    *sealed = malloc(*sealed_length);
    if (!*sealed)
        abort();
    (*sealed)[0] = SEAL_VERSION;
    bool good = encrypt(secret, plain, length, *sealed);
    OPENSSL_clear_free(plain, (size_t)length);
    if (!good)
        abort();
}

static bool decrypt(const unsigned char secret[32], const unsigned char *sealed, int length,
                    unsigned char *plain)
{
    const unsigned char *nonce = sealed + 1, *cipher = nonce + NONCE_LENGTH;
    unsigned char tag[TAG_LENGTH];
    memcpy(tag, cipher + length, sizeof tag);
    int count = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good =
        context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, secret, nonce) == 1 &&
        EVP_DecryptUpdate(context, NULL, &count, (const unsigned char *)purpose, sizeof purpose) == 1 &&
        EVP_DecryptUpdate(context, plain, &count, cipher, length) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_LENGTH, tag) == 1 &&
        EVP_DecryptFinal_ex(context, plain + length, &count) == 1;
    EVP_CIPHER_CTX_free(context);
    return good;
}

struct private_key *private_key_open(const unsigned char secret[32], const void *sealed, size_t sealed_length)
{
    const unsigned char *bytes = sealed;
    if (sealed_length <= OVERHEAD || sealed_length > SEALED_MAX || bytes[0] != SEAL_VERSION)
        return NULL;
    size_t length = sealed_length - OVERHEAD;
    unsigned char *plain = OPENSSL_secure_malloc(length);
    if (!plain)
        return NULL; /* memory for keys has a size of its own */
    EVP_PKEY *key = NULL;
    if (decrypt(secret, bytes, (int)length, plain)) {
        const unsigned char *at = plain;
        PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)length);
        key = info ? EVP_PKCS82PKEY(info) : NULL;
        PKCS8_PRIV_KEY_INFO_free(info);
    }
    OPENSSL_secure_clear_free(plain, length);
    return wrap(key);
}
