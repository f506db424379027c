#include "vectors.h"

#include "gateway/sig/base58.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static json_t *vectors;

static int load(void **state)
{
    vectors = vectors_load();
    return 0;
}

static int unload(void **state)
{
    json_decref(vectors);
    return 0;
}

static char *take(BIO *bio)
{
    char *bytes;
    long length = BIO_get_mem_data(bio, &bytes);
    char *text = strndup(bytes, (size_t)length);
    BIO_free(bio);
    return text;
}

static char *public_pem(EVP_PKEY *key, bool pkcs1)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (pkcs1) {
        unsigned char *der = NULL;
        int length = i2d_PublicKey(key, &der);
        assert_int_equal(PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, length) > 0, 1);
        OPENSSL_free(der);
    } else {
        assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    }
    return take(bio);
}

static bool is_accepted(const char *pem)
{
    const char *why = NULL;
    struct public_key *key = public_key_from_pem(pem, &why);
    bool accepted = key != NULL;
    assert_true(accepted || why);
    public_key_unref(key);
    return accepted;
}

static EVP_PKEY *generate_rsa(unsigned bits, unsigned long exponent)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *e = BN_new();
    EVP_PKEY *key = NULL;
    assert_int_equal(BN_set_word(e, exponent), 1);
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)bits), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e), 1);
    assert_int_equal(EVP_PKEY_generate(context, &key), 1);
    BN_free(e);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void rsa_keys_of_too_few_bits_are_refused(void **state)
{
    static const unsigned sizes[] = {512, 1024, 2040};
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY *key = generate_rsa(sizes[i], 65537);
        char *pem = public_pem(key, false);
        assert_false(is_accepted(pem));
        free(pem);
        EVP_PKEY_free(key);
    }
}

/* A public key with a modulus of that many bits, all ones: nobody needs its private half here. */
static char *made_up_pem(size_t bits, const unsigned char *exponent, size_t exponent_length)
{
    unsigned char der[2200], *at = der;
    size_t modulus = bits / 8 + 1, inner = 4 + modulus + 2 + exponent_length;
    *at++ = 0x30;
    *at++ = 0x82;
    *at++ = (unsigned char)(inner >> 8);
    *at++ = (unsigned char)inner;
    *at++ = 0x02;
    *at++ = 0x82;
    *at++ = (unsigned char)(modulus >> 8);
    *at++ = (unsigned char)modulus;
    *at++ = 0;
    memset(at, 0xff, modulus - 1);
    at += modulus - 1;
    *at++ = 0x02;
    *at++ = (unsigned char)exponent_length;
    memcpy(at, exponent, exponent_length);
    at += exponent_length;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, at - der) > 0);
    return take(bio);
}

static void rsa_limits_are_2048_and_8192_bits_and_an_odd_exponent(void **state)
{
    static const struct {
        size_t bits;
        unsigned char exponent[8];
        size_t length;
        bool good;
    } cases[] = {
        {2048, {1, 0, 1}, 3, true},
        {8192, {1, 0, 1}, 3, true},
        {2040, {1, 0, 1}, 3, false},
        {8200, {1, 0, 1}, 3, false},
        {16384, {1, 0, 1}, 3, false},
        {2048, {3}, 1, true},
        {2048, {1}, 1, false},
        {2048, {2}, 1, false},
        {2048, {1, 0, 0}, 3, false},
        {2048, {0, 0xff, 0xff, 0xff, 0xff}, 5, true},
        {2048, {1, 0, 0, 0, 1}, 5, false},
        {2048, {0, 1, 0, 1}, 4, false}, /* not the one DER form */
        {2048, {0xff, 1}, 2, false},    /* negative */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *pem = made_up_pem(cases[i].bits, cases[i].exponent, cases[i].length);
        assert_int_equal(is_accepted(pem), cases[i].good);
        free(pem);
    }
}

