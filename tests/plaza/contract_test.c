#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/plaza/platform.h"

static struct platform platform;

/* Every test has alice in the fediverse, bob outside, and a person of another server. */
static int start(void **state)
{
    platform_new(&platform);
    federate(&platform, "alice", true);
    put_person(&platform, "ra_zoe", "zoe@remote.example");
    return 0;
}

static int stop(void **state)
{
    platform_free(&platform);
    return 0;
}

static json_t *get(const char *path, int status)
{
    return gateway(&platform, "GET", path, NULL, status);
}

static void is_gone_for_people(const char *id)
{
    char path[64];
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_decref(tester(&platform, "GET", path, NULL, 410));
}

/* A body for PUT /v1/remote-posts/… by zoe. */
static const char *reply_body(char *out, size_t size, int rev, const char *person, int person_rev,
                              const char *parent, const char *text)
{
    snprintf(
        out, size,
        "{\"rev\":%d,\"actor\":{\"key\":\"%s\",\"rev\":%d},\"ap_id\":\"https://remote.example/1\","
        "\"url\":\"https://remote.example/1\",\"in_reply_to\":%s,\"created\":\"2026-08-22T10:00:00.000Z\","
        "\"text\":\"%s\",\"visibility\":\"public\"}",
        rev, person, person_rev, parent, text);
    return out;
}

static void parent_of(char out[64], const char *id)
{
    snprintf(out, 64, "{\"local\":\"%s\",\"remote\":null}", id);
}

/* ---- reading ---- */

static void discovery_needs_no_token_and_says_where_everything_is(void **state)
{
    char api[64];
    snprintf(api, sizeof api, "http://127.0.0.1:%d/v1", platform.port);
    json_t *found = tester(&platform, "GET", "/.well-known/drawbridge", NULL, 200);
    assert_string_equal(json_string_value(json_array_get(json_object_get(found, "contract"), 0)), "1");
    assert_string_equal(text_of(found, "api"), api);
    assert_string_equal(text_of(found, "actor_domain"), "fedi.test");
    assert_int_equal(number_of(found, "level"), 2);
    assert_int_equal(number_of(json_object_get(json_object_get(found, "limits"), "text"), "max"), 1000);
    json_decref(found);
}

static void refuses_token(const char *header)
{
    struct answer answer = ask(&platform, "GET", "/v1/accounts?federated=1", header, NULL);
    assert_int_equal(answer.status, 401);
    assert_string_equal(text_of(answer.json, "code"), "unauthorized");
    answer_free(&answer);
}

static void without_the_right_token_nothing_is_told(void **state)
{
    refuses_token(NULL);
    refuses_token("Authorization: Bearer dbg_abcdefghijklmnopqrstuvwxyz0123456788\r\n");
    refuses_token("Authorization: Basic dbg_abcdefghijklmnopqrstuvwxyz0123456789\r\n");
}

static void the_token_is_nowhere_in_the_database(void **state)
{
    char command[256];
    snprintf(command, sizeof command, "grep -l 'dbg_abc' %s/plaza.db* >/dev/null", platform.folder);
    assert_int_not_equal(system(command), 0);
}

static void a_member_outside_the_fediverse_does_not_exist(void **state)
{
    char id[32];
    char path[64];
    write_post(&platform, "bob", "only here", NULL, id);
    snprintf(path, sizeof path, "/v1/posts/%s", id);
    gateway_refuses(&platform, "GET", path, NULL, 404, "post_unknown", NULL);
    gateway_refuses(&platform, "GET", "/v1/accounts/u_2", NULL, 404, "account_unknown", NULL);
    gateway_refuses(&platform, "GET", "/v1/accounts/u_2/posts", NULL, 404, "account_unknown", NULL);
    gateway_refuses(&platform, "GET", "/v1/accounts/u_2/post-ids", NULL, 404, "account_unknown", NULL);
    json_t *found = get("/v1/accounts?handle=bob", 200);
    assert_int_equal(json_array_size(json_object_get(found, "items")), 0);
    json_decref(found);
    found = get("/v1/accounts?federated=1", 200);
    assert_int_equal(json_array_size(json_object_get(found, "items")), 1);
    json_decref(found);
}

