/* All of RFC 9421's own examples: appendix B.2 to B.4 and §4.3. What only HTTP's other half has (a response,
 * ECDSA, a shared secret) the product does not speak; there its signature base is compared, and OpenSSL
 * itself checks the signature over it. */
#include "vectors.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

static json_t *vectors;

static int load(void **state)
{
    vectors = json_load_file(VECTORS "rfc9421.json", 0, NULL);
    return vectors ? 0 : -1;
}

static int unload(void **state)
{
    json_decref(vectors);
    return 0;
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static const char *base_of(struct arena *arena, const char *line, json_t *headers, const char *input)
{
    struct signed_request request = vectors_request(arena, line, headers, "{\"hello\": \"world\"}");
    struct field_dictionary inputs;
    const char *why = NULL;
    assert_true(field_dictionary_parse(arena, input, &inputs));
    return rfc9421_base(arena, inputs.first, &request, &why);
}

/* ---- signatures
 * ----------------------------------------------------------------------------------------------------- */

static bool ecdsa_holds(const char *pem, const char *base, const unsigned char *value, size_t length)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    unsigned char *der = NULL;
    assert_int_equal(length, 64); /* r and s (§3.3.4) */
    assert_int_equal(ECDSA_SIG_set0(signature, BN_bin2bn(value, 32, NULL), BN_bin2bn(value + 32, 32, NULL)),
                     1);
    int size = i2d_ECDSA_SIG(signature, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    bool good = EVP_DigestVerify(context, der, (size_t)size, (const unsigned char *)base, strlen(base)) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return good;
}

static bool hmac_holds(const char *secret, const char *base, const unsigned char *value, size_t length)
{
    unsigned char key[128], made[EVP_MAX_MD_SIZE];
    size_t key_length;
    unsigned made_length = 0;
    assert_true(base64_decode(secret, strlen(secret), key, sizeof key, &key_length));
    (void)HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)base, strlen(base), made,
               &made_length);
    return made_length == length && memcmp(made, value, length) == 0;
}

static bool ours_holds(const char *name, const char *pem, const char *base, const unsigned char *value,
                       size_t length)
{
    const char *why = NULL;
    struct public_key *key = public_key_from_pem(pem, &why);
    assert_non_null(key);
    enum signature_algorithm algorithm = strstr(name, "ed25519") ? SIGN_ED25519
                                         : strstr(name, "pss")   ? SIGN_RSA_PSS_SHA512
                                                                 : SIGN_RSA_SHA256;
    bool good = public_key_verify(key, algorithm, base, strlen(base), value, length);
    public_key_unref(key);
    return good;
}

static bool holds(const char *name, const char *base, const char *signature)
{
    unsigned char value[SIGNATURE_BYTES_MAX];
    size_t length;
    const char *key = text(json_object_get(vectors, "keys"), name);
    assert_true(base64_decode(signature, strlen(signature), value, sizeof value, &length));
    if (strstr(name, "ecc"))
        return ecdsa_holds(key, base, value, length);
    return strstr(name, "secret") ? hmac_holds(key, base, value, length)
                                  : ours_holds(name, key, base, value, length);
}

static void every_example_has_its_base_and_verifies(void **state)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(vectors, "cases"), i, one)
    {
        struct arena *arena = arena_new(1 << 20);
        const char *expected = text(one, "base");
        if (text(one, "request")) /* B.2.4 is a response */
            assert_string_equal(
                base_of(arena, text(one, "request"), json_object_get(one, "headers"), text(one, "input")),
                expected);
        assert_true(holds(text(one, "key"), expected, text(one, "signature")));
        char *changed = arena_format(arena, "%s ", expected);
        assert_false(holds(text(one, "key"), changed, text(one, "signature")));
        arena_free(arena);
    }
    assert_int_equal(i, 9);
}

/* PKCS#1 v1.5 and Ed25519 come out the same each time. */
static void the_deterministic_ones_are_reproduced(void **state)
{
    size_t i, reproduced = 0;
    json_t *one, *others = vectors_load();
    struct private_key *rsa = vectors_rsa();
    struct private_key *ed25519 = private_key_from_pem(vectors_text(others, "keys", "ed25519_private_pem"));
    json_array_foreach(json_object_get(vectors, "cases"), i, one)
    {
        const char *name = text(one, "key");
        const struct private_key *key = strcmp(name, "test-key-rsa") == 0       ? rsa
                                        : strcmp(name, "test-key-ed25519") == 0 ? ed25519
                                                                                : NULL;
        unsigned char value[SIGNATURE_BYTES_MAX];
        char made[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
        size_t length;
        if (!key)
            continue;
        const char *base = text(one, "base");
        assert_true(private_key_sign(key, base, strlen(base), value, &length));
        base64_encode(value, length, made);
        assert_string_equal(made, text(one, "signature"));
        reproduced++;
    }
    assert_int_equal(reproduced, 2);
    private_key_free(rsa);
    private_key_free(ed25519);
    json_decref(others);
}

/* B.4: the first four keep the signature good, the last two do not. */
static void transformations_keep_or_break_it_as_the_rfc_says(void **state)
{
    size_t i;
    json_t *one;
    const json_t *transformed = json_object_get(vectors, "transformed");
    json_array_foreach(json_object_get(vectors, "transformations"), i, one)
    {
        struct arena *arena = arena_new(1 << 20);
        const char *base =
            base_of(arena, text(one, "request"), json_object_get(one, "headers"), text(transformed, "input"));
        assert_int_equal(strcmp(base, text(transformed, "base")) == 0, i < 4);
        assert_int_equal(holds(text(transformed, "key"), base, text(transformed, "signature")), i < 4);
        arena_free(arena);
    }
    assert_int_equal(i, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_has_its_base_and_verifies),
        cmocka_unit_test(the_deterministic_ones_are_reproduced),
        cmocka_unit_test(transformations_keep_or_break_it_as_the_rfc_says),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
