#include "vectors.h"

#include "gateway/sig/base58.h"
#include "gateway/sig/proof.h"

static json_t *load_vector(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s%s", VECTORS, name);
    json_t *vector = json_load_file(path, 0, NULL);
    assert_non_null(vector);
    return vector;
}

static struct public_key *key_of(const json_t *vector)
{
    const char *why = NULL;
    struct public_key *key = public_key_from_multibase(vectors_text(vector, NULL, "public_key"), &why);
    assert_non_null(key);
    return key;
}

static void assert_hash(const json_t *vector, const char *name, const unsigned char *hash)
{
    char hex[65];
    for (size_t i = 0; i < 32; i++)
        (void)sprintf(hex + 2 * i, "%02x", (unsigned)hash[i]);
    assert_string_equal(hex, vectors_text(vector, NULL, name));
}

static void the_published_proofs_verify(void **state)
{
    static const char *const names[] = {"fep-8b32.json", "vc-di-eddsa.json"};
    for (size_t i = 0; i < 2; i++) {
        struct arena *arena = arena_new(1 << 16);
        json_t *vector = load_vector(names[i]);
        struct public_key *key = key_of(vector);
        struct proof proof;
        assert_null(proof_read(json_object_get(vector, "document"), arena, &proof));
        assert_hash(vector, "config_hash", proof.hashes);
        assert_hash(vector, "document_hash", proof.hashes + 32);
        assert_true(proof_check(&proof, key));
        public_key_unref(key);
        json_decref(vector);
        arena_free(arena);
    }
}

/* The key that FEP-8b32 and vc-di-eddsa publish for it: Multibase of 0x80 0x26 and the seed. */
static struct private_key *published_key(void)
{
    static const unsigned char prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                           0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    unsigned char secret[64], der[sizeof prefix + 32];
    char base64[BASE64_SIZE(sizeof der)], pem[256];
    size_t length;
    assert_true(
        multibase_decode("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq", secret, sizeof secret, &length));
    assert_int_equal(length, 34);
    memcpy(der, prefix, sizeof prefix);
    memcpy(der + sizeof prefix, secret + 2, 32);
    base64_encode(der, sizeof der, base64);
    (void)sprintf(pem, "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n", base64);
    return private_key_from_pem(pem);
}

static void the_published_proofs_are_reproduced(void **state)
{
    static const char *const names[] = {"fep-8b32.json", "vc-di-eddsa.json"};
    struct private_key *key = published_key();
    assert_non_null(key);
    for (size_t i = 0; i < 2; i++) {
        struct arena *arena = arena_new(1 << 16);
        json_t *vector = load_vector(names[i]);
        struct proof proof;
        unsigned char value[SIGNATURE_BYTES_MAX];
        size_t length;
        assert_null(proof_read(json_object_get(vector, "document"), arena, &proof));
        assert_true(private_key_sign(key, proof.hashes, sizeof proof.hashes, value, &length));
        assert_int_equal(length, sizeof proof.value);
        assert_memory_equal(value, proof.value, length);
        json_decref(vector);
        arena_free(arena);
    }
    private_key_free(key);
}

/* A proof without a context of its own, made over that of its document: as Fedify makes them. */
static void a_proof_over_the_documents_context_holds_too(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    struct private_key *key = published_key();
    json_t *vector = load_vector("fep-8b32.json"), *document = json_object_get(vector, "document");
    struct public_key *public = key_of(vector);
    struct proof proof;
    (void)json_object_set_new(document, "proof",
                              proof_make(document, key, "https://server.example/#k", 1700000000000));
    json_t *made = json_object_get(document, "proof");
    assert_non_null(json_object_get(made, "@context"));
    (void)json_object_del(made, "@context");
    assert_null(proof_read(document, arena, &proof));
    assert_true(proof_check(&proof, public));
    (void)json_object_set_new(document, "@context", json_string("https://www.w3.org/ns/activitystreams#"));
    assert_null(proof_read(document, arena, &proof));
    assert_false(proof_check(&proof, public));
    public_key_unref(public);
    private_key_free(key);
    json_decref(vector);
    arena_free(arena);
}

