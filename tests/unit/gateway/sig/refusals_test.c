/* What must be refused, and before which work: the negative vectors of PROTOCOL §2.6.6 and the receiving
 * profile. */
#include "vectors.h"

#define ALICE "https://bridge.example/u/alice#main-key"
#define INBOX "POST https://remote.example/inbox"
#define POST_HEADERS "(request-target) host date digest"

static struct private_key *rsa;
static struct public_key *rsa_public;
static json_t *vectors;
static const char *body;

static int load(void **state)
{
    vectors = vectors_load();
    rsa = vectors_rsa();
    rsa_public = vectors_public(vectors, "rsa_public_spki_pem");
    body = vectors_text(vectors, NULL, "body");
    return 0;
}

static int unload(void **state)
{
    private_key_free(rsa);
    public_key_unref(rsa_public);
    json_decref(vectors);
    return 0;
}

struct case_ {
    struct arena *arena;
    json_t *headers;
    struct signed_request request;
    struct signature signature;
    const char *why;
};

static struct case_ begin(const char *line, const char *date, const char *digest)
{
    struct case_ c = {.arena = arena_new(1 << 20), .headers = json_object()};
    if (date)
        (void)json_object_set_new(c.headers, "date", json_string(date));
    if (digest)
        (void)json_object_set_new(c.headers, "digest", json_string(digest));
    c.request = vectors_request(c.arena, line, c.headers, body);
    return c;
}

static const char *good_digest(struct arena *arena)
{
    struct body_digest digest;
    char text[DIGEST_HEADER_SIZE];
    body_digest_make(body, strlen(body), false, &digest);
    digest_header_make(&digest, text);
    return arena_string(arena, text);
}

static struct case_ begin_post(void)
{
    struct case_ c = begin(INBOX, VECTOR_DATE, "");
    (void)json_object_set_new(c.headers, "digest", json_string(good_digest(c.arena)));
    return c;
}

static enum signature_reading end(struct case_ *c)
{
    return signature_read(&c->request, VECTOR_TIME, c->arena, &c->signature, &c->why);
}

static void done(struct case_ *c)
{
    json_decref(c->headers);
    arena_free(c->arena);
}

static void set_header(struct case_ *c, const char *name, const char *value)
{
    (void)json_object_set_new(c->headers, name, json_string(value));
}

/* Signs what is in the request now; `more` are parameters between algorithm and headers. */
static void sign(struct case_ *c, const char *names, const char *algorithm, const char *more)
{
    char *draft =
        arena_format(c->arena, "keyId=\"" ALICE "\",algorithm=\"%s\",%sheaders=\"%s\",signature=\"\"",
                     algorithm, more, names);
    struct cavage_parameters parameters;
    assert_null(cavage_parse(c->arena, draft, &parameters));
    const char *base = cavage_signing_string(c->arena, &parameters, &c->request, true, &c->why);
    assert_non_null(base);
    unsigned char value[SIGNATURE_BYTES_MAX];
    char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
    size_t length;
    assert_true(private_key_sign(rsa, base, strlen(base), value, &length));
    base64_encode(value, length, text);
    draft[strlen(draft) - 1] = '\0';
    set_header(c, "signature", arena_format(c->arena, "%s%s\"", draft, text));
}

static void assert_good(struct case_ *c)
{
    assert_int_equal(end(c), SIGNATURE_READ);
    assert_true(signature_check(&c->signature, rsa_public));
    done(c);
}

static void assert_refused(struct case_ *c, const char *reason)
{
    assert_int_equal(end(c), SIGNATURE_REFUSED);
    assert_non_null(strstr(c->why, reason));
    done(c);
}

/* ---- draft-cavage
 * --------------------------------------------------------------------------------------------------- */

static void a_plain_post_and_get_are_accepted(void **state)
{
    struct case_ c = begin_post();
    sign(&c, POST_HEADERS, "rsa-sha256", "");
    assert_good(&c);
    c = begin("GET https://remote.example/u/x", VECTOR_DATE, NULL);
    sign(&c, "(request-target) host date", "hs2019", "");
    assert_good(&c);
}