static void what_was_written_before_the_switch_stays_here(void **state)
{
    char before[32];
    char after[32];
    char path[64];
    write_post(&platform, "carol", "before", NULL, before);
    usleep(2000); /* `since` has milliseconds: the post must be older than it */
    federate(&platform, "carol", true);
    write_post(&platform, "carol", "after", NULL, after);
    json_t *posts = get("/v1/accounts/u_3/posts", 200);
    const json_t *items = json_object_get(posts, "items");
    assert_int_equal(json_array_size(items), 1);
    assert_string_equal(text_of(json_array_get(items, 0), "id"), after);
    json_decref(posts);
    federate(&platform, "carol", false);
    snprintf(path, sizeof path, "/v1/posts/%s", after);
    gateway_refuses(&platform, "GET", path, NULL, 404, "post_unknown", NULL);
    json_t *account = get("/v1/accounts/u_3", 200);
    assert_string_equal(text_of(json_object_get(account, "federation"), "state"), "off");
    json_decref(account);
}

static void deleted_is_410_and_never_there_is_404(void **state)
{
    char id[32];
    char path[64];
    write_post(&platform, "alice", "soon gone", NULL, id);
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_decref(tester(&platform, "DELETE", path, NULL, 204));
    snprintf(path, sizeof path, "/v1/posts/%s", id);
    gateway_refuses(&platform, "GET", path, NULL, 410, "gone", NULL);
    gateway_refuses(&platform, "GET", "/v1/posts/p_99999", NULL, 404, "post_unknown", NULL);
    gateway_refuses(&platform, "GET", "/v1/posts/nonsense", NULL, 404, "post_unknown", NULL);
}

/* Walks all pages of one; the ids in order, separated by spaces. */
static void walk(const char *account, const char *order, char *ids, size_t size)
{
    char next[32] = "";
    ids[0] = '\0';
    do {
        char path[128];
        snprintf(path, sizeof path, "/v1/accounts/%s/posts?limit=2&order=%s&after=%s", account, order, next);
        json_t *page = get(path, 200);
        size_t index;
        json_t *post;
        json_array_foreach(json_object_get(page, "items"), index, post)
            snprintf(ids + strlen(ids), size - strlen(ids), "%s ", text_of(post, "id"));
        const char *cursor = json_string_value(json_object_get(page, "next"));
        snprintf(next, sizeof next, "%s", cursor ? cursor : "");
        json_decref(page);
    } while (next[0]);
}

static void pages_of_posts_walk_through_all_in_both_orders(void **state)
{
    char ids[4][32];
    char expected[256];
    char walked[256];
    json_decref(tester(&platform, "POST", "/test/users", "{\"handle\":\"walker\"}", 201));
    federate(&platform, "walker", true);
    for (int i = 0; i < 4; i++)
        write_post(&platform, "walker", "step", NULL, ids[i]);
    json_t *list = get("/v1/accounts?handle=walker", 200);
    const char *account = text_of(json_array_get(json_object_get(list, "items"), 0), "id");
    snprintf(expected, sizeof expected, "%s %s %s %s ", ids[0], ids[1], ids[2], ids[3]);
    walk(account, "oldest", walked, sizeof walked);
    assert_string_equal(walked, expected);
    snprintf(expected, sizeof expected, "%s %s %s %s ", ids[3], ids[2], ids[1], ids[0]);
    walk(account, "newest", walked, sizeof walked);
    assert_string_equal(walked, expected);
    json_decref(list);
}