static void other_kinds_of_keys_are_refused(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    char *pem = public_pem(key, false);
    assert_false(is_accepted(pem));
    free(pem);
    EVP_PKEY_free(key);
    key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    pem = public_pem(key, false);
    assert_false(is_accepted(pem));
    free(pem);
    EVP_PKEY_free(key);
}

static void spki_pkcs1_and_multikey_are_the_same_key(void **state)
{
    const char *why = NULL;
    struct public_key *spki = vectors_public(vectors, "rsa_public_spki_pem");
    struct public_key *multikey =
        public_key_from_multibase(vectors_text(vectors, "keys", "rsa_multikey"), &why);
    struct private_key *own = vectors_rsa();
    BIO *bio = BIO_new_mem_buf(vectors_text(vectors, "keys", "rsa_public_spki_pem"), -1);
    EVP_PKEY *raw = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    char *pkcs1_pem = public_pem(raw, true), *own_pem = private_key_public_pem(own);
    struct public_key *pkcs1 = public_key_from_pem(pkcs1_pem, &why);
    assert_true(public_key_equal(spki, multikey) && public_key_equal(spki, pkcs1));
    assert_string_equal(own_pem, vectors_text(vectors, "keys", "rsa_public_spki_pem"));
    struct public_key *ed25519 = vectors_public(vectors, "ed25519_public_spki_pem");
    struct public_key *ed25519_multikey =
        public_key_from_multibase(vectors_text(vectors, "keys", "ed25519_multikey"), &why);
    assert_true(public_key_equal(ed25519, ed25519_multikey));
    assert_false(public_key_equal(ed25519, spki));
    assert_int_equal(public_key_kind(ed25519), KEY_ED25519);
    public_key_unref(ed25519_multikey);
    public_key_unref(ed25519);
    public_key_unref(pkcs1);
    public_key_unref(multikey);
    public_key_unref(spki);
    free(own_pem);
    free(pkcs1_pem);
    EVP_PKEY_free(raw);
    BIO_free(bio);
    private_key_free(own);
}

static void pem_is_read_strictly_but_for_its_line_breaks(void **state)
{
    const char *pem = vectors_text(vectors, "keys", "rsa_public_spki_pem");
    char text[2048];
    (void)snprintf(text, sizeof text, "\r\n  %s\n\n", pem);
    assert_true(is_accepted(text));
    (void)snprintf(text, sizeof text, "x%s", pem);
    assert_false(is_accepted(text));
    (void)snprintf(text, sizeof text, "%s%s", pem, pem);
    assert_false(is_accepted(text));
    (void)snprintf(text, sizeof text, "%s", pem);
    text[100] = '!';
    assert_false(is_accepted(text));
    (void)snprintf(text, sizeof text, "%.200s", pem);
    assert_false(is_accepted(text));
    assert_false(is_accepted(""));
    assert_false(is_accepted("-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----"));
    char *long_text = malloc(20001);
    memset(long_text, 'A', 20000);
    long_text[20000] = '\0';
    assert_false(is_accepted(long_text));
    free(long_text);
}

static void multikeys_of_unknown_kinds_are_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "z",
                                        "m6Mk",
                                        "z6Mk",
                                        "z0OIl",
                                        "z1111111111111111",
                                        "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *why = NULL;
        assert_null(public_key_from_multibase(texts[i], &why));
        assert_non_null(why);
    }
}