static void an_unsigned_request_is_told_apart(void **state)
{
    struct case_ c = begin_post();
    assert_int_equal(end(&c), SIGNATURE_ABSENT);
    set_header(&c, "authorization", "Bearer abc");
    assert_int_equal(end(&c), SIGNATURE_ABSENT);
    done(&c);
}

static void a_flipped_byte_of_the_body_fails_before_any_key_is_needed(void **state)
{
    struct case_ c = begin_post();
    sign(&c, POST_HEADERS, "rsa-sha256", "");
    char *flipped = arena_string(c.arena, body);
    flipped[20] ^= 1;
    body_digest_make(flipped, strlen(flipped), false, &c.request.body);
    assert_refused(&c, "digest is not the body's");
}

static void digests_of_every_accepted_form(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    const char *value = good_digest(arena) + 8;
    const char *const good[] = {arena_format(arena, "sha-256=%s", value),
                                arena_format(arena, "SHA-512=abc, SHA-256=%s", value),
                                arena_format(arena, "SHA-256=%s,sha-256=%s", value, value),
                                arena_format(arena, "Sha-256=%s ", value)};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct case_ c = begin(INBOX, VECTOR_DATE, good[i]);
        sign(&c, POST_HEADERS, "rsa-sha256", "");
        assert_good(&c);
    }
    const char *other = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";
    const char *const bad[] = {arena_format(arena, "SHA-256=%s", other),
                               arena_format(arena, "SHA-256=%s, SHA-256=%s", value, other),
                               arena_format(arena, "SHA-512=%s", value),
                               arena_format(arena, "SHA-256=%s,", value),
                               arena_format(arena, "SHA-256=%.43s", value),
                               "SHA-256",
                               ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct case_ c = begin(INBOX, VECTOR_DATE, bad[i]);
        sign(&c, POST_HEADERS, "rsa-sha256", "");
        assert_refused(&c, "digest");
    }
    arena_free(arena);
}

static void the_window_is_an_hour_both_ways(void **state)
{
    static const struct {
        const char *date;
        bool good;
    } dates[] = {{"Tue, 20 Apr 2021 03:07:55 GMT", true},  {"Tue, 20 Apr 2021 03:07:56 GMT", false},
                 {"Tue, 20 Apr 2021 01:07:55 GMT", true},  {"Tue, 20 Apr 2021 01:07:54 GMT", false},
                 {"Tue, 20 Apr 2021 04:07:55 GMT", false}, {"Tue, 20 Apr 2021 00:07:55 GMT", false},
                 {"2021-04-20T02:07:55Z", false},          {"Mon, 20 Apr 2021 02:07:55 GMT", false}};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct case_ c = begin_post();
        set_header(&c, "date", dates[i].date);
        sign(&c, POST_HEADERS, "rsa-sha256", "");
        if (dates[i].good)
            assert_good(&c);
        else
            assert_refused(&c, "date");
    }
}

static void created_and_expires_are_kept(void **state)
{
    const char *names = "(request-target) (created) (expires) host digest";
    struct case_ c = begin_post();
    sign(&c, names, "hs2019", "created=1618884475,expires=1618884475,");
    assert_good(&c);
    c = begin_post();
    sign(&c, names, "hs2019", "created=1618884475,expires=1618884474,");
    assert_refused(&c, "expired");
    c = begin_post();
    sign(&c, names, "hs2019", "created=1618888076,expires=1618889000,");
    assert_refused(&c, "an hour away");
    /* covered by name only: there is nothing to cover */
    c = begin_post();
    set_header(&c, "signature",
               "keyId=\"" ALICE "\",headers=\"(request-target) (created) host digest\",signature=\"AAAA\"");
    assert_refused(&c, "no created");
}

