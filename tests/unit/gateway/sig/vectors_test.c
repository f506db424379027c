#include "vectors.h"

static struct private_key *rsa, *ed25519;
static struct public_key *rsa_public, *ed25519_public;
static json_t *vectors;

static int load(void **state)
{
    vectors = vectors_load();
    rsa = vectors_rsa();
    ed25519 = private_key_from_pem(vectors_text(vectors, "keys", "ed25519_private_pem"));
    rsa_public = vectors_public(vectors, "rsa_public_spki_pem");
    ed25519_public = vectors_public(vectors, "ed25519_public_spki_pem");
    return rsa && ed25519 ? 0 : -1;
}

static int unload(void **state)
{
    private_key_free(rsa);
    private_key_free(ed25519);
    public_key_unref(rsa_public);
    public_key_unref(ed25519_public);
    json_decref(vectors);
    return 0;
}

static struct signed_request request_of(struct arena *arena, const json_t *vector)
{
    return vectors_request(arena, json_string_value(json_object_get(vector, "request")),
                           json_object_get(vector, "headers"), vectors_text(vectors, NULL, "body"));
}

static bool is_ed25519(const json_t *vector)
{
    return strstr(json_string_value(json_object_get(vector, "name")), "ed25519") != NULL;
}

static void every_vector_is_read_with_its_signing_string_and_verifies(void **state)
{
    size_t i;
    json_t *vector;
    json_array_foreach(json_object_get(vectors, "signatures"), i, vector)
    {
        struct arena *arena = arena_new(1 << 20);
        struct signed_request request = request_of(arena, vector);
        struct signature signature;
        const char *why = NULL;
        assert_int_equal(signature_read(&request, VECTOR_TIME, arena, &signature, &why), SIGNATURE_READ);
        const char *expected = json_string_value(json_object_get(vector, "signing_string"));
        bool found = false;
        for (size_t base = 0; base < signature.base_count; base++)
            found = found || strcmp(signature.bases[base], expected) == 0;
        assert_true(found);
        assert_true(signature_check(&signature, is_ed25519(vector) ? ed25519_public : rsa_public));
        assert_false(signature_check(&signature, is_ed25519(vector) ? rsa_public : ed25519_public));
        arena_free(arena);
    }
    assert_int_equal(i, 11);
}

/* PKCS#1 v1.5 and Ed25519 are deterministic. */
static void every_vector_is_reproduced_byte_for_byte(void **state)
{
    size_t i;
    json_t *vector;
    json_array_foreach(json_object_get(vectors, "signatures"), i, vector)
    {
        const char *base = json_string_value(json_object_get(vector, "signing_string"));
        const char *header = vectors_header(json_object_get(vector, "headers"), "signature");
        unsigned char value[SIGNATURE_BYTES_MAX];
        char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
        size_t length;
        assert_true(private_key_sign(is_ed25519(vector) ? ed25519 : rsa, base, strlen(base), value, &length));
        base64_encode(value, length, text);
        assert_non_null(strstr(header, text));
    }
    assert_int_equal(i, 11);
}

static const json_t *named(const char *name)
{
    size_t i;
    json_t *vector;
    json_array_foreach(json_object_get(vectors, "signatures"), i, vector)
    {
        if (strcmp(json_string_value(json_object_get(vector, "name")), name) == 0)
            return vector;
    }
    fail_msg("no vector is called %s", name);
    return NULL;
}

static const char *header_of(const char *vector, const char *name)
{
    return vectors_header(json_object_get(named(vector), "headers"), name);
}

#define ALICE "https://bridge.example/u/alice#main-key"
#define INSTANCE "https://bridge.example/actor#main-key"
#define DIGEST_B64 "TdgDLpWBBg1HOgi1zMu2m4LBxdHcjCyobWJposb9ses="

