#include "vectors.h"

#include "gateway/sig/base64.h"
#include "gateway/sig/ld_signature.h"
#include "mapping/outbound.h"

#include <openssl/evp.h>

#define ACTOR "https://social.example/u/k3vmq7xw2abcd"
#define POST ACTOR "/p/w2zzzzzzzzzzzzzz"
#define KEY ACTOR "#main-key"

static struct private_key *rsa, *ed25519;
static const int64_t now = 1764028800123;

static const char quads_of_post[] =
    "<" POST "#delete> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<https://www.w3.org/ns/activitystreams#Delete> .\n"
    "<" POST "#delete> <https://www.w3.org/ns/activitystreams#actor> <" ACTOR "> .\n"
    "<" POST "#delete> <https://www.w3.org/ns/activitystreams#cc> <" ACTOR "/followers> .\n"
    "<" POST "#delete> <https://www.w3.org/ns/activitystreams#object> <" POST "> .\n"
    "<" POST "#delete> <https://www.w3.org/ns/activitystreams#to> "
    "<https://www.w3.org/ns/activitystreams#Public> .\n"
    "<" POST "> <http://ostatus.org#atomUri> \"" POST "\" .\n"
    "<" POST "> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<https://www.w3.org/ns/activitystreams#Tombstone> .\n";

static const char quads_of_actor[] =
    "<" ACTOR "#delete> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<https://www.w3.org/ns/activitystreams#Delete> .\n"
    "<" ACTOR "#delete> <https://www.w3.org/ns/activitystreams#actor> <" ACTOR "> .\n"
    "<" ACTOR "#delete> <https://www.w3.org/ns/activitystreams#cc> <" ACTOR "/followers> .\n"
    "<" ACTOR "#delete> <https://www.w3.org/ns/activitystreams#object> <" ACTOR "> .\n"
    "<" ACTOR "#delete> <https://www.w3.org/ns/activitystreams#to> "
    "<https://www.w3.org/ns/activitystreams#Public> .\n";

static const char quads_of_options[] =
    "_:c14n0 <http://purl.org/dc/terms/created> "
    "\"2025-11-25T00:00:00Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
    "_:c14n0 <http://purl.org/dc/terms/creator> <" KEY "> .\n";

static json_t *post_delete(void)
{
    return delete_activity(ACTOR, POST, ACTOR "/followers");
}

static void assert_quads(json_t *activity, const char *expected)
{
    struct buffer quads;
    buffer_init(&quads, LD_QUADS_MAX);
    assert_true(ld_delete_quads(activity, &quads));
    assert_string_equal(buffer_text(&quads), expected);
    buffer_clear(&quads);
    json_decref(activity);
}

static void a_delete_becomes_its_n_quads(void **state)
{
    assert_quads(post_delete(), quads_of_post);
    assert_quads(delete_actor_activity(ACTOR, ACTOR "/followers"), quads_of_actor);
}

static void hash_into(const char *text, char *hex)
{
    unsigned char hash[32];
    assert_int_equal(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof hash; i++)
        (void)sprintf(hex + 2 * i, "%02x", (unsigned)hash[i]);
}

static bool verifies(const json_t *signature, const char *document_quads)
{
    const char *why = NULL;
    char *pem = private_key_public_pem(rsa);
    struct public_key *key = public_key_from_pem(pem, &why);
    const char *text = json_string_value(json_object_get(signature, "signatureValue"));
    unsigned char value[SIGNATURE_BYTES_MAX];
    size_t length;
    char message[129];
    assert_non_null(key);
    assert_true(base64_decode(text, strlen(text), value, sizeof value, &length));
    hash_into(quads_of_options, message);
    hash_into(document_quads, message + 64);
    bool good = public_key_verify(key, SIGN_RSA_SHA256, message, 128, value, length);
    public_key_unref(key);
    free(pem);
    return good;
}

