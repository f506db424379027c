/* Polls, reposts, quotes, pins, reactions and posts that name somebody: what the gateway is told and may
 * tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/plaza/platform.h"

static struct platform platform;

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

static json_t *post_of(const char *id)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/posts/%s", id);
    return get(path, 200);
}

static void make(const char *path, const char *body, char id[32])
{
    json_t *post = tester(&platform, "POST", path, body, 201);
    snprintf(id, 32, "%s", text_of(post, "id"));
    json_decref(post);
}

/* The newest event must be of that type and about that subject; its data, a new reference. */
static json_t *last_event(const char *type, const char *subject)
{
    json_t *page = get("/v1/events?cursor=0&limit=200", 200);
    const json_t *events = json_object_get(page, "events");
    const json_t *last = json_array_get(events, json_array_size(events) - 1);
    assert_string_equal(text_of(last, "type"), type);
    assert_string_equal(text_of(last, "subject"), subject);
    json_t *data = json_incref(json_object_get(last, "data"));
    json_decref(page);
    return data;
}

static int64_t votes_of(const char *id, size_t choice)
{
    json_t *post = post_of(id);
    const json_t *options = json_object_get(json_object_get(post, "poll"), "options");
    int64_t votes = number_of(json_array_get(options, choice), "votes");
    json_decref(post);
    return votes;
}

static void vote(const char *key, const char *id, const char *choice, int status)
{
    char path[64];
    char body[256];
    snprintf(path, sizeof path, "/v1/remote-relations/%s", key);
    snprintf(
        body, sizeof body,
        "{\"rev\":1,\"kind\":\"vote\",\"actor\":{\"key\":\"ra_zoe\",\"rev\":1},\"target\":{\"local\":\"%s\"},"
        "\"choice\":\"%s\"}",
        id, choice);
    json_decref(gateway(&platform, "PUT", path, body, status));
}

static void a_vote_from_elsewhere_counts_once_and_is_no_edit(void **state)
{
    char id[32];
    make("/test/users/alice/posts", "{\"text\":\"Which?\",\"poll\":\"Tea\\nCoffee\"}", id);
    vote("rr_vote", id, "Coffee", 201);
    vote("rr_vote", id, "Coffee", 200);
    vote("rr_late", id, "Milk", 403);
    assert_int_equal(votes_of(id, 0), 0);
    assert_int_equal(votes_of(id, 1), 1);
    json_t *data = last_event("post.updated", id);
    json_t *post = json_object_get(data, "post");
    assert_int_equal(number_of(post, "rev"), 2);
    assert_true(json_is_null(json_object_get(post, "edited")));
    assert_int_equal(number_of(json_object_get(post, "poll"), "voters"), 1);
    json_decref(data);
}

static void a_member_votes_once(void **state)
{
    char id[32];
    char body[128];
    make("/test/users/alice/posts", "{\"text\":\"Which?\",\"poll\":\"Tea\\nCoffee\"}", id);
    snprintf(body, sizeof body, "{\"post\":\"%s\",\"choice\":\"Tea\"}", id);
    json_decref(tester(&platform, "POST", "/test/users/bob/votes", body, 204));
    snprintf(body, sizeof body, "{\"post\":\"%s\",\"choice\":\"Coffee\"}", id);
    json_decref(tester(&platform, "POST", "/test/users/bob/votes", body, 204));
    assert_int_equal(votes_of(id, 0), 1);
    assert_int_equal(votes_of(id, 1), 0);
}

static void a_poll_needs_two_different_options(void **state)
{
    json_decref(
        tester(&platform, "POST", "/test/users/alice/posts", "{\"text\":\"?\",\"poll\":\"One\"}", 422));
    json_decref(
        tester(&platform, "POST", "/test/users/alice/posts", "{\"text\":\"?\",\"poll\":\"One\\nOne\"}", 422));
}

static void a_repost_is_told_once_and_taken_back(void **state)
{
    char id[32];
    char repost[32];
    char again[32];
    char body[64];
    char path[64];
    write_post(&platform, "alice", "worth it", NULL, id);
    snprintf(body, sizeof body, "{\"target\":\"%s\"}", id);
    make("/test/users/alice/reposts", body, repost);
    make("/test/users/alice/reposts", body, again);
    assert_string_equal(repost, again);
    json_t *data = last_event("repost.created", repost);
    assert_string_equal(text_of(json_object_get(json_object_get(data, "post"), "repost_of"), "local"), id);
    json_decref(data);
    snprintf(path, sizeof path, "/test/posts/%s", repost);
    json_decref(tester(&platform, "DELETE", path, NULL, 204));
    json_decref(last_event("repost.deleted", repost));
}

