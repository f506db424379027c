/* Receipts, views and what is read of strangers' NodeInfo: without any network or store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ledger/copies.h"
#include "gateway/ledger/ledger_view.h"
#include "gateway/ledger/notices.h"
#include "gateway/ledger/receipt.h"
#include "gateway/ledger/software.h"
#include "gateway/sig/base58.h"
#include "gateway/sig/proof.h"

#define ACTOR "https://social.example/actor"

static json_t *read_json(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

static json_t *ledger_document(void)
{
    return read_json(
        "{\"kind\":\"post\",\"id\":\"https://social.example/u/aaaaaaaaaaaaa/p/bbbbbbbbbbbbbbbb\","
        "\"actor\":\"https://social.example/u/aaaaaaaaaaaaa\",\"handle\":\"@alice@social.example\","
        "\"state\":\"deleted\",\"published\":1700000000000,\"deleted\":1700000100000,\"as_of\":1700000200000,"
        "\"asked_until\":1715552100000,"
        "\"counts\":{\"accepted\":1,\"queued\":1,\"exposed\":1},\"hosts\":["
        "{\"host\":\"m.example\",\"software\":\"mastodon\",\"version\":\"4.5, the "
        "\\\"new\\\"\",\"why\":[\"boosted\","
        "\"replied\"],\"state\":\"accepted\",\"delete\":\"accepted\",\"code\":202,\"time\":1700000150000,"
        "\"queued\":1700000100000,\"accepted\":1700000150000,\"says\":\"It said yes.\"},"
        "{\"host\":\"n.example\",\"why\":[\"delivered\"],\"state\":\"queued\",\"delete\":\"queued\","
        "\"queued\":1700000100000,\"failures\":2,\"says\":\"It waits.\"},"
        "{\"host\":\"<o>.example\",\"software\":\"mastodon\",\"why\":[\"fetched\"],\"state\":\"exposed\","
        "\"says\":\"Nothing <b>known</b>.\"}]}");
}

static json_t *signed_receipt(struct private_key *key)
{
    const char *why = NULL;
    json_t *ledger = ledger_document();
    json_t *receipt = receipt_of(ledger, "https://social.example", &why);
    assert_non_null(receipt);
    json_t *proof = proof_make(receipt, key, ACTOR "#ed25519-key", 1700000200999);
    assert_non_null(proof);
    (void)json_object_set_new(receipt, "proof", proof);
    json_decref(ledger);
    return receipt;
}

static struct public_key *public_half(const struct private_key *key)
{
    char text[MULTIBASE_TEXT_MAX];
    const char *why = NULL;
    assert_true(private_key_public_multibase(key, text, sizeof text));
    struct public_key *out = public_key_from_multibase(text, &why);
    assert_non_null(out);
    return out;
}

/* Parsed, canonical and of that key: what receipt_check asks of a text. */
static bool holds(const char *text, size_t length, const struct public_key *key)
{
    struct arena *arena = arena_new(1 << 20);
    struct buffer canonical;
    struct proof proof;
    json_t *receipt = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    buffer_init(&canonical, RECEIPT_MAX);
    bool good = receipt && receipt_text(receipt, &canonical) && canonical.length == length &&
                memcmp(buffer_text(&canonical), text, length) == 0 && !proof_read(receipt, arena, &proof) &&
                strcmp(proof.verification_method, ACTOR "#ed25519-key") == 0 && proof_check(&proof, key);
    buffer_clear(&canonical);
    json_decref(receipt);
    arena_free(arena);
    return good;
}

static void a_receipt_holds_until_any_byte_is_changed(void **state)
{
    struct private_key *key = private_key_generate_ed25519();
    struct public_key *public_key = public_half(key);
    json_t *receipt = signed_receipt(key);
    struct buffer text;
    buffer_init(&text, RECEIPT_MAX);
    assert_true(receipt_text(receipt, &text));
    assert_true(holds(buffer_text(&text), text.length, public_key));
    for (size_t i = 0; i < text.length; i++) {
        static const char masks[] = {0x01, 0x20, (char)0x80};
        for (size_t k = 0; k < sizeof masks; k++) {
            text.bytes[i] ^= masks[k];
            if (holds(buffer_text(&text), text.length, public_key))
                fail_msg("byte %zu may be changed: %.40s", i, text.bytes + (i > 20 ? i - 20 : 0));
            text.bytes[i] ^= masks[k];
        }
    }
    assert_false(holds(buffer_text(&text), text.length - 1, public_key));
    buffer_clear(&text);
    json_decref(receipt);
    public_key_unref(public_key);
    private_key_free(key);
}

static const json_t *body_of(const json_t *receipt)
{
    return json_object_get(receipt, "receipt");
}