static void post_ids_list_id_and_revision(void **state)
{
    char id[32];
    char path[64];
    write_post(&platform, "alice", "one", NULL, id);
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_decref(tester(&platform, "PUT", path, "{\"text\":\"two\"}", 200));
    json_t *list = get("/v1/accounts/u_1/post-ids", 200);
    const json_t *items = json_object_get(list, "items");
    const json_t *last = json_array_get(items, json_array_size(items) - 1);
    assert_string_equal(json_string_value(json_array_get(last, 0)), id);
    assert_int_equal(json_integer_value(json_array_get(last, 1)), 2);
    json_decref(list);
}

static void spans_count_bytes_and_know_the_people(void **state)
{
    char id[32];
    char path[64];
    write_post(&platform, "alice", "🦉 #owl @zoe@remote.example @bob see https://a.example/x.", NULL, id);
    snprintf(path, sizeof path, "/v1/posts/%s", id);
    json_t *post = get(path, 200);
    const json_t *spans = json_object_get(post, "spans");
    assert_int_equal(json_array_size(spans), 3); /* bob keeps out of the fediverse: no mention of him */
    assert_int_equal(number_of(json_array_get(spans, 0), "start"), 5);
    assert_int_equal(number_of(json_array_get(spans, 0), "end"), 9);
    assert_string_equal(text_of(json_array_get(spans, 0), "tag"), "owl");
    assert_string_equal(text_of(json_array_get(spans, 1), "remote"), "ra_zoe");
    assert_string_equal(text_of(json_array_get(spans, 2), "url"), "https://a.example/x");
    json_decref(post);
}

static void an_unchanged_answer_is_304(void **state)
{
    char headers[256];
    char etag[64] = "";
    struct answer answer = ask(&platform, "GET", "/v1/accounts/u_1", platform.authorization, NULL);
    const char *found = strcasestr(answer.text, "etag: ");
    assert_non_null(found);
    assert_int_equal(sscanf(found + 6, "%63s", etag), 1);
    answer_free(&answer);
    snprintf(headers, sizeof headers, "%sIf-None-Match: %s\r\n", platform.authorization, etag);
    answer = ask(&platform, "GET", "/v1/accounts/u_1", headers, NULL);
    assert_int_equal(answer.status, 304);
    answer_free(&answer);
}

static void an_old_handle_finds_the_account_and_nobody_else_gets_it(void **state)
{
    json_decref(tester(&platform, "POST", "/test/users", "{\"handle\":\"before\"}", 201));
    federate(&platform, "before", true);
    json_decref(tester(&platform, "PUT", "/test/users/before/handle", "{\"handle\":\"after\"}", 200));
    json_t *list = get("/v1/accounts?handle=before", 200);
    assert_string_equal(text_of(json_array_get(json_object_get(list, "items"), 0), "handle"), "after");
    json_decref(list);
    json_decref(tester(&platform, "PUT", "/test/users/bob/handle", "{\"handle\":\"before\"}", 409));
}

/* ---- remote posts ---- */

static void the_same_put_twice_changes_nothing(void **state)
{
    char id[32];
    char parent[64];
    char body[1024];
    write_post(&platform, "alice", "question", NULL, id);
    parent_of(parent, id);
    reply_body(body, sizeof body, 5, "ra_zoe", 1, parent, "answer");
    json_t *first = gateway(&platform, "PUT", "/v1/remote-posts/rp_twice", body, 201);
    json_t *second = gateway(&platform, "PUT", "/v1/remote-posts/rp_twice", body, 200);
    assert_true(json_is_true(json_object_get(first, "applied")));
    assert_true(json_is_false(json_object_get(second, "applied")));
    assert_string_equal(text_of(first, "local_id"), text_of(second, "local_id"));
    assert_int_equal(number_of(second, "rev"), 5);
    json_decref(first);
    json_decref(second);
}

static void shown_text_is(const char *id, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_t *post = tester(&platform, "GET", path, NULL, 200);
    assert_string_equal(text_of(post, "text"), text);
    json_decref(post);
}

