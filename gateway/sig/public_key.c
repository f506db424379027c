#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/base58.h"
#include "gateway/sig/base64.h"
#include "gateway/sig/der.h"
#include "gateway/sig/key.h"

enum { PEM_MAX = 10000, DER_MAX = 1200, POINT_LENGTH = 32, QUICK_BITS_MAX = 4096 };

struct public_key {
    EVP_PKEY *key;
    enum key_kind kind;
    atomic_size_t references;
};

static struct public_key *wrap(EVP_PKEY *key, enum key_kind kind, const char **why)
{
    if (!key) {
        *why = "the key is refused by the crypto library";
        return NULL;
    }
    struct public_key *out = calloc(1, sizeof *out);
    if (!out)
        abort();
    out->key = key;
    out->kind = kind;
    atomic_init(&out->references, 1);
    return out;
}

static size_t bits_of(const unsigned char *number, size_t length)
{
    size_t bits = length * 8;
    for (unsigned char top = number[0]; !(top & 0x80); top = (unsigned char)(top << 1))
        bits--;
    return bits;
}

/* Odd and of 3 to 2^32 (which is even, so: at most 32 bits). */
static bool is_good_exponent(const unsigned char *exponent, size_t length)
{
    return length <= 4 && exponent[length - 1] & 1 && (length > 1 || exponent[0] >= 3);
}

static EVP_PKEY *build_rsa(const struct der_key *parts)
{
    BIGNUM *n = BN_bin2bn(parts->modulus, (int)parts->modulus_length, NULL);
    BIGNUM *e = BN_bin2bn(parts->exponent, (int)parts->exponent_length, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (!n || !e || !builder || !context)
        abort();
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return key;
}

static struct public_key *build(const struct der_key *parts, const char **why)
{
    if (parts->is_ed25519)
        return wrap(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, parts->point, POINT_LENGTH),
                    KEY_ED25519, why);
    size_t bits = bits_of(parts->modulus, parts->modulus_length);
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
        *why = "the RSA key has fewer than 2048 or more than 8192 bits";
        return NULL;
    }
    if (!(parts->modulus[parts->modulus_length - 1] & 1) ||
        !is_good_exponent(parts->exponent, parts->exponent_length)) {
        *why = "the RSA key's modulus or exponent is not permitted";
        return NULL;
    }
    return wrap(build_rsa(parts), KEY_RSA, why);
}

/* ---- PEM
 * ------------------------------------------------------------------------------------------------------------
 */

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* What stands between BEGIN and END of that label, decoded; 0 when the text is not exactly one such block. */
static size_t read_pem(const char *pem, const char *begin, const char *end, unsigned char *out)
{
    const char *at = skip_blanks(pem);
    if (strncmp(at, begin, strlen(begin)) != 0)
        return 0;
    char text[BASE64_SIZE(DER_MAX)];
    size_t length = 0;
    for (at = skip_blanks(at + strlen(begin)); *at && *at != '-'; at = skip_blanks(at + 1)) {
        if (length == sizeof text)
            return 0;
        text[length++] = *at;
    }
    if (strncmp(at, end, strlen(end)) != 0 || *skip_blanks(at + strlen(end)))
        return 0;
    size_t count;
    return base64_decode(text, length, out, DER_MAX, &count) ? count : 0;
}

struct public_key *public_key_from_pem(const char *pem, const char **why)
{
    unsigned char der[DER_MAX];
    struct der_key parts;
    if (strnlen(pem, PEM_MAX + 1) > PEM_MAX) {
        *why = "the key's PEM is too long";
        return NULL;
    }
    size_t length = read_pem(pem, "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", der);
    if (length > 0 && der_read_spki(der, length, &parts))
        return build(&parts, why);
    length = read_pem(pem, "-----BEGIN RSA PUBLIC KEY-----", "-----END RSA PUBLIC KEY-----", der);
    if (length > 0 && der_read_rsa(der, length, &parts))
        return build(&parts, why);
    *why = "the key's PEM is no public key of RSA or Ed25519";
    return NULL;
}

struct public_key *public_key_from_multibase(const char *text, const char **why)
{
    unsigned char bytes[BASE58_BYTES_MAX];
    size_t length;
    struct der_key parts = {.is_ed25519 = true, .point = bytes + 2};
    if (!multibase_decode(text, bytes, sizeof bytes, &length) || length < 3) {
        *why = "the Multikey is not base58btc";
        return NULL;
    }
    bool is_ed25519 = bytes[0] == 0xed && bytes[1] == 0x01 && length == 2 + POINT_LENGTH;
    bool is_rsa = bytes[0] == 0x85 && bytes[1] == 0x24 && der_read_rsa(bytes + 2, length - 2, &parts);
    if (is_ed25519 || is_rsa)
        return build(&parts, why);
    *why = "the Multikey is of no kind that we know";
    return NULL;
}

struct public_key *public_key_ref(struct public_key *key)
{
    (void)atomic_fetch_add(&key->references, 1);
    return key;
}

void public_key_unref(struct public_key *key)
{
    if (!key || atomic_fetch_sub(&key->references, 1) != 1)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

enum key_kind public_key_kind(const struct public_key *key)
{
    return key->kind;
}

bool public_key_is_quick(const struct public_key *key)
{
    return key->kind == KEY_RSA && EVP_PKEY_get_bits(key->key) <= QUICK_BITS_MAX;
}

bool public_key_equal(const struct public_key *one, const struct public_key *other)
{
    return one == other || EVP_PKEY_eq(one->key, other->key) == 1;
}

/* ---- verifying
 * ------------------------------------------------------------------------------------------------------ */

static bool set_pss(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha512()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 64) == 1;
}

bool public_key_verify(const struct public_key *key, enum signature_algorithm algorithm, const void *data,
                       size_t length, const unsigned char *signature, size_t signature_length)
{
    if ((algorithm == SIGN_ED25519) != (key->kind == KEY_ED25519))
        return false;
    const EVP_MD *digest = algorithm == SIGN_ED25519      ? NULL
                           : algorithm == SIGN_RSA_SHA256 ? EVP_sha256()
                                                          : EVP_sha512();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        abort();
    EVP_PKEY_CTX *key_context = NULL;
    bool good = EVP_DigestVerifyInit(context, &key_context, digest, NULL, key->key) == 1 &&
                (algorithm != SIGN_RSA_PSS_SHA512 || set_pss(key_context)) &&
                EVP_DigestVerify(context, signature, signature_length, data, length) == 1;
    EVP_MD_CTX_free(context);
    return good;
}