static void a_receipt_says_what_was_asked_and_answered(void **state)
{
    struct private_key *key = private_key_generate_ed25519();
    json_t *receipt = signed_receipt(key);
    const json_t *body = body_of(receipt);
    const json_t *first = json_array_get(json_object_get(body, "hosts"), 0);
    assert_string_equal(json_string_value(json_object_get(receipt, "attributedTo")), ACTOR);
    assert_string_equal(json_string_value(json_object_get(body, "asked_until")), "2024-05-12T22:15:00Z");
    assert_string_equal(json_string_value(json_object_get(first, "accepted")), "2023-11-14T22:15:50Z");
    assert_int_equal(json_integer_value(json_object_get(first, "code")), 202);
    assert_int_equal(json_object_size(json_object_get(body, "software")), 1);
    assert_true(json_array_size(json_object_get(body, "cannot_be_known")) >= 3);
    assert_string_equal(
        json_string_value(json_object_get(body, "says")),
        "3 servers are known that may hold a copy: 1 answered that it took the request to delete, 1 "
        "has not answered yet, 1 was not asked.");
    json_decref(receipt);
    private_key_free(key);
}

static void what_is_not_deleted_has_no_receipt(void **state)
{
    const char *why = NULL;
    json_t *ledger = ledger_document();
    (void)json_object_set_new(ledger, "state", json_string("live"));
    assert_null(receipt_of(ledger, "https://social.example", &why));
    assert_non_null(strstr(why, "not deleted"));
    (void)json_object_set_new(ledger, "kind", json_string("account"));
    (void)json_object_set_new(ledger, "state", json_string("on"));
    assert_null(receipt_of(ledger, "https://social.example", &why));
    (void)json_object_set_new(ledger, "state", json_string("gone"));
    json_t *receipt = receipt_of(ledger, "https://social.example", &why);
    assert_non_null(receipt);
    json_decref(receipt);
    (void)json_object_set_new(ledger, "kind", json_string("host"));
    assert_null(receipt_of(ledger, "https://social.example", &why));
    json_decref(ledger);
}

static void the_page_escapes_what_strangers_wrote(void **state)
{
    struct private_key *key = private_key_generate_ed25519();
    json_t *receipt = signed_receipt(key);
    struct buffer page;
    buffer_init(&page, 1 << 20);
    receipt_page(receipt, &page);
    assert_non_null(strstr(buffer_text(&page), "&lt;o&gt;.example"));
    assert_non_null(strstr(buffer_text(&page), "Nothing &lt;b&gt;known&lt;/b&gt;."));
    assert_null(strstr(buffer_text(&page), "<b>"));
    assert_null(strstr(buffer_text(&page), "<script"));
    buffer_clear(&page);
    json_decref(receipt);
    private_key_free(key);
}

/* ---- views
 * ------------------------------------------------------------------------------------------------ */

static size_t left_by(struct ledger_filter filter)
{
    json_t *ledger = ledger_document();
    ledger_filter_apply(ledger, &filter);
    size_t count = json_array_size(json_object_get(ledger, "hosts"));
    json_decref(ledger);
    return count;
}

static void filters_let_through_what_they_name(void **state)
{
    assert_int_equal(left_by((struct ledger_filter){.state = NULL}), 3);
    assert_int_equal(left_by((struct ledger_filter){.state = "queued"}), 1);
    assert_int_equal(left_by((struct ledger_filter){.software = "Mastodon"}), 2);
    assert_int_equal(left_by((struct ledger_filter){.software = "unknown"}), 1);
    assert_int_equal(left_by((struct ledger_filter){.why = "replied"}), 1);
    assert_int_equal(left_by((struct ledger_filter){.host = "M.example", .state = "accepted"}), 1);
    assert_int_equal(left_by((struct ledger_filter){.host = "m.example", .state = "queued"}), 0);
}

static void a_summary_counts_by_software(void **state)
{
    json_t *ledger = ledger_document();
    json_t *summary = ledger_by_software(ledger);
    json_t *expected =
        read_json("[{\"software\":\"mastodon\",\"hosts\":2,\"counts\":{\"accepted\":1,\"exposed\":1}},"
                  "{\"software\":\"unknown\",\"hosts\":1,\"counts\":{\"queued\":1}}]");
    assert_true(json_equal(summary, expected));
    json_decref(expected);
    json_decref(summary);
    json_decref(ledger);
}

static void a_summary_is_csv_too(void **state)
{
    json_t *ledger = ledger_document();
    json_t *summary = ledger_by_software(ledger);
    struct buffer csv;
    buffer_init(&csv, 65536);
    ledger_summary_csv(summary, &csv);
    assert_string_equal(
        buffer_text(&csv),
        "software,hosts,exposed,queued,unreachable,accepted,refused,observed,no inbox known\r\n"
        "mastodon,2,1,0,0,1,0,0,0\r\nunknown,1,0,1,0,0,0,0,0\r\n");
    buffer_clear(&csv);
    json_decref(summary);
    json_decref(ledger);
}