static void an_older_revision_changes_nothing_and_a_newer_one_does(void **state)
{
    char id[32];
    char parent[64];
    char body[1024];
    write_post(&platform, "alice", "question", NULL, id);
    parent_of(parent, id);
    json_decref(gateway(&platform, "PUT", "/v1/remote-posts/rp_rev",
                        reply_body(body, sizeof body, 5, "ra_zoe", 1, parent, "five"), 201));
    json_t *late = gateway(&platform, "PUT", "/v1/remote-posts/rp_rev",
                           reply_body(body, sizeof body, 4, "ra_zoe", 1, parent, "four"), 200);
    assert_true(json_is_false(json_object_get(late, "applied")));
    json_decref(late);
    shown_text_is("rp_rev", "five");
    json_decref(gateway(&platform, "PUT", "/v1/remote-posts/rp_rev",
                        reply_body(body, sizeof body, 6, "ra_zoe", 1, parent, "six"), 200));
    shown_text_is("rp_rev", "six");
}

static void a_delete_wins_over_a_late_put_also_of_an_unknown_key(void **state)
{
    char id[32];
    char parent[64];
    char body[1024];
    write_post(&platform, "alice", "question", NULL, id);
    parent_of(parent, id);
    put_reply(&platform, "rp_deleted", "ra_zoe", id, "answer");
    for (int i = 0; i < 2; i++)
        json_decref(gateway(&platform, "DELETE", "/v1/remote-posts/rp_deleted", NULL, 204));
    json_decref(gateway(&platform, "DELETE", "/v1/remote-posts/rp_never", NULL, 204));
    is_gone_for_people("rp_deleted");
    reply_body(body, sizeof body, 9, "ra_zoe", 1, parent, "late");
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_deleted", body, 410, "tombstoned", NULL);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_never", body, 410, "tombstoned", NULL);
}

static void the_person_must_be_known_and_fresh(void **state)
{
    char id[32];
    char parent[64];
    char body[1024];
    write_post(&platform, "alice", "question", NULL, id);
    parent_of(parent, id);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_who",
                    reply_body(body, sizeof body, 1, "ra_nobody", 1, parent, "hi"), 424, "actor_unknown",
                    NULL);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_who",
                    reply_body(body, sizeof body, 1, "ra_zoe", 2, parent, "hi"), 409, "actor_stale", NULL);
}

static void the_parent_must_be_there(void **state)
{
    char id[32];
    char outside[32];
    char parent[64];
    char body[1024];
    char path[64];
    write_post(&platform, "alice", "question", NULL, id);
    write_post(&platform, "bob", "not in the fediverse", NULL, outside);
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_decref(tester(&platform, "DELETE", path, NULL, 204));
    parent_of(parent, id);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_lost",
                    reply_body(body, sizeof body, 1, "ra_zoe", 1, parent, "hi"), 410, "parent_gone", NULL);
    parent_of(parent, outside);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_lost",
                    reply_body(body, sizeof body, 1, "ra_zoe", 1, parent, "hi"), 404, "parent_unknown", NULL);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_lost",
                    reply_body(body, sizeof body, 1, "ra_zoe", 1, "{\"remote\":\"rp_unheard\"}", "hi"), 404,
                    "parent_unknown", NULL);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_lost",
                    reply_body(body, sizeof body, 1, "ra_zoe", 1, "null", "hi"), 403, "blocked", "mentions");
}