static void a_quote_names_what_it_quotes_by_id_or_address(void **state)
{
    char id[32];
    char quote[32];
    char body[128];
    write_post(&platform, "alice", "quotable", NULL, id);
    snprintf(body, sizeof body, "{\"text\":\"Look\",\"quote_of\":\"%s\"}", id);
    make("/test/users/alice/posts", body, quote);
    json_t *post = post_of(quote);
    assert_string_equal(text_of(json_object_get(post, "quote_of"), "local"), id);
    assert_true(json_is_true(json_object_get(post, "quotable")));
    json_decref(post);
    make("/test/users/alice/posts", "{\"text\":\"Look\",\"quote_of\":\"https://far.example/1\"}", quote);
    post = post_of(quote);
    assert_string_equal(text_of(json_object_get(post, "quote_of"), "url"), "https://far.example/1");
    json_decref(post);
    json_decref(tester(&platform, "POST", "/test/users/alice/posts",
                       "{\"text\":\"Look\",\"quote_of\":\"p_99999\"}", 404));
}

static void pins_are_told_with_the_account_newest_first(void **state)
{
    char id[32];
    char body[64];
    write_post(&platform, "alice", "pin me", NULL, id);
    snprintf(body, sizeof body, "{\"post\":\"%s\"}", id);
    json_decref(tester(&platform, "POST", "/test/users/alice/pins", body, 204));
    json_t *account = get("/v1/accounts/u_1", 200);
    assert_string_equal(json_string_value(json_array_get(json_object_get(account, "pinned"), 0)), id);
    json_decref(account);
    snprintf(body, sizeof body, "{\"post\":\"%s\",\"on\":false}", id);
    json_decref(tester(&platform, "POST", "/test/users/alice/pins", body, 204));
    account = get("/v1/accounts/u_1", 200);
    assert_int_equal(json_array_size(json_object_get(account, "pinned")), 0);
    json_decref(account);
}

static void reactions_stand_beside_likes_and_can_be_taken_back(void **state)
{
    char id[32];
    char body[256];
    char path[64];
    write_post(&platform, "alice", "react", NULL, id);
    snprintf(body, sizeof body,
             "{\"rev\":1,\"kind\":\"emoji\",\"actor\":{\"key\":\"ra_zoe\",\"rev\":1},\"target\":{\"local\":"
             "\"%s\"},"
             "\"emoji\":\"🦉\"}",
             id);
    json_decref(gateway(&platform, "PUT", "/v1/remote-relations/rr_owl", body, 201));
    snprintf(path, sizeof path, "/test/posts/%s", id);
    json_t *post = tester(&platform, "GET", path, NULL, 200);
    assert_string_equal(text_of(json_array_get(json_object_get(post, "reactions"), 0), "emoji"), "🦉");
    assert_int_equal(json_array_size(json_object_get(post, "likes")), 0);
    json_decref(post);
    json_decref(gateway(&platform, "DELETE", "/v1/remote-relations/rr_owl", NULL, 204));
    post = tester(&platform, "GET", path, NULL, 200);
    assert_int_equal(json_array_size(json_object_get(post, "reactions")), 0);
    json_decref(post);
}

static void who_names_a_member_is_shown_to_that_member_only(void **state)
{
    static const char body[] =
        "{\"rev\":1,\"actor\":{\"key\":\"ra_zoe\",\"rev\":1},\"ap_id\":\"https://remote.example/9\","
        "\"url\":\"https://remote.example/9\",\"in_reply_to\":null,\"created\":\"2026-08-22T10:00:00.000Z\","
        "\"text\":\"Hey\",\"visibility\":\"public\",\"mentions\":[\"%s\"]}";
    char text[512];
    snprintf(text, sizeof text, body, "u_2");
    gateway_refuses(&platform, "PUT", "/v1/remote-posts/rp_hey", text, 403, "blocked", NULL); /* bob is off */
    snprintf(text, sizeof text, body, "u_1");
    json_decref(gateway(&platform, "PUT", "/v1/remote-posts/rp_hey", text, 201));
    json_t *page = tester(&platform, "GET", "/test/users/alice/mentions", NULL, 200);
    const json_t *first = json_array_get(json_object_get(page, "items"), 0);
    assert_string_equal(text_of(first, "text"), "Hey");
    assert_string_equal(text_of(json_object_get(first, "author"), "shown"), "@zoe@remote.example");
    json_decref(page);
    json_decref(gateway(&platform, "DELETE", "/v1/remote-posts/rp_hey", NULL, 204));
    page = tester(&platform, "GET", "/test/users/alice/mentions", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(page, "items")), 0);
    json_decref(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vote_from_elsewhere_counts_once_and_is_no_edit),
        cmocka_unit_test(a_member_votes_once),
        cmocka_unit_test(a_poll_needs_two_different_options),
        cmocka_unit_test(a_repost_is_told_once_and_taken_back),
        cmocka_unit_test(a_quote_names_what_it_quotes_by_id_or_address),
        cmocka_unit_test(pins_are_told_with_the_account_newest_first),
        cmocka_unit_test(reactions_stand_beside_likes_and_can_be_taken_back),
        cmocka_unit_test(who_names_a_member_is_shown_to_that_member_only),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