static void the_signature_is_over_the_hashes_of_both(void **state)
{
    json_t *activity = post_delete();
    json_t *signature = ld_signature(activity, rsa, KEY, now);
    assert_non_null(signature);
    assert_int_equal(json_object_size(signature), 4);
    assert_string_equal(json_string_value(json_object_get(signature, "type")), "RsaSignature2017");
    assert_string_equal(json_string_value(json_object_get(signature, "creator")), KEY);
    assert_string_equal(json_string_value(json_object_get(signature, "created")), "2025-11-25T00:00:00Z");
    assert_true(verifies(signature, quads_of_post));
    assert_false(verifies(signature, quads_of_actor));
    json_decref(signature);
    json_decref(activity);
}

static void assert_refused(json_t *activity)
{
    struct buffer quads;
    buffer_init(&quads, LD_QUADS_MAX);
    assert_false(ld_delete_quads(activity, &quads));
    assert_int_equal(quads.length, 0);
    assert_null(ld_signature(activity, rsa, KEY, now));
    buffer_clear(&quads);
    json_decref(activity);
}

static void refused_with(const char *name, json_t *value)
{
    json_t *activity = post_delete();
    (void)json_object_set_new(activity, name, value);
    assert_refused(activity);
}

static void refused_without(const char *name)
{
    json_t *activity = post_delete();
    (void)json_object_del(activity, name);
    assert_refused(activity);
}

static void any_other_shape_is_refused(void **state)
{
    static const char *const names[] = {"@context", "id", "type", "actor", "to", "cc", "object"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        refused_without(names[i]);
    refused_with("summary", json_string("more"));
    refused_with("type", json_string("Undo"));
    refused_with("cc", json_array());
    refused_with("cc", json_string(ACTOR "/followers"));
    refused_with("cc", json_pack("[s s]", ACTOR "/followers", ACTOR));
    refused_with("to", json_pack("[s]", ACTOR));
    refused_with("@context", json_string("https://www.w3.org/ns/activitystreams"));
    refused_with("object", json_pack("{ss ss}", "id", POST, "type", "Tombstone"));
    refused_with("object",
                 json_pack("{ss ss ss}", "id", POST, "type", "Tombstone", "atomUri", POST "/another"));
    refused_with("object", json_pack("{ss ss ss}", "id", POST, "type", "Note", "atomUri", POST));
}

static void urls_that_would_need_escapes_are_refused(void **state)
{
    static char longest[4096] = ACTOR;
    refused_with("actor", json_string("https://social.example/u/a b"));
    refused_with("actor", json_string("https://social.example/u/a> <b"));
    refused_with("actor", json_string("https://social.example/u/\"a\""));
    refused_with("actor", json_string("https://social.example/u/a\n"));
    refused_with("actor", json_string("https://b\xc3\xbc"
                                      "cher.example/u/a"));
    refused_with("actor", json_string("k3vmq7xw2abcd"));
    memset(longest + strlen(ACTOR), 'x', sizeof longest - 1 - strlen(ACTOR));
    refused_with("actor", json_string(longest));
}

static void a_key_that_is_no_rsa_key_does_not_sign(void **state)
{
    json_t *activity = post_delete();
    assert_null(ld_signature(activity, ed25519, KEY, now));
    assert_null(ld_signature(activity, rsa, "main-key", now));
    json_decref(activity);
}

static int make_keys(void **state)
{
    rsa = vectors_rsa();
    ed25519 = private_key_generate_ed25519();
    return 0;
}

static int drop_keys(void **state)
{
    private_key_free(rsa);
    private_key_free(ed25519);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delete_becomes_its_n_quads),
        cmocka_unit_test(the_signature_is_over_the_hashes_of_both),
        cmocka_unit_test(any_other_shape_is_refused),
        cmocka_unit_test(urls_that_would_need_escapes_are_refused),
        cmocka_unit_test(a_key_that_is_no_rsa_key_does_not_sign),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