static void our_own_headers_are_the_vectors_of_the_sending_profile(void **state)
{
    char out[SIGNATURE_HEADER_MAX];
    assert_true(cavage_sign_post(rsa, ALICE, "https://remote.example/inbox", VECTOR_DATE,
                                 "SHA-256=" DIGEST_B64, "application/activity+json", out, sizeof out));
    assert_string_equal(out, header_of("cavage-post-rsa", "signature"));
    assert_true(cavage_sign_get(rsa, INSTANCE, "https://remote.example/users/bob", true, VECTOR_DATE, out,
                                sizeof out));
    assert_string_equal(out, header_of("cavage-get-rsa", "signature"));
    const char *paged = "https://remote.example/users/bob/followers?page=2";
    assert_true(cavage_sign_get(rsa, INSTANCE, paged, true, VECTOR_DATE, out, sizeof out));
    assert_string_equal(out, header_of("cavage-get-query-included", "signature"));
    assert_true(cavage_sign_get(rsa, INSTANCE, paged, false, VECTOR_DATE, out, sizeof out));
    assert_string_equal(
        out, header_of("cavage-get-query-omitted (must also be accepted: Fedify, Akkoma, Pleroma, older GTS)",
                       "signature"));
}

static void our_own_rfc9421_headers_are_the_vectors_too(void **state)
{
    char input[SIGNATURE_INPUT_MAX], out[SIGNATURE_HEADER_MAX];
    const char *post = "rfc9421-post-rsa (Mastodon 4.7 outbound shape)", *get = "rfc9421-get-rsa";
    assert_true(rfc9421_sign(rsa, ALICE, "POST", "https://remote.example/inbox", "sha-256=:" DIGEST_B64 ":",
                             VECTOR_TIME, input, sizeof input, out, sizeof out));
    assert_string_equal(input, header_of(post, "signature-input"));
    assert_string_equal(out, header_of(post, "signature"));
    assert_true(rfc9421_sign(rsa, INSTANCE, "GET", "https://remote.example/users/bob", NULL, VECTOR_TIME,
                             input, sizeof input, out, sizeof out));
    assert_string_equal(input, header_of(get, "signature-input"));
    assert_string_equal(out, header_of(get, "signature"));
}

static void signing_refuses_what_would_break_a_header(void **state)
{
    char out[SIGNATURE_HEADER_MAX], input[SIGNATURE_INPUT_MAX];
    assert_false(cavage_sign_get(rsa, "https://a.example/\"", "https://b.example/", true, VECTOR_DATE, out,
                                 sizeof out));
    assert_false(cavage_sign_get(rsa, ALICE, "https://user@b.example/", true, VECTOR_DATE, out, sizeof out));
    assert_false(cavage_sign_get(rsa, ALICE, "ftp://b.example/", true, VECTOR_DATE, out, sizeof out));
    assert_false(cavage_sign_get(rsa, ALICE, "https://b.example/", true, "a\nb", out, sizeof out));
    assert_false(cavage_sign_get(rsa, ALICE, "https://b.example/", true, VECTOR_DATE, out, 64));
    assert_false(rfc9421_sign(rsa, "\"", "GET", "https://b.example/", NULL, VECTOR_TIME, input, sizeof input,
                              out, sizeof out));
    assert_false(
        rfc9421_sign(rsa, ALICE, "GET", "https://b.example/", NULL, VECTOR_TIME, input, 8, out, sizeof out));
}

/* ---- RFC 9421
 * ------------------------------------------------------------------------------------------------------- */

static const char *base_of(struct arena *arena, const char *input, const struct signed_request *request)
{
    struct field_dictionary inputs;
    const char *why = NULL;
    assert_true(field_dictionary_parse(arena, input, &inputs));
    return rfc9421_base(arena, inputs.first, request, &why);
}

static json_t *appendix_headers(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "Date", "Tue, 20 Apr 2021 02:07:55 GMT", "Content-Type",
                     "application/json", "Content-Digest",
                     "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEm"
                     "THWXvJwew==:",
                     "Content-Length", "18", "Forwarded", "for=192.0.2.123;host=example.com;proto=https");
}