static void what_must_be_covered_must_be_covered(void **state)
{
    static const char *const lacking[] = {"host date digest", "(request-target) date digest",
                                          "(request-target) host digest", "(request-target) host date"};
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++) {
        struct case_ c = begin_post();
        sign(&c, lacking[i], "rsa-sha256", "");
        assert_refused(&c, "cover");
    }
}

static void a_signature_of_a_get_does_not_fit_a_post(void **state)
{
    struct case_ c = begin_post();
    c.request.method = "GET";
    sign(&c, POST_HEADERS, "rsa-sha256", "");
    c.request.method = "POST";
    assert_int_equal(end(&c), SIGNATURE_READ);
    assert_false(signature_check(&c.signature, rsa_public));
    done(&c);
}

static void another_host_or_path_does_not_fit(void **state)
{
    struct case_ c = begin_post();
    sign(&c, POST_HEADERS, "rsa-sha256", "");
    c.request.authority = "other.example";
    assert_int_equal(end(&c), SIGNATURE_READ);
    assert_false(signature_check(&c.signature, rsa_public));
    c.request.authority = "remote.example";
    c.request.target = "/u/bob/inbox";
    assert_int_equal(end(&c), SIGNATURE_READ);
    assert_false(signature_check(&c.signature, rsa_public));
    done(&c);
}

static void the_authorization_form_and_the_scheme_prefix_are_accepted(void **state)
{
    struct case_ c = begin_post();
    sign(&c, POST_HEADERS, "rsa-sha256", "");
    char *value = arena_format(c.arena, "Signature %s", vectors_header(c.headers, "signature"));
    set_header(&c, "signature", value);
    assert_int_equal(end(&c), SIGNATURE_READ);
    assert_true(signature_check(&c.signature, rsa_public));
    (void)json_object_del(c.headers, "signature");
    set_header(&c, "authorization", value);
    assert_good(&c);
}

static void weak_and_unknown_algorithms_are_refused(void **state)
{
    static const char *const names[] = {"rsa-sha1", "hmac-sha256", "none", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct case_ c = begin_post();
        sign(&c, POST_HEADERS, names[i], "");
        assert_refused(&c, "algorithm");
    }
}

static void malformed_parameters_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "keyId",
        "keyId=",
        "keyId=\"a",
        "keyId=a",
        "keyId=\"a\"keyId=\"b\"",
        "keyId=\"a\",keyId=\"b\",headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\",KEYID=\"b\",headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\",headers=\"date date\",signature=\"AA==\"",
        "keyId=\"a\",headers=\"date Date\",signature=\"AA==\"",
        "keyId=\"a\",headers=\"date  host\",signature=\"AA==\"",
        "keyId=\"a\",headers=\"date \",signature=\"AA==\"",
        "keyId=\"a\",headers=\"\",signature=\"AA==\"",
        "keyId=\"a\\\"b\",headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\",headers=\"date\",signature=\"AA==\",",
        "keyId=\"a\",headers=\"date\"",
        "keyId=\"\",headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\",created=-1,headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\",created=1e3,headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\",created=9999999999999999,headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\",created=\"x\",headers=\"date\",signature=\"AA==\"",
        "keyId=\"a\";headers=\"date\"",
        "=\"a\"",
        "keyId=\"a\nb\",headers=\"date\",signature=\"AA==\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena *arena = arena_new(1 << 16);
        struct cavage_parameters parameters;
        assert_non_null(cavage_parse(arena, texts[i], &parameters));
        arena_free(arena);
    }
    struct arena *arena = arena_new(1 << 16);
    struct cavage_parameters parameters;
    assert_null(cavage_parse(
        arena, " keyId=\"a\" , created=5,other=\"x\",headers=\"Date\",signature=\"AA==\"", &parameters));
    assert_int_equal(parameters.created, 5);
    assert_int_equal(parameters.expires, -1);
    assert_string_equal(parameters.headers[0], "date");
    arena_free(arena);
}