/* One change to the document: what comes of its proof. */
enum outcome { VERIFIES, DIFFERS, REFUSED };

static enum outcome changed(const char *path, const char *name, json_t *value)
{
    struct arena *arena = arena_new(1 << 16);
    json_t *vector = load_vector("fep-8b32.json");
    struct public_key *key = key_of(vector);
    json_t *document = json_object_get(vector, "document");
    json_t *at = path ? json_object_get(document, path) : document;
    if (value)
        (void)json_object_set_new(at, name, value);
    else
        (void)json_object_del(at, name);
    struct proof proof;
    enum outcome outcome = proof_read(document, arena, &proof) ? REFUSED
                           : proof_check(&proof, key)          ? VERIFIES
                                                               : DIFFERS;
    public_key_unref(key);
    json_decref(vector);
    arena_free(arena);
    return outcome;
}

static void any_change_breaks_the_proof(void **state)
{
    assert_int_equal(changed("object", "content", json_string("Hello World")), DIFFERS);
    assert_int_equal(changed("object", "summary", json_string("")), DIFFERS);
    assert_int_equal(changed(NULL, "actor", json_string("https://server.example/users/bob")), DIFFERS);
    assert_int_equal(changed("object", "location", NULL), DIFFERS);
    assert_int_equal(changed("proof", "created", json_string("2023-02-24T23:36:39Z")), DIFFERS);
    assert_int_equal(changed("proof", "verificationMethod", json_string("https://evil.example/#k")), DIFFERS);
}

static void an_ld_signature_beside_it_does_not_matter(void **state)
{
    assert_int_equal(changed(NULL, "signature", json_pack("{ss}", "type", "RsaSignature2017")), VERIFIES);
}

static void proofs_of_another_kind_are_refused(void **state)
{
    assert_int_equal(changed("proof", "type", json_string("Ed25519Signature2020")), REFUSED);
    assert_int_equal(changed("proof", "cryptosuite", json_string("eddsa-rdfc-2022")), REFUSED);
    assert_int_equal(changed("proof", "proofPurpose", json_string("authentication")), REFUSED);
    assert_int_equal(changed("proof", "verificationMethod", NULL), REFUSED);
    assert_int_equal(changed("proof", "proofValue", NULL), REFUSED);
    assert_int_equal(changed("proof", "proofValue", json_string("z2NEpo7TZRRrLZSi2U")), REFUSED);
    assert_int_equal(changed("proof", "@context", json_string("https://evil.example/context")), REFUSED);
    assert_int_equal(changed(NULL, "@context", json_string("https://evil.example/context")), REFUSED);
    assert_int_equal(changed(NULL, "proof", NULL), REFUSED);
    assert_int_equal(changed(NULL, "proof", json_array()), REFUSED);
    assert_int_equal(changed(NULL, "proof", json_string("x")), REFUSED);
}

static void of_several_proofs_exactly_one_must_be_ours(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    json_t *vector = load_vector("fep-8b32.json"), *document = json_object_get(vector, "document");
    struct public_key *key = key_of(vector);
    json_t *one = json_deep_copy(json_object_get(document, "proof"));
    struct proof proof;
    (void)json_object_set_new(document, "proof", json_pack("[{ss}, O]", "type", "Other", one));
    assert_null(proof_read(document, arena, &proof));
    assert_true(proof_check(&proof, key));
    (void)json_object_set_new(document, "proof", json_pack("[O, O]", one, one));
    assert_non_null(proof_read(document, arena, &proof));
    json_decref(one);
    public_key_unref(key);
    json_decref(vector);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_proofs_verify),
        cmocka_unit_test(the_published_proofs_are_reproduced),
        cmocka_unit_test(a_proof_over_the_documents_context_holds_too),
        cmocka_unit_test(any_change_breaks_the_proof),
        cmocka_unit_test(an_ld_signature_beside_it_does_not_matter),
        cmocka_unit_test(proofs_of_another_kind_are_refused),
        cmocka_unit_test(of_several_proofs_exactly_one_must_be_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
