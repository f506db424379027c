#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/plaza/platform.h"

/* A browser: its cookie, and the token of the last page's forms. */
struct browser {
    char cookie[128], csrf[65];
};

static struct platform platform;

static int start(void **state)
{
    platform_new(&platform);
    return 0;
}

static int stop(void **state)
{
    platform_free(&platform);
    return 0;
}

static void keep_cookie(struct browser *browser, const char *text)
{
    const char *cookie = strcasestr(text, "set-cookie: ");
    if (!cookie)
        return;
    assert_non_null(strstr(cookie, "HttpOnly"));
    assert_non_null(strstr(cookie, "SameSite=Lax"));
    snprintf(browser->cookie, sizeof browser->cookie, "%.*s", (int)strcspn(cookie + 12, ";"), cookie + 12);
}

/* The page; its forms' token is kept. */
static struct answer look(struct browser *browser, const char *path)
{
    char headers[256];
    snprintf(headers, sizeof headers, "Cookie: %s\r\n", browser->cookie);
    struct answer page = ask(&platform, "GET", path, headers, NULL);
    keep_cookie(browser, page.text);
    const char *csrf = strstr(page.body, "name=\"csrf\" value=\"");
    if (csrf)
        snprintf(browser->csrf, sizeof browser->csrf, "%.64s", csrf + 19);
    return page;
}

static int submit(struct browser *browser, const char *path, const char *csrf, const char *fields)
{
    char headers[512];
    char body[1024];
    snprintf(headers, sizeof headers, "Cookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n",
             browser->cookie);
    snprintf(body, sizeof body, "csrf=%s&%s", csrf, fields);
    struct answer answer = ask(&platform, "POST", path, headers, body);
    keep_cookie(browser, answer.text);
    int status = answer.status;
    answer_free(&answer);
    return status;
}

static void sign_in(struct browser *browser, const char *member)
{
    char fields[64];
    *browser = (struct browser){0};
    struct answer page = look(browser, "/");
    assert_int_equal(page.status, 200);
    answer_free(&page);
    snprintf(fields, sizeof fields, "member=%s", member);
    assert_int_equal(submit(browser, "/sign-in", browser->csrf, fields), 303);
    page = look(browser, "/"); /* the token changed with who they are */
    answer_free(&page);
}

static bool shows(struct browser *browser, const char *path, const char *text)
{
    struct answer page = look(browser, path);
    bool found = strstr(page.body, text) != NULL;
    answer_free(&page);
    return found;
}

static void a_form_without_its_token_is_refused(void **state)
{
    struct browser alice;
    struct browser other;
    sign_in(&alice, "alice");
    sign_in(&other, "bob");
    assert_int_equal(submit(&alice, "/posts", "", "text=forged"), 403);
    assert_int_equal(submit(&alice, "/posts", other.csrf, "text=forged"), 403);
    assert_int_equal(submit(&alice, "/posts", alice.csrf, "text=mine"), 303);
    assert_true(shows(&alice, "/", "mine"));
    assert_false(shows(&alice, "/", "forged"));
}

static void a_visitor_can_do_nothing_before_signing_in(void **state)
{
    struct browser visitor = {0};
    struct answer page = look(&visitor, "/");
    answer_free(&page);
    assert_int_equal(submit(&visitor, "/posts", visitor.csrf, "text=hello"), 403);
    assert_int_equal(submit(&visitor, "/settings/federation", visitor.csrf, "on=1"), 403);
}

static void signing_out_ends_the_session(void **state)
{
    struct browser alice;
    sign_in(&alice, "alice");
    struct browser copy = alice;
    assert_int_equal(submit(&alice, "/sign-out", alice.csrf, ""), 303);
    assert_int_equal(submit(&copy, "/posts", copy.csrf, "text=from+a+stolen+cookie"), 403);
}