static void appendix_b_2_6_is_reproduced_and_verifies(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    json_t *headers = appendix_headers();
    struct signed_request request = vectors_request(arena, "POST https://example.com/foo?param=Value&Pet=dog",
                                                    headers, "{\"hello\": \"world\"}");
    const char *base = base_of(arena,
                               "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
                               "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"",
                               &request);
    assert_string_equal(base,
                        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n"
                        "\"@authority\": example.com\n\"content-type\": application/json\n"
                        "\"content-length\": 18\n\"@signature-params\": (\"date\" \"@method\" \"@path\" "
                        "\"@authority\" \"content-type\" \"content-length\");created=1618884473;keyid="
                        "\"test-key-ed25519\"");
    unsigned char value[SIGNATURE_BYTES_MAX];
    char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
    size_t length;
    assert_true(private_key_sign(ed25519, base, strlen(base), value, &length));
    base64_encode(value, length, text);
    assert_string_equal(
        text, "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==");
    assert_true(public_key_verify(ed25519_public, SIGN_ED25519, base, strlen(base), value, length));
    json_decref(headers);
    arena_free(arena);
}

static void section_4_3_proxy_signature_verifies(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    json_t *headers = appendix_headers();
    struct signed_request request =
        vectors_request(arena, "POST https://origin.host.internal.example/foo?param=Value&Pet=dog", headers,
                        "{\"hello\": \"world\"}");
    const char *base =
        base_of(arena,
                "proxy_sig=(\"@method\" \"@authority\" \"@path\" \"content-digest\" \"content-type\" "
                "\"content-length\" \"forwarded\");created=1618884480;keyid=\"test-key-rsa\";alg="
                "\"rsa-v1_5-sha256\";expires=1618884540",
                &request);
    unsigned char value[SIGNATURE_BYTES_MAX];
    char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
    size_t length;
    assert_true(private_key_sign(rsa, base, strlen(base), value, &length));
    base64_encode(value, length, text);
    assert_string_equal(text,
                        "S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+M"
                        "jniOaYmdkDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEOb"
                        "tNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD"
                        "3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5"
                        "o0LV/g==");
    assert_true(public_key_verify(rsa_public, SIGN_RSA_SHA256, base, strlen(base), value, length));
    json_decref(headers);
    arena_free(arena);
}

static void derived_components_are_those_of_section_2_2(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    json_t *headers = json_object();
    struct signed_request request = vectors_request(
        arena, "GET https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman&qux=", headers, "");
    assert_string_equal(
        base_of(arena,
                "a=(\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@request-target\" \"@path\" "
                "\"@query\" \"@query-param\";name=\"baz\" \"@query-param\";name=\"qux\");created=1",
                &request),
        "\"@method\": GET\n"
        "\"@target-uri\": https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman&qux=\n"
        "\"@authority\": www.example.com\n\"@scheme\": https\n"
        "\"@request-target\": /path?param=value&foo=bar&baz=bat%2Dman&qux=\n\"@path\": /path\n"
        "\"@query\": ?param=value&foo=bar&baz=bat%2Dman&qux=\n\"@query-param\";name=\"baz\": bat-man\n"
        "\"@query-param\";name=\"qux\": \n"
        "\"@signature-params\": (\"@method\" \"@target-uri\" \"@authority\" \"@scheme\" \"@request-target\" "
        "\"@path\" \"@query\" \"@query-param\";name=\"baz\" \"@query-param\";name=\"qux\");created=1");
    static const char *const refused[] = {"a=(\"@status\")",
                                          "a=(\"@signature-params\")",
                                          "a=(\"@query-param\")",
                                          "a=(\"@method\" \"@method\")",
                                          "a=(\"absent\")",
                                          "a=(\"@method\";req)",
                                          "a=(token)",
                                          "a=(\"@query-param\";name=\"none\")"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_null(base_of(arena, refused[i], &request));
    json_decref(headers);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_read_with_its_signing_string_and_verifies),
        cmocka_unit_test(every_vector_is_reproduced_byte_for_byte),
        cmocka_unit_test(our_own_headers_are_the_vectors_of_the_sending_profile),
        cmocka_unit_test(our_own_rfc9421_headers_are_the_vectors_too),
        cmocka_unit_test(signing_refuses_what_would_break_a_header),
        cmocka_unit_test(appendix_b_2_6_is_reproduced_and_verifies),
        cmocka_unit_test(section_4_3_proxy_signature_verifies),
        cmocka_unit_test(derived_components_are_those_of_section_2_2),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