static void answers_to_answers_stand_in_the_thread_with_their_server(void **state)
{
    char id[32];
    char path[64];
    char body[1024];
    char local[32];
    write_post(&platform, "alice", "question", NULL, id);
    put_reply(&platform, "rp_level1", "ra_zoe", id, "first level");
    json_decref(gateway(&platform, "PUT", "/v1/remote-posts/rp_level2",
                        reply_body(body, sizeof body, 1, "ra_zoe", 1,
                                   "{\"local\":null,\"remote\":\"rp_level1\"}", "second level"),
                        201));
    write_post(&platform, "alice", "thanks", "rp_level2", local);
    snprintf(path, sizeof path, "/v1/posts/%s", local);
    json_t *answer = get(path, 200);
    assert_string_equal(text_of(json_object_get(answer, "reply_to"), "remote"), "rp_level2");
    assert_string_equal(text_of(json_object_get(answer, "root"), "local"), id);
    json_decref(answer);
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_t *thread = tester(&platform, "GET", path, NULL, 200);
    const json_t *replies = json_object_get(thread, "replies");
    assert_int_equal(json_array_size(replies), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(number_of(json_array_get(replies, i), "depth"), i + 1);
    const json_t *author = json_object_get(json_array_get(replies, 0), "author");
    assert_string_equal(text_of(author, "shown"), "@zoe@remote.example");
    json_decref(thread);
}

static void the_owner_may_close_replies_and_block(void **state)
{
    char id[32];
    char parent[64];
    char body[1024];
    write_post(&platform, "alice", "question", NULL, id);
    parent_of(parent, id);
    reply_body(body, sizeof body, 1, "ra_zoe", 1, parent, "hi");
    json_decref(tester(&platform, "PUT", "/test/users/alice/profile", "{\"replies\":false}", 200));
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_closed", body, 403, "replies_closed", NULL);
    json_decref(tester(&platform, "PUT", "/test/users/alice/profile", "{\"replies\":true}", 200));
    json_decref(tester(&platform, "POST", "/test/users/alice/blocks", "{\"key\":\"ra_zoe\"}", 204));
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_closed", body, 403, "blocked", NULL);
    json_decref(
        tester(&platform, "POST", "/test/users/alice/blocks", "{\"key\":\"ra_zoe\",\"on\":false}", 204));
    json_decref(gateway(&platform, "PUT", "/v1/remote-posts/rp_closed", body, 201));
}

static void a_bad_body_is_answered_with_the_field(void **state)
{
    char id[32];
    char parent[64];
    char body[16384];
    char letters[9000];
    write_post(&platform, "alice", "question", NULL, id);
    parent_of(parent, id);
    memset(letters, 'a', sizeof letters);
    letters[1001] = '\0';
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_bad",
                    reply_body(body, sizeof body, 1, "ra_zoe", 1, parent, letters), 422, "too_long", "text");
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_bad",
                    reply_body(body, sizeof body, -1, "ra_zoe", 1, parent, "hi"), 422, "invalid", "rev");
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_bad",
                    reply_body(body, sizeof body, 1, "ra_zoe", 1, parent, "bell\\u0007"), 422, "invalid",
                    "text");
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_bad", "[1]", 400, "bad_json", NULL);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_bad", "{\"rev\":1,\"rev\":2}", 400, "bad_json",
                    NULL);
    gateway_refuses(
        &platform, "PUT", "/v1/remote-actors/ra_bad",
        "{\"rev\":1,\"ap_id\":\"https://a.example/1\",\"acct\":\"alice\",\"url\":\"https://a.example/1\"}",
        422, "invalid", "acct");
    gateway_refuses(
        &platform, "PUT", "/v1/remote-actors/ra_bad",
        "{\"rev\":1,\"ap_id\":\"https://a.example/1\",\"acct\":\"a@b.example\",\"url\":\"javascript:1\"}",
        422, "invalid", "url");
    gateway_refuses(&platform, "POST", "/v1/nothing", "{}", 404, "not_found", NULL);
    gateway_refuses(&platform, "POST", "/v1/posts/p_1", "{}", 405, "method", NULL);
}

/* ---- people and reactions ---- */

