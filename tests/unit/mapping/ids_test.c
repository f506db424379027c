#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mapping/ids.h"

#define AID "abcdefghij234"

/* The expected values were computed apart, with Python's hashlib and base64: they must never change, since
 * other servers know our objects by them. */

static void an_aid_is_the_bits_in_lower_case_base32(void **state)
{
    char aid[AID_LENGTH + 1];
    (void)state;
    aid_from_bits(0, aid);
    assert_string_equal(aid, "aaaaaaaaaaaaa");
    aid_from_bits(UINT64_MAX, aid);
    assert_string_equal(aid, "7777777777776");
    aid_from_bits(0x0123456789abcdefULL, aid);
    assert_string_equal(aid, "aerukz4jvpg66");
    assert_true(aid_is_valid(aid, strlen(aid)));
}

static void ids_of_a_wrong_length_or_alphabet_are_refused(void **state)
{
    (void)state;
    assert_true(aid_is_valid(AID, 13));
    assert_false(aid_is_valid(AID, 12));
    assert_false(aid_is_valid("abcdefghij2345", 14));
    assert_false(aid_is_valid("Abcdefghij234", 13));
    assert_false(aid_is_valid("abcdefghij231", 13));
    assert_false(aid_is_valid("abcdefghij2\0a", 13));
    assert_true(oid_is_valid("abcdefghij234567", 16));
    assert_false(oid_is_valid("abcdefghij23456", 15));
    assert_false(oid_is_valid("abcdefghij23456/", 16));
}

static void an_oid_is_fixed_by_account_native_id_and_generation(void **state)
{
    char oid[OID_LENGTH + 1];
    (void)state;
    oid_make(AID, "1001", 0, oid);
    assert_string_equal(oid, "dpoaqeqosn4um7pt");
    oid_make(AID, "1001", 1, oid);
    assert_string_equal(oid, "yijoy6zgi5k5bt4p");
    oid_make(AID, "1001", 4294967295U, oid);
    assert_string_equal(oid, "sx2uia6e5y4lmrp2");
    oid_make(AID, "at://did:plc:x/app.bsky.feed.post/3k", 0, oid);
    assert_string_equal(oid, "ouzr6zwedqehhwuu");
    assert_true(oid_is_valid(oid, strlen(oid)));
}

static void the_parts_of_an_oid_cannot_run_into_one_another(void **state)
{
    char one[OID_LENGTH + 1];
    char other[OID_LENGTH + 1];
    (void)state;
    oid_make(AID, "12", 3, one);
    oid_make(AID, "1", 23, other);
    assert_string_not_equal(one, other);
}

static void a_remote_key_names_its_kind_and_the_hash_of_the_id(void **state)
{
    char key[KEY_LENGTH + 1];
    char hash[23];
    (void)state;
    id_hash("https://m.example/users/bob", hash);
    assert_string_equal(hash, "gsWxY30Ce-bhvRdbqdrfbQ");
    remote_key_make("ra", "https://m.example/users/bob", NULL, key);
    assert_string_equal(key, "ra_gsWxY30Ce-bhvRdbqdrfbQ");
    remote_key_make("rr", "https://m.example/users/bob", "like abc", key);
    assert_string_equal(key, "rr_b4ykuGbFQ3N5fSdVczlSxh");
    remote_key_make("rr", "https://m.example/users/bob", "", key);
    assert_string_not_equal(key + 3, hash);
}

static void check_name(const char *handle, bool collision, const char *expected)
{
    char name[NAME_LENGTH_MAX + 1];
    name_from_handle(handle, AID, collision, name);
    assert_string_equal(name, expected);
}

static void a_name_is_a_handle_in_the_alphabet_that_all_servers_take(void **state)
{
    (void)state;
    check_name("alice", false, "alice");
    check_name("Alice.Bsky.Social", false, "alice_bsky_social");
    check_name("jean-luc_p", false, "jean__luc_p");
    check_name("@zoë!", false, "zo");
    check_name("\xE5\xA4\xAA\xE9\x83\x8E", false, AID);
    check_name("", false, AID);
}

static void a_name_never_exceeds_thirty_characters(void **state)
{
    (void)state;
    check_name("abcdefghijklmnopqrstuvwxyz0123456789", false, "abcdefghijklmnopqrstuvwxyz0123");
    check_name("abcdefghijklmnopqrstuvwxyz012-3", false, "abcdefghijklmnopqrstuvwxyz012");
}

static void a_name_that_is_taken_gets_five_characters_of_the_aid(void **state)
{
    (void)state;
    check_name("alice", true, "alice_abcde");
    check_name("abcdefghijklmnopqrstuvwxyz0123456789", true, "abcdefghijklmnopqrstuvwx_abcde");
    check_name("\xE5\xA4\xAA", true, AID);
}

static void urls_follow_the_scheme_of_the_design(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    const char *base = "https://b.example";
    (void)state;
    assert_string_equal(url_actor(arena, base, "a"), "https://b.example/u/a");
    assert_string_equal(url_actor_part(arena, base, "a", "inbox"), "https://b.example/u/a/inbox");
    assert_string_equal(url_object(arena, base, "a", "o"), "https://b.example/u/a/p/o");
    assert_string_equal(url_boost(arena, base, "a", "o"), "https://b.example/u/a/b/o");
    assert_string_equal(url_profile(arena, base, "alice"), "https://b.example/@alice");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aid_is_the_bits_in_lower_case_base32),
        cmocka_unit_test(ids_of_a_wrong_length_or_alphabet_are_refused),
        cmocka_unit_test(an_oid_is_fixed_by_account_native_id_and_generation),
        cmocka_unit_test(the_parts_of_an_oid_cannot_run_into_one_another),
        cmocka_unit_test(a_remote_key_names_its_kind_and_the_hash_of_the_id),
        cmocka_unit_test(a_name_is_a_handle_in_the_alphabet_that_all_servers_take),
        cmocka_unit_test(a_name_never_exceeds_thirty_characters),
        cmocka_unit_test(a_name_that_is_taken_gets_five_characters_of_the_aid),
        cmocka_unit_test(urls_follow_the_scheme_of_the_design),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