static void the_rsa_vector_of_fep_521a_is_that_key(void **state)
{
    static const char hex[] =
        "3082010a0282010100b1b5fcd8d4d5e88ca5c4287b31f578865caf6a78826a3b8ff7b1b23aa4af4e6a0474139f945bd9d3a9"
        "11ffd0fa72db78e4593a86c91f9da836186ebd3402d51f6a3844247ab5088b46929c311b43604fed84499f06f0f39bf55590"
        "e2187f1bbe229ba8f49fd2e570cd0e3733c76bfede80e1e7e0881e4538ea1bc5782be9512f8bf132526e05f4923564fe6e1e"
        "21bf7087adebb660fa533fca06d0a8e66991e1312d70b64a61da8ca77c028cdf939601e2cffe2855759b1d479f0847bcac59"
        "d7d62427a431d4e3dfd2697428b9dd6309a7b1167db99fe01af1ff1b739566fb949e47089d1dae84aef1214ef7f5773e86a0"
        "d3e9da246f9bec09d60c705891183d0203010001";
    static const char multibase[] =
        "z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic4G7Rou3iBf9vPmT5dbkm9qsZsuVNjq8HCuW1w24nhBFGkRE4"
        "cd2Uf2tfrB3N7h4mnyPp1BF3ZttHTYv3DLUPi1zMdkULiow3M1GfXkoC6DoxDUm1jmN6GBj22SjVsr6dxezRVQc7aj9TxE7JLbMH"
        "1wh5X3kA58H3DFW8rnYMakFGbca5CB2Jf6CnGQZmL7o5uJAdTwXfy2iiiyPxXEGerMhHwhjTA1mKYobyk2CpeEcmvynADfNZ5MBv"
        "cCS7m3XkFCMNUYBS9NQ3fze6vMSUPsNa6GVYmKx2x6JrdEjCk3qRMMmyjnjCMfR4pXbRMZa3i";
    unsigned char bytes[512] = {0x85, 0x24};
    char text[MULTIBASE_TEXT_MAX];
    size_t length = 2;
    const char *why = NULL;
    for (const char *at = hex; *at; at += 2, length++) {
        unsigned value;
        assert_int_equal(sscanf(at, "%2x", &value), 1);
        bytes[length] = (unsigned char)value;
    }
    assert_true(multibase_encode(bytes, length, text, sizeof text));
    assert_string_equal(text, multibase);
    struct public_key *key = public_key_from_multibase(multibase, &why);
    assert_non_null(key);
    assert_int_equal(public_key_kind(key), KEY_RSA);
    public_key_unref(key);
}

static void the_vector_of_fep_521a_is_that_key(void **state)
{
    unsigned char bytes[64];
    size_t length;
    assert_true(
        multibase_decode("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", bytes, sizeof bytes, &length));
    assert_int_equal(length, 34);
    char hex[69] = "";
    for (size_t i = 0; i < length; i++)
        (void)sprintf(hex + 2 * i, "%02x", (unsigned)bytes[i]);
    assert_string_equal(hex, "ed012e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6");
}

/* ---- sealing
 * -------------------------------------------------------------------------------------------------------- */

static const unsigned char secret[32] = "a secret of thirty-two bytes....";

static void a_sealed_key_opens_and_signs_the_same(void **state)
{
    struct private_key *key = private_key_generate();
    unsigned char *sealed, *again;
    size_t length, again_length;
    private_key_seal(key, secret, &sealed, &length);
    private_key_seal(key, secret, &again, &again_length);
    assert_int_equal(length, again_length);
    assert_memory_not_equal(sealed, again, length); /* a nonce of its own each time */
    struct private_key *opened = private_key_open(secret, sealed, length);
    assert_non_null(opened);
    unsigned char one[SIGNATURE_BYTES_MAX], two[SIGNATURE_BYTES_MAX];
    size_t one_length, two_length;
    assert_true(private_key_sign(key, "data", 4, one, &one_length));
    assert_true(private_key_sign(opened, "data", 4, two, &two_length));
    assert_int_equal(one_length, 256);
    assert_memory_equal(one, two, 256);
    char *pem = private_key_public_pem(opened);
    assert_int_equal(strncmp(pem, "-----BEGIN PUBLIC KEY-----\n", 27), 0);
    assert_true(is_accepted(pem));
    free(pem);
    free(sealed);
    free(again);
    private_key_free(opened);
    private_key_free(key);
}