static void deleting_a_person_removes_all_that_came_from_them(void **state)
{
    char id[32];
    char path[64];
    char parent[64];
    char body[1024];
    write_post(&platform, "alice", "question", NULL, id);
    parent_of(parent, id);
    put_person(&platform, "ra_leaves", "leaves@remote.example");
    put_reply(&platform, "rp_leaves", "ra_leaves", id, "answer");
    snprintf(body, sizeof body,
             "{\"rev\":1,\"kind\":\"like\",\"actor\":{\"key\":\"ra_leaves\",\"rev\":1},\"target\":%s}",
             parent);
    json_decref(gateway(&platform, "PUT", "/v1/remote-relations/rr_leaves", body, 201));
    for (int i = 0; i < 2; i++)
        json_decref(gateway(&platform, "DELETE", "/v1/remote-actors/ra_leaves", NULL, 204));
    is_gone_for_people("rp_leaves");
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_t *post = tester(&platform, "GET", path, NULL, 200);
    assert_int_equal(json_array_size(json_object_get(post, "replies")), 0);
    assert_int_equal(json_array_size(json_object_get(post, "likes")), 0);
    json_decref(post);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_leaves",
                    reply_body(body, sizeof body, 7, "ra_leaves", 1, parent, "late"), 410, "tombstoned",
                    NULL);
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_more",
                    reply_body(body, sizeof body, 1, "ra_leaves", 1, parent, "late"), 410, "tombstoned",
                    NULL);
}

static void of_two_people_with_one_address_the_newer_keeps_it(void **state)
{
    char id[32];
    char path[64];
    write_post(&platform, "alice", "question", NULL, id);
    put_person(&platform, "ra_older", "same@remote.example");
    put_reply(&platform, "rp_older", "ra_older", id, "from the older");
    json_decref(gateway(
        &platform, "PUT", "/v1/remote-actors/ra_newer",
        "{\"rev\":2,\"ap_id\":\"https://remote.example/users/ra_newer\",\"acct\":\"same@remote.example\","
        "\"url\":\"https://remote.example/@ra_newer\"}",
        201));
    snprintf(path, sizeof path, "/test/posts/%s", "rp_older");
    json_t *post = tester(&platform, "GET", path, NULL, 200);
    assert_string_equal(text_of(json_object_get(post, "author"), "shown"),
                        "https://remote.example/@ra_older");
    json_decref(post);
}

static void counts_are(const char *id, size_t likes, size_t reposts)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/posts/%s", id);
    json_t *post = get(path, 200);
    const json_t *counts = json_object_get(post, "counts");
    assert_int_equal(number_of(counts, "likes"), likes);
    assert_int_equal(number_of(counts, "reposts"), reposts);
    json_decref(post);
}

static void likes_and_boosts_are_counted_taken_back_and_given_again(void **state)
{
    char id[32];
    char body[256];
    write_post(&platform, "alice", "likeable", NULL, id);
    json_decref(tester(&platform, "POST", "/test/users/bob/likes",
                       (snprintf(body, sizeof body, "{\"target\":\"%s\"}", id), body), 204));
    snprintf(body, sizeof body,
             "{\"rev\":1,\"kind\":\"like\",\"actor\":{\"key\":\"ra_zoe\",\"rev\":1},\"target\":{\"local\":\"%"
             "s\"}}",
             id);
    json_decref(gateway(&platform, "PUT", "/v1/remote-relations/rr_like", body, 201));
    json_decref(gateway(&platform, "PUT", "/v1/remote-relations/rr_like", body, 200));
    counts_are(id, 2, 0);
    json_decref(gateway(&platform, "DELETE", "/v1/remote-relations/rr_like", NULL, 204));
    counts_are(id, 1, 0);
    json_decref(gateway(&platform, "PUT", "/v1/remote-relations/rr_like", body, 201));
    snprintf(body, sizeof body,
             "{\"rev\":1,\"kind\":\"repost\",\"actor\":{\"key\":\"ra_zoe\",\"rev\":1},\"target\":{\"local\":"
             "\"%s\"}}",
             id);
    json_decref(gateway(&platform, "PUT", "/v1/remote-relations/rr_boost", body, 201));
    counts_are(id, 2, 1);
    gateway_refuses(&platform, "PUT", "/v1/remote-relations/rr_odd", "{\"rev\":1,\"kind\":\"wave\"}", 422,
                    "unsupported", "kind");
}