static void two_signature_headers_are_refused(void **state)
{
    struct case_ c = begin_post();
    sign(&c, POST_HEADERS, "rsa-sha256", "");
    const char *one = vectors_header(c.headers, "signature");
    set_header(&c, "signature", arena_format(c.arena, "%s, %s", one, one));
    assert_refused(&c, "twice");
}

/* ---- RFC 9421
 * ------------------------------------------------------------------------------------------------------- */

static struct case_ begin_rfc9421(void)
{
    struct case_ c = begin(INBOX, VECTOR_DATE, NULL);
    struct body_digest digest;
    char text[CONTENT_DIGEST_HEADER_SIZE];
    body_digest_make(body, strlen(body), false, &digest);
    content_digest_header_make(&digest, text);
    set_header(&c, "content-digest", text);
    return c;
}

/* One more label with these parameters. */
static void add_label(struct case_ *c, const char *label, const char *list)
{
    struct field_dictionary inputs;
    const char *input = arena_format(c->arena, "%s=%s", label, list);
    unsigned char value[SIGNATURE_BYTES_MAX];
    char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
    size_t length;
    assert_true(field_dictionary_parse(c->arena, input, &inputs));
    const char *base = rfc9421_base(c->arena, inputs.first, &c->request, &c->why);
    assert_non_null(base);
    assert_true(private_key_sign(rsa, base, strlen(base), value, &length));
    base64_encode(value, length, text);
    const char *inputs_before = vectors_header(c->headers, "signature-input");
    const char *before = vectors_header(c->headers, "signature");
    set_header(c, "signature-input",
               arena_format(c->arena, "%s%s%s", inputs_before ? inputs_before : "", inputs_before ? ", " : "",
                            input));
    set_header(c, "signature",
               arena_format(c->arena, "%s%s%s=:%s:", before ? before : "", before ? ", " : "", label, text));
}

#define COVERED "(\"@method\" \"@target-uri\" \"content-digest\")"
#define GOOD_LABEL COVERED ";created=1618884475;keyid=\"" ALICE "\""

static void a_good_rfc9421_post_is_accepted(void **state)
{
    struct case_ c = begin_rfc9421();
    add_label(&c, "sig1", GOOD_LABEL ";expires=1618884475;nonce=\"x\";tag=\"y\"");
    assert_good(&c);
}

static void rfc9421_posts_that_break_the_profile_are_refused(void **state)
{
    static const struct {
        const char *list, *reason;
    } cases[] = {
        {"(\"@method\" \"content-digest\");created=1618884475;keyid=\"" ALICE "\"", "@target-uri"},
        {"(\"@target-uri\" \"content-digest\");created=1618884475;keyid=\"" ALICE "\"", "@method"},
        {"(\"@method\" \"@target-uri\");created=1618884475;keyid=\"" ALICE "\"", "content digest"},
        {COVERED ";created=\"1618884475\";keyid=\"" ALICE "\"", "created"},
        {COVERED ";created=1618884475.0;keyid=\"" ALICE "\"", "created"},
        {COVERED ";keyid=\"" ALICE "\"", "created"},
        {COVERED ";created=1618888076;keyid=\"" ALICE "\"", "an hour away"},
        {COVERED ";created=1618880874;keyid=\"" ALICE "\"", "an hour away"},
        {GOOD_LABEL ";expires=1618884474", "expired"},
        {GOOD_LABEL ";expires=\"2\"", "expired"},
        {COVERED ";created=1618884475", "keyid"},
        {COVERED ";created=1618884475;keyid=token", "keyid"},
        {GOOD_LABEL ";alg=\"rsa-sha1\"", "algorithm"},
        {GOOD_LABEL ";alg=\"hmac-sha256\"", "algorithm"},
        {GOOD_LABEL ";alg=token", "algorithm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct case_ c = begin_rfc9421();
        add_label(&c, "sig1", cases[i].list);
        assert_refused(&c, cases[i].reason);
    }
}

static void an_rfc9421_body_that_changed_fails_before_any_key_is_needed(void **state)
{
    struct case_ c = begin_rfc9421();
    add_label(&c, "sig1", GOOD_LABEL);
    body_digest_make("other", 5, false, &c.request.body);
    assert_refused(&c, "content digest is not the body's");
}

static void the_named_algorithm_must_be_the_keys(void **state)
{
    struct case_ c = begin_rfc9421();
    add_label(&c, "sig1", GOOD_LABEL ";alg=\"ed25519\"");
    assert_int_equal(end(&c), SIGNATURE_READ);
    assert_false(signature_check(&c.signature, rsa_public));
    done(&c);
}

static void malformed_signature_inputs_are_refused(void **state)
{
    static const char *const inputs[] = {
        "sig1=(\"@method\" \"@target-uri",
        "sig1=(\"@method\" \"@target-uri\"",
        "sig1=(\"@method\"\"@target-uri\")",
        "sig1=" GOOD_LABEL ",",
        "sig1=" GOOD_LABEL " sig2",
        "sig1",
        "sig1=\"x\"",
        "SIG1=" GOOD_LABEL,
        "sig1=" GOOD_LABEL ", sig1=" GOOD_LABEL,
        "sig2=" GOOD_LABEL,
        "",
    };
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        struct case_ c = begin_rfc9421();
        add_label(&c, "sig1", GOOD_LABEL);
        set_header(&c, "signature-input", inputs[i]);
        assert_int_equal(end(&c), SIGNATURE_REFUSED);
        done(&c);
    }
}