static void a_sealed_key_with_any_byte_flipped_or_cut_does_not_open(void **state)
{
    struct private_key *key = vectors_rsa();
    unsigned char *sealed;
    size_t length;
    private_key_seal(key, secret, &sealed, &length);
    for (size_t i = 0; i < length; i++) {
        sealed[i] ^= 0x10;
        assert_null(private_key_open(secret, sealed, length));
        sealed[i] ^= 0x10;
    }
    for (size_t i = 0; i < length; i += 7)
        assert_null(private_key_open(secret, sealed, i));
    unsigned char other[32];
    memcpy(other, secret, sizeof other);
    other[31] ^= 1;
    assert_null(private_key_open(other, sealed, length));
    free(sealed);
    private_key_free(key);
}

static void a_sealed_key_does_not_show_its_numbers(void **state)
{
    struct private_key *key = private_key_generate();
    unsigned char *sealed;
    size_t length;
    private_key_seal(key, secret, &sealed, &length);
    /* The DER of any PKCS#8 RSA key has this object id in the clear. */
    static const unsigned char oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    assert_null(memmem(sealed, length, oid, sizeof oid));
    free(sealed);
    private_key_free(key);
}

static void private_keys_of_other_kinds_are_refused(void **state)
{
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), generate_rsa(1024, 65537)};
    for (size_t i = 0; i < 2; i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PrivateKey(bio, keys[i], NULL, NULL, 0, NULL, NULL), 1);
        char *pem = take(bio);
        assert_null(private_key_from_pem(pem));
        free(pem);
        EVP_PKEY_free(keys[i]);
    }
    assert_null(private_key_from_pem("no key"));
}

/* ---- verifying
 * ------------------------------------------------------------------------------------------------------ */

static void sha1_signatures_and_cut_ones_do_not_verify(void **state)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    char *pem = public_pem(key, false);
    const char *why = NULL;
    struct public_key *public_key = public_key_from_pem(pem, &why);
    static const char *const digests[] = {"SHA1", "SHA512", "SHA256"};
    for (size_t i = 0; i < 3; i++) {
        unsigned char value[256];
        size_t length = sizeof value;
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        assert_int_equal(EVP_DigestSignInit_ex(context, NULL, digests[i], NULL, NULL, key, NULL), 1);
        assert_int_equal(EVP_DigestSign(context, value, &length, (const unsigned char *)"text", 4), 1);
        EVP_MD_CTX_free(context);
        assert_int_equal(public_key_verify(public_key, SIGN_RSA_SHA256, "text", 4, value, length), i == 2);
        assert_int_equal(public_key_verify(public_key, SIGN_RSA_SHA512, "text", 4, value, length), i == 1);
        assert_false(public_key_verify(public_key, SIGN_RSA_PSS_SHA512, "text", 4, value, length));
        assert_false(public_key_verify(public_key, SIGN_ED25519, "text", 4, value, length));
        assert_false(public_key_verify(public_key, SIGN_RSA_SHA256, "text", 4, value, length - 1));
        assert_false(public_key_verify(public_key, SIGN_RSA_SHA256, "texT", 4, value, length));
    }
    public_key_unref(public_key);
    free(pem);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_keys_of_too_few_bits_are_refused),
        cmocka_unit_test(rsa_limits_are_2048_and_8192_bits_and_an_odd_exponent),
        cmocka_unit_test(other_kinds_of_keys_are_refused),
        cmocka_unit_test(spki_pkcs1_and_multikey_are_the_same_key),
        cmocka_unit_test(pem_is_read_strictly_but_for_its_line_breaks),
        cmocka_unit_test(multikeys_of_unknown_kinds_are_refused),
        cmocka_unit_test(the_vector_of_fep_521a_is_that_key),
        cmocka_unit_test(the_rsa_vector_of_fep_521a_is_that_key),
        cmocka_unit_test(a_sealed_key_opens_and_signs_the_same),
        cmocka_unit_test(a_sealed_key_with_any_byte_flipped_or_cut_does_not_open),
        cmocka_unit_test(a_sealed_key_does_not_show_its_numbers),
        cmocka_unit_test(private_keys_of_other_kinds_are_refused),
        cmocka_unit_test(sha1_signatures_and_cut_ones_do_not_verify),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