/* ---- the wire ---- */

static int status_of_raw(const char *request)
{
    int status = 0;
    int peer = platform_connect(&platform);
    assert_true(peer >= 0);
    assert_int_equal(send(peer, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    char *text = read_all(peer);
    (void)sscanf(text, "HTTP/1.1 %d", &status);
    free(text);
    close(peer);
    return status;
}

static void bodies_without_a_plain_length_are_refused(void **state)
{
    assert_int_equal(
        status_of_raw("POST /v1/ping HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        411);
    assert_int_equal(status_of_raw("POST /v1/ping HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"), 411);
    assert_int_equal(
        status_of_raw(
            "POST /v1/ping HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        411);
}

static void a_body_over_a_mebibyte_is_413(void **state)
{
    size_t length = (1 << 20) + 1;
    char *body = malloc(length + 1);
    if (!body)
        abort();
    memset(body, ' ', length);
    body[length] = '\0';
    gateway_refuses(&platform, "POST", "/v1/ping", body, 413, "too_large", NULL);
    free(body);
}

static void a_ping_comes_back_as_an_event(void **state)
{
    json_t *before = get("/v1/events", 200);
    assert_int_equal(json_array_size(json_object_get(before, "events")), 0);
    char path[64];
    snprintf(path, sizeof path, "/v1/events?cursor=%lld", (long long)number_of(before, "cursor"));
    json_decref(before);
    json_decref(get(path, 204));
    json_decref(gateway(&platform, "POST", "/v1/ping", "{\"nonce\":\"n-17\"}", 200));
    json_t *page = get("/v1/events?cursor=0&limit=200", 200);
    const json_t *events = json_object_get(page, "events");
    const json_t *last = json_array_get(events, json_array_size(events) - 1);
    assert_string_equal(text_of(last, "type"), "ping");
    assert_string_equal(text_of(json_object_get(last, "data"), "nonce"), "n-17");
    json_decref(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery_needs_no_token_and_says_where_everything_is),
        cmocka_unit_test(without_the_right_token_nothing_is_told),
        cmocka_unit_test(a_ping_comes_back_as_an_event),
        cmocka_unit_test(a_member_outside_the_fediverse_does_not_exist),
        cmocka_unit_test(what_was_written_before_the_switch_stays_here),
        cmocka_unit_test(deleted_is_410_and_never_there_is_404),
        cmocka_unit_test(pages_of_posts_walk_through_all_in_both_orders),
        cmocka_unit_test(post_ids_list_id_and_revision),
        cmocka_unit_test(spans_count_bytes_and_know_the_people),
        cmocka_unit_test(an_unchanged_answer_is_304),
        cmocka_unit_test(an_old_handle_finds_the_account_and_nobody_else_gets_it),
        cmocka_unit_test(the_same_put_twice_changes_nothing),
        cmocka_unit_test(an_older_revision_changes_nothing_and_a_newer_one_does),
        cmocka_unit_test(a_delete_wins_over_a_late_put_also_of_an_unknown_key),
        cmocka_unit_test(the_person_must_be_known_and_fresh),
        cmocka_unit_test(the_parent_must_be_there),
        cmocka_unit_test(answers_to_answers_stand_in_the_thread_with_their_server),
        cmocka_unit_test(the_owner_may_close_replies_and_block),
        cmocka_unit_test(a_bad_body_is_answered_with_the_field),
        cmocka_unit_test(deleting_a_person_removes_all_that_came_from_them),
        cmocka_unit_test(of_two_people_with_one_address_the_newer_keeps_it),
        cmocka_unit_test(likes_and_boosts_are_counted_taken_back_and_given_again),
        cmocka_unit_test(bodies_without_a_plain_length_are_refused),
        cmocka_unit_test(a_body_over_a_mebibyte_is_413),
        cmocka_unit_test(the_token_is_nowhere_in_the_database),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