static void of_several_labels_the_actors_counts_or_none(void **state)
{
    struct case_ c = begin_rfc9421();
    add_label(&c, "a", COVERED ";created=1618884475;keyid=\"https://relay.example/actor#k\"");
    add_label(&c, "b", GOOD_LABEL);
    assert_int_equal(end(&c), SIGNATURE_REFUSED);
    c.request.actor = "https://bridge.example/u/alice";
    assert_int_equal(end(&c), SIGNATURE_READ);
    assert_string_equal(c.signature.key_id, ALICE);
    c.request.actor = "https://elsewhere.example/u/alice";
    assert_int_equal(end(&c), SIGNATURE_REFUSED);
    done(&c);
    /* a label that does not keep the profile is passed over */
    c = begin_rfc9421();
    add_label(&c, "a", "(\"@method\");created=1618884475;keyid=\"https://relay.example/actor#k\"");
    add_label(&c, "b", GOOD_LABEL);
    assert_good(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_post_and_get_are_accepted),
        cmocka_unit_test(an_unsigned_request_is_told_apart),
        cmocka_unit_test(a_flipped_byte_of_the_body_fails_before_any_key_is_needed),
        cmocka_unit_test(digests_of_every_accepted_form),
        cmocka_unit_test(the_window_is_an_hour_both_ways),
        cmocka_unit_test(created_and_expires_are_kept),
        cmocka_unit_test(what_must_be_covered_must_be_covered),
        cmocka_unit_test(a_signature_of_a_get_does_not_fit_a_post),
        cmocka_unit_test(another_host_or_path_does_not_fit),
        cmocka_unit_test(the_authorization_form_and_the_scheme_prefix_are_accepted),
        cmocka_unit_test(weak_and_unknown_algorithms_are_refused),
        cmocka_unit_test(malformed_parameters_are_refused),
        cmocka_unit_test(two_signature_headers_are_refused),
        cmocka_unit_test(a_good_rfc9421_post_is_accepted),
        cmocka_unit_test(rfc9421_posts_that_break_the_profile_are_refused),
        cmocka_unit_test(an_rfc9421_body_that_changed_fails_before_any_key_is_needed),
        cmocka_unit_test(the_named_algorithm_must_be_the_keys),
        cmocka_unit_test(malformed_signature_inputs_are_refused),
        cmocka_unit_test(of_several_labels_the_actors_counts_or_none),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