static void csv_quotes_what_must_be_quoted(void **state)
{
    json_t *ledger = ledger_document();
    struct buffer csv;
    buffer_init(&csv, 65536);
    ledger_csv(ledger, &csv);
    assert_non_null(strstr(buffer_text(&csv),
                           "\r\nm.example,mastodon,\"4.5, the \"\"new\"\"\",boosted replied,accepted,202,"
                           "2023-11-14T22:15:50Z,2023-11-14T22:15:00Z,2023-11-14T22:15:50Z,,,,,,,,,,\r\n"));
    buffer_clear(&csv);
    json_decref(ledger);
}

static void a_notice_gathers_those_that_have_not_answered(void **state)
{
    json_t *notice = read_json("{\"of\":[],\"hosts\":{}}");
    json_t *ledger = ledger_document();
    assert_true(notice_add(notice, ledger));
    assert_true(notice_add(notice, ledger));
    const json_t *hosts = json_object_get(notice, "hosts");
    assert_int_equal(json_array_size(json_object_get(notice, "of")), 2);
    assert_int_equal(json_object_size(hosts), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(hosts, "n.example"), "deletes")), 2);
    (void)json_array_remove(json_object_get(ledger, "hosts"), 1);
    assert_false(notice_add(notice, ledger));
    json_decref(ledger);
    json_decref(notice);
}

/* ---- strangers
 * -------------------------------------------------------------------------------------------- */

static void a_look_concludes_no_more_than_it_saw(void **state)
{
    static const char *const post = "https://social.example/u/a/p/b";
    assert_int_equal(copy_judge(404, NULL, post), COPY_GONE);
    assert_int_equal(copy_judge(410, "{}", post), COPY_GONE);
    assert_int_equal(copy_judge(200, "{\"object\":\"https://social.example/u/a/p/b\"}", post),
                     COPY_STILL_THERE);
    assert_int_equal(copy_judge(200, "<p>Please log in</p>", post), COPY_CANNOT_TELL);
    assert_int_equal(copy_judge(200, NULL, post), COPY_CANNOT_TELL);
    for (int status = 0; status < 600; status += status ? 1 : 301)
        if (status != 404 && status != 410 && status != 200)
            assert_int_equal(copy_judge(status, post, post), COPY_CANNOT_TELL);
}

static void nodeinfo_is_read_with_care(void **state)
{
    struct software software = {.name = ""};
    json_t *links = read_json(
        "{\"links\":[{\"rel\":\"http://nodeinfo.diaspora.software/ns/schema/2.1\",\"href\":\"https://"
        "evil.example/n\"},"
        "{\"rel\":\"http://nodeinfo.diaspora.software/ns/schema/2.0\",\"href\":\"https://m.example/n/2.0\"},"
        "{\"rel\":\"https://www.w3.org/ns/activitystreams#Application\",\"href\":\"https://m.example/"
        "actor\"},7,{}]}");
    assert_string_equal(nodeinfo_document_url(links, "https://m.example", &software),
                        "https://m.example/n/2.0");
    assert_string_equal(software.contact, "https://m.example/actor");
    json_decref(links);
    json_t *document = read_json("{\"software\":{\"name\":\"Mastodon\",\"version\":\"4.5\\u0007x\"},"
                                 "\"metadata\":{\"maintainer\":{\"email\":\"admin@m.example\"}}}");
    assert_true(nodeinfo_read(document, &software));
    assert_string_equal(software.name, "mastodon");
    assert_string_equal(software.version, "4.5");
    assert_string_equal(software.contact, "admin@m.example");
    json_decref(document);
    document = read_json("{\"software\":[],\"metadata\":\"x\"}");
    assert_false(nodeinfo_read(document, &software));
    json_decref(document);
    assert_null(nodeinfo_document_url(NULL, "https://m.example", &software));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_holds_until_any_byte_is_changed),
        cmocka_unit_test(a_receipt_says_what_was_asked_and_answered),
        cmocka_unit_test(what_is_not_deleted_has_no_receipt),
        cmocka_unit_test(the_page_escapes_what_strangers_wrote),
        cmocka_unit_test(filters_let_through_what_they_name),
        cmocka_unit_test(a_summary_counts_by_software),
        cmocka_unit_test(a_summary_is_csv_too),
        cmocka_unit_test(csv_quotes_what_must_be_quoted),
        cmocka_unit_test(a_notice_gathers_those_that_have_not_answered),
        cmocka_unit_test(a_look_concludes_no_more_than_it_saw),
        cmocka_unit_test(nodeinfo_is_read_with_care),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