static void what_people_write_is_escaped(void **state)
{
    struct browser alice;
    sign_in(&alice, "alice");
    assert_int_equal(
        submit(&alice, "/posts", alice.csrf, "text=%3Cscript%3Ealert(1)%3C%2Fscript%3E+%26amp%3B"), 303);
    assert_int_equal(submit(&alice, "/settings/profile", alice.csrf, "name=%3Cb%3E%22A%27&bio=%3Ci%3E"), 303);
    assert_false(shows(&alice, "/", "<script>"));
    assert_true(shows(&alice, "/", "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;"));
    assert_false(shows(&alice, "/@alice", "<i>"));
    assert_true(shows(&alice, "/@alice", "&lt;b&gt;&quot;A&#39;"));
}

static void the_fediverse_is_off_until_its_owner_switches_it_on(void **state)
{
    struct browser carol;
    sign_in(&carol, "carol");
    assert_true(shows(&carol, "/settings", "Fediverse: off"));
    assert_false(shows(&carol, "/@carol", "@carol@fedi.test"));
    assert_int_equal(submit(&carol, "/settings/federation", carol.csrf, "on=1"), 303);
    assert_true(shows(&carol, "/settings", "Fediverse: on"));
    assert_true(shows(&carol, "/@carol", "@carol@fedi.test"));
    json_t *account = gateway(&platform, "GET", "/v1/accounts/u_3", NULL, 200);
    assert_string_equal(text_of(json_object_get(account, "federation"), "state"), "on");
    json_decref(account);
}

static void somebody_of_another_server_is_always_shown_with_it(void **state)
{
    char id[32];
    struct browser alice;
    sign_in(&alice, "alice");
    federate(&platform, "alice", true);
    write_post(&platform, "alice", "question", NULL, id);
    put_person(&platform, "ra_twin", "alice@remote.example"); /* the same name as a member's */
    put_reply(&platform, "rp_twin", "ra_twin", id, "<b>bold</b> answer");
    struct answer page = look(&alice, "/");
    const char *answer = strstr(page.body, "&lt;b&gt;bold&lt;/b&gt; answer");
    assert_non_null(answer);
    assert_non_null(
        strstr(page.body, ">@alice@remote.example</a> <span class=\"badge\">from another server</span>"));
    assert_non_null(strstr(
        page.body,
        "href=\"https://remote.example/@ra_twin\" rel=\"nofollow ugc noopener\">@alice@remote.example"));
    answer_free(&page);
}

static void a_remote_span_cannot_carry_a_script(void **state)
{
    char id[32];
    char body[1024];
    struct browser alice;
    sign_in(&alice, "alice");
    federate(&platform, "alice", true);
    write_post(&platform, "alice", "question", NULL, id);
    put_person(&platform, "ra_evil", "evil@remote.example");
    snprintf(body, sizeof body,
             "{\"rev\":1,\"actor\":{\"key\":\"ra_evil\",\"rev\":1},\"ap_id\":\"https://remote.example/1\","
             "\"url\":\"https://remote.example/1\",\"in_reply_to\":{\"local\":\"%s\"},"
             "\"created\":\"2026-08-22T10:00:00.000Z\",\"text\":\"press "
             "here\",\"visibility\":\"public\",\"spans\":["
             "{\"start\":0,\"end\":5,\"type\":\"link\",\"url\":\"javascript:alert(1)\"},"
             "{\"start\":3,\"end\":99,\"type\":\"link\",\"url\":\"https://a.example\"},"
             "{\"start\":6,\"end\":10,\"type\":\"link\",\"url\":\"https://a.example/\\\" onclick=\\\"x\"}]}",
             id);
    json_decref(gateway(&platform, "PUT", "/v1/remote-posts/rp_evil", body, 201));
    assert_true(shows(&alice, "/", "press here"));
    assert_false(shows(&alice, "/", "javascript:"));
    assert_false(shows(&alice, "/", "onclick"));
}

