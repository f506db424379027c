#include "../sig/vectors.h"

#include "gateway/fed/key_proof.h"

#define ALICE "https://bridge.example/u/alice"

static json_t *vectors;
static const char *rsa_pem, *ed25519_pem, *ed25519_multikey;

static int load(void **state)
{
    vectors = vectors_load();
    rsa_pem = vectors_text(vectors, "keys", "rsa_public_spki_pem");
    ed25519_pem = vectors_text(vectors, "keys", "ed25519_public_spki_pem");
    ed25519_multikey = vectors_text(vectors, "keys", "ed25519_multikey");
    return 0;
}

static int unload(void **state)
{
    json_decref(vectors);
    return 0;
}

static struct inbound_actor alice(void)
{
    return (struct inbound_actor){
        .id = ALICE, .keys = {{.id = ALICE "#main-key", .owner = ALICE, .pem = rsa_pem}}, .key_count = 1};
}

static bool is_proven(const struct inbound_actor *actor, const char *key_id)
{
    struct arena *arena = arena_new(1 << 16);
    const char *why = NULL;
    struct public_key *key = key_of_actor(arena, actor, key_id, &why);
    bool proven = key != NULL;
    assert_true(proven || why);
    public_key_unref(key);
    arena_free(arena);
    return proven;
}

static void a_listed_key_with_its_owner_on_its_own_server_is_proven(void **state)
{
    struct inbound_actor actor = alice();
    assert_true(is_proven(&actor, ALICE "#main-key"));
}

static void a_key_of_another_id_server_or_owner_is_not(void **state)
{
    struct inbound_actor actor = alice();
    assert_false(is_proven(&actor, ALICE "#other-key"));
    assert_false(is_proven(&actor, "https://bridge.example/u/mallory#main-key"));
    actor.keys[0].id = "https://evil.example/key";
    assert_false(is_proven(&actor, "https://evil.example/key"));
    actor = alice();
    actor.keys[0].owner = "https://bridge.example/u/mallory";
    assert_false(is_proven(&actor, ALICE "#main-key"));
    actor.keys[0].owner = NULL;
    assert_false(is_proven(&actor, ALICE "#main-key"));
    actor = alice();
    actor.id = "https://bridge.example:8443/u/alice";
    actor.keys[0].owner = actor.id;
    assert_false(is_proven(&actor, ALICE "#main-key"));
}

static void an_actor_id_as_key_id_means_its_only_pem_key(void **state)
{
    struct inbound_actor actor = alice();
    assert_true(is_proven(&actor, ALICE));
    actor.keys[1] = (struct inbound_key){.id = ALICE "#second", .owner = ALICE, .pem = rsa_pem};
    actor.key_count = 2;
    assert_false(is_proven(&actor, ALICE));
    assert_true(is_proven(&actor, ALICE "#second"));
    actor.keys[1] = (struct inbound_key){.id = ALICE "#ed", .owner = ALICE, .multibase = ed25519_multikey};
    assert_true(is_proven(&actor, ALICE));
}

static void ed25519_counts_as_a_multikey_only(void **state)
{
    struct inbound_actor actor = alice();
    actor.keys[0].pem = ed25519_pem;
    assert_false(is_proven(&actor, ALICE "#main-key"));
    actor.keys[0].pem = NULL;
    assert_false(is_proven(&actor, ALICE "#main-key"));
    actor.keys[0].multibase = ed25519_multikey;
    assert_true(is_proven(&actor, ALICE "#main-key"));
}

static void key_documents_are_followed_without_their_fragment(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    const char *why = NULL;
    assert_string_equal(key_document_url(arena, ALICE "#main-key", &why), ALICE);
    assert_string_equal(key_document_url(arena, ALICE "/main-key", &why), ALICE "/main-key");
    static const char *const refused[] = {"acct:alice@bridge.example", "main-key", "https://a@b.example/x#k",
                                          "did:key:z6Mk"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_null(key_document_url(arena, refused[i], &why));
    arena_free(arena);
}

static void a_key_document_and_its_owner_must_agree(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    const char *id = ALICE "/main-key", *why = NULL;
    struct inbound_key document = {.id = id, .owner = ALICE, .pem = rsa_pem};
    struct inbound_actor owner = alice();
    assert_null(key_document_check(arena, &document, id));
    assert_null(key_of_owner(arena, &document, &owner, id, &why)); /* not listed */
    owner.keys[0].id = id;
    struct public_key *key = key_of_owner(arena, &document, &owner, id, &why);
    assert_non_null(key);
    public_key_unref(key);
    struct private_key *other = private_key_generate();
    char *other_pem = private_key_public_pem(other);
    document.pem = other_pem;
    assert_null(key_of_owner(arena, &document, &owner, id, &why));
    assert_string_equal(why, "the key's document and its actor show different keys");
    document.pem = rsa_pem;
    owner.id = owner.keys[0].owner = "https://bridge.example/u/mallory";
    assert_null(key_of_owner(arena, &document, &owner, id, &why));
    document.owner = "https://victim.example/u/alice";
    assert_non_null(key_document_check(arena, &document, id));
    document.owner = NULL;
    assert_non_null(key_document_check(arena, &document, id));
    document.owner = ALICE;
    document.id = ALICE "/another";
    assert_non_null(key_document_check(arena, &document, id));
    free(other_pem);
    private_key_free(other);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listed_key_with_its_owner_on_its_own_server_is_proven),
        cmocka_unit_test(a_key_of_another_id_server_or_owner_is_not),
        cmocka_unit_test(an_actor_id_as_key_id_means_its_only_pem_key),
        cmocka_unit_test(ed25519_counts_as_a_multikey_only),
        cmocka_unit_test(key_documents_are_followed_without_their_fragment),
        cmocka_unit_test(a_key_document_and_its_owner_must_agree),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
