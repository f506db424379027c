#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/http/head.h"
#include "gateway/http/trusted_proxy.h"

static void paths_are_decoded_and_resolved(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path;
    } cases[] = {
        {"/", "/"},
        {"/a", "/a"},
        {"/a/", "/a/"},
        {"//a///b//", "/a/b/"},
        {"/./a/./b/.", "/a/b/"},
        {"/a/b/../c", "/a/c"},
        {"/a/b/..", "/a/"},
        {"/..", "/"},
        {"/../../a", "/a"},
        {"/a/%2e%2E/b", "/b"},
        {"/.well-known/x", "/.well-known/x"},
        {"/...", "/..."},
        {"/a..b/..c", "/a..b/..c"},
        {"/%40alice+bob", "/@alice+bob"},
        {"/%c3%bc", "/\xc3\xbc"},
        {"/a?b/../c", "/a"},
        {"/?", "/"},
        {"a", NULL},
        {"", NULL},
        {"?/", NULL},
        {"/%", NULL},
        {"/%4", NULL},
        {"/%4g", NULL},
        {"/%-1", NULL},
        {"/%00", NULL},
        {"/%1f", NULL},
        {"/%7f", NULL},
        {"/a%2fb", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        /* Exactly as much room as promised, so that the sanitizer sees a byte too many. */
        char *path = malloc(strlen(cases[i].target) + 1);
        assert_int_equal(http_path_resolve(cases[i].target, path), cases[i].path != NULL);
        if (cases[i].path)
            assert_string_equal(path, cases[i].path);
        free(path);
    }
}

static void parameters_are_found_and_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *query, *value;
    } cases[] = {
        {"resource=acct%3Aa%40b.example", "acct:a@b.example"},
        {"x=1&resource=a+b", "a+b"},
        {"resource=first&resource=second", "first"},
        {"resource=", ""},
        {"resource", ""},
        {"resource&x", ""},
        {"&&resource=a=b", "a=b"},
        {"resource=a;b", "a;b"},
        {"resources=x&xresource=y", NULL},
        {"", NULL},
        {"resource=%", NULL},
        {"resource=%4", NULL},
        {"resource=%4&x=1", NULL},
        {"resource=a%00b", NULL},
        {"resource=1234567890123456", NULL}, /* 16 do not fit with their NUL */
        {"resource=123456789012345", "123456789012345"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] - 2; i++) {
        char value[64];
        assert_int_equal(http_query_parameter(cases[i].query, "resource", value, sizeof value),
                         cases[i].value != NULL);
        if (cases[i].value)
            assert_string_equal(value, cases[i].value);
    }
    char value[16];
    assert_false(http_query_parameter("resource=1234567890123456", "resource", value, sizeof value));
    assert_true(http_query_parameter("resource=123456789012345", "resource", value, sizeof value));
    assert_false(http_query_parameter("resource=", "resource", value, 0));
}

static void the_end_of_a_head_is_found_wherever_it_is_cut(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody";
    size_t whole = strlen(text) - 4;
    for (size_t cut = 0; cut <= whole; cut++) {
        size_t at = 0;
        enum http_head_end end = http_head_find(text, cut, &at);
        assert_int_equal(end, cut == whole ? HTTP_HEAD_WHOLE : HTTP_HEAD_UNFINISHED);
        assert_int_equal(http_head_find(text, strlen(text), &at),
                         cut == whole ? HTTP_HEAD_UNFINISHED : HTTP_HEAD_WHOLE);
        if (cut < whole)
            assert_int_equal(at, whole);
    }
    size_t at = 0;
    assert_int_equal(http_head_find("\n", 1, &at), HTTP_HEAD_BROKEN);
    at = 0;
    assert_int_equal(http_head_find("GET /\n", 6, &at), HTTP_HEAD_BROKEN);
}

static void many_lines_of_many_names_are_joined(void **state)
{
    (void)state;
    static const char text[] =
        "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: \r\nA: 2\r\nB: 4\r\nC: 5\r\nB:\r\nA: 3\r\n\r\n";
    struct http_head head;
    const char *why = NULL;
    assert_int_equal(http_head_read(&head, text, strlen(text), &why), 0);
    assert_string_equal(http_head_field(&head, "a"), "1, 2, 3");
    assert_string_equal(http_head_field(&head, "b"), ", 4, ");
    assert_string_equal(http_head_field(&head, "c"), "5");
    assert_int_equal(head.field_count, 4);
    assert_null(http_head_field(&head, "A"));
    http_head_clear(&head);
}

static void a_nul_in_a_head_is_refused(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
    struct http_head head;
    const char *why = NULL;
    assert_int_equal(http_head_read(&head, text, sizeof text - 1, &why), 400);
    assert_non_null(why);
    http_head_clear(&head);
}

static void proxies_are_trusted_by_address_and_network(void **state)
{
    (void)state;
    char error[100];
    struct trusted_proxies *proxies =
        trusted_proxies_new("192.0.2.1, 10.0.0.0/9,2001:db8::/33,::1", error, sizeof error);
    assert_non_null(proxies);
    static const struct {
        const char *address;
        bool trusted;
    } cases[] = {
        {"192.0.2.1", true},
        {"192.0.2.2", false},
        {"10.127.255.255", true},
        {"10.128.0.0", false},
        {"::ffff:10.0.0.1", true},
        {"::1", true},
        {"::2", false},
        {"2001:db8:7fff::1", true},
        {"2001:db8:8000::1", false},
        {"not an address", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(trusted_proxies_have(proxies, cases[i].address), cases[i].trusted);
    trusted_proxies_free(proxies);
    proxies = trusted_proxies_new(NULL, error, sizeof error);
    assert_false(trusted_proxies_have(proxies, "127.0.0.1"));
    trusted_proxies_free(proxies);
    static const char *const wrong[] = {"10.0.0.0/33", "10.0.0.0/",   "10.0.0.0/x", "::1/129",
                                        "10.0.0",      "10.0.0.0/-1", "a"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_null(trusted_proxies_new(wrong[i], error, sizeof error));
}

static void the_client_is_the_last_that_is_no_proxy(void **state)
{
    (void)state;
    char error[100];
    struct trusted_proxies *proxies = trusted_proxies_new("10.0.0.0/8 ::1", error, sizeof error);
    static const struct {
        const char *list, *client;
    } cases[] = {
        {"203.0.113.9", "203.0.113.9"},
        {"1.2.3.4, 203.0.113.9, 10.0.0.1", "203.0.113.9"},
        {"10.0.0.1, 10.0.0.2", "10.0.0.1"},
        {"203.0.113.9:1234", "203.0.113.9"},
        {"[2001:db8::1]:1234, ::1", "2001:db8::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"1.2.3.4, unknown", NULL},
        {"unknown, 10.0.0.1", "10.0.0.1"},
        {"", NULL},
        {",,", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char client[46] = "before";
        assert_int_equal(trusted_proxies_client(proxies, cases[i].list, client), cases[i].client != NULL);
        assert_string_equal(client, cases[i].client ? cases[i].client : "before");
    }
    trusted_proxies_free(proxies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_decoded_and_resolved),
        cmocka_unit_test(parameters_are_found_and_decoded),
        cmocka_unit_test(the_end_of_a_head_is_found_wherever_it_is_cut),
        cmocka_unit_test(many_lines_of_many_names_are_joined),
        cmocka_unit_test(a_nul_in_a_head_is_refused),
        cmocka_unit_test(proxies_are_trusted_by_address_and_network),
        cmocka_unit_test(the_client_is_the_last_that_is_no_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