static bool was_told(const char *type, const char *remote, const char *comment, bool forward)
{
    size_t index;
    json_t *event;
    bool told = false;
    json_t *page = gateway(&platform, "GET", "/v1/events?cursor=0&limit=200", NULL, 200);
    json_array_foreach(json_object_get(page, "events"), index, event)
    {
        const json_t *data = json_object_get(event, "data");
        told |= strcmp(text_of(event, "type"), type) == 0 &&
                strcmp(text_of(json_object_get(event, "subject"), "remote"), remote) == 0 &&
                strcmp(text_of(data, "comment"), comment) == 0 &&
                json_is_true(json_object_get(data, "forward")) == forward;
    }
    json_decref(page);
    return told;
}

static void a_member_of_the_fediverse_reports_what_came_from_there(void **state)
{
    char id[32];
    struct browser alice;
    struct browser bob;
    sign_in(&alice, "alice");
    sign_in(&bob, "bob");
    federate(&platform, "alice", true);
    federate(&platform, "bob", false);
    write_post(&platform, "alice", "question", NULL, id);
    put_person(&platform, "ra_rude", "rude@remote.example");
    put_reply(&platform, "rp_rude", "ra_rude", id, "a rude answer");
    assert_true(shows(&alice, "/", "name=\"key\" value=\"rp_rude\""));
    assert_false(shows(&bob, "/", "name=\"key\" value=\"rp_rude\""));
    assert_int_equal(submit(&alice, "/report", "", "key=rp_rude&comment=rude"), 403);
    assert_int_equal(submit(&bob, "/report", bob.csrf, "key=rp_rude&comment=rude"), 403);
    assert_int_equal(submit(&alice, "/report", alice.csrf, "key=rp_rude&comment="), 422);
    assert_int_equal(submit(&alice, "/report", alice.csrf, "key=rp_none&comment=rude"), 404);
    assert_int_equal(submit(&alice, "/report", alice.csrf, "key=rp_rude&comment=rude"), 200);
    assert_true(was_told("report.created", "rp_rude", "rude", false));
    assert_int_equal(submit(&alice, "/report", alice.csrf, "key=rp_rude&comment=again&forward=1"), 200);
    assert_true(was_told("report.created", "rp_rude", "again", true));
}

static void only_the_author_can_change_a_post(void **state)
{
    char id[32];
    char path[64];
    struct browser alice;
    struct browser bob;
    sign_in(&alice, "alice");
    sign_in(&bob, "bob");
    write_post(&platform, "alice", "alice wrote this", NULL, id);
    snprintf(path, sizeof path, "/posts/%s/edit", id + 2);
    assert_int_equal(submit(&bob, path, bob.csrf, "text=bob+was+here"), 403);
    assert_int_equal(submit(&alice, path, alice.csrf, "text=alice+changed+this&warning=careful"), 303);
    assert_true(shows(&bob, "/", "alice changed this"));
    assert_true(shows(&bob, "/", "<summary>careful</summary>"));
    snprintf(path, sizeof path, "/posts/%s/delete", id + 2);
    assert_int_equal(submit(&bob, path, bob.csrf, ""), 403);
    assert_int_equal(submit(&alice, path, alice.csrf, ""), 303);
    assert_false(shows(&bob, "/", "alice changed this"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_without_its_token_is_refused),
        cmocka_unit_test(a_visitor_can_do_nothing_before_signing_in),
        cmocka_unit_test(signing_out_ends_the_session),
        cmocka_unit_test(what_people_write_is_escaped),
        cmocka_unit_test(the_fediverse_is_off_until_its_owner_switches_it_on),
        cmocka_unit_test(somebody_of_another_server_is_always_shown_with_it),
        cmocka_unit_test(a_remote_span_cannot_carry_a_script),
        cmocka_unit_test(a_member_of_the_fediverse_reports_what_came_from_there),
        cmocka_unit_test(only_the_author_can_change_a_post),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
