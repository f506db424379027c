#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway/client/address_guard.h"

static struct address_guard *production(void)
{
    char error[256];
    struct address_guard *guard = address_guard_new(false, NULL, error, sizeof error);
    assert_non_null(guard);
    return guard;
}

static bool permits_url(const struct address_guard *guard, const char *url)
{
    struct guarded_url parts;
    const char *why = NULL;
    bool permitted = address_guard_url(guard, url, false, &parts, &why);
    assert_true(permitted == (why == NULL));
    return permitted;
}

static bool permits_address(const struct address_guard *guard, const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return address_guard_address(guard, (const void *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return address_guard_address(guard, (const void *)&six);
}

static void public_urls_pass(void **state)
{
    static const char *const urls[] = {
        "https://mastodon.example/users/bob", "https://mastodon.example:443/inbox",
        "https://xn--mnchen-3ya.example/",    "https://münchen.example/@anna",
        "https://m.example/?c=148",           "HTTPS://M.EXAMPLE/Path",
        "https://sub_domain.example/x",
    };
    struct address_guard *guard = production();
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        if (!permits_url(guard, urls[i]))
            fail_msg("refused: %s", urls[i]);
    address_guard_free(guard);
}

static void urls_that_lead_elsewhere_are_refused(void **state)
{
    static const char *const urls[] = {
        "",
        "/",
        "//m.example/",
        "m.example",
        "http://m.example/",
        "http://m.example:443/",
        "ftp://m.example/",
        "file:///etc/passwd",
        "gopher://m.example:70/_x",
        "dict://m.example/",
        "ldap://m.example/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "ap://m.example/x",
        "unix:///run/redis.sock",
        "https://",
        "https:///path",
        "https:///m.example",
        "https:m.example",
        "https:/m.example",
        "https://?m.example/",
        "https://1.2.3.4x/",
        "https://m.example.7seas/",
        "https://user@m.example/",
        "https://user:secret@m.example/",
        "https://@m.example/",
        "https://m.example@127.0.0.1/",
        "https://127.0.0.1@m.example/",
        "https://m.example:8443/",
        "https://m.example:80/",
        "https://m.example:22/",
        "https://m.example:0/",
        "https://m.example:65536/",
        "https://m.example:-1/",
        "https://m.example:443x/",
        "https://m.example./",
        "https://localhost/",
        "https://localhost./",
        "https://LOCALHOST/",
        "https://foo.localhost/",
        "https://intranet/",
        "https://router.local/",
        "https://x.internal/",
        "https://x.lan/",
        "https://x.home/",
        "https://x.corp/",
        "https://abcdefghij.onion/",
        "https://x.i2p/",
        "https://x.test/",
        "https://x.invalid/",
        "https://1.0.0.127.in-addr.arpa/",
        "https://x.alt/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://0/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://10.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://192.0.2.1/",
        "https://8.8.8.8/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[2001:db8::1]/",
        "https://[3fff::1]/",
        "https://[fc00::1]/",
        "https://[fd12:3456::1]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[ff02::1]/",
        "https://[2606:4700::1111]/",
        "https://[::1/",
        "https://::1/",
        "https://1.2.3.4.5/",
        "https://m.example.123/",
        "https://m.0x10/",
        "https://m.example\\@evil.example/",
        "https://m.example\t/",
        "https://m.example /",
        "https://m.example\r\nHost: evil/",
        " https://m.example/",
        "https://m%2eexample/",
        "https://m.example%00.evil/",
        "https://①②⑦.⓪.⓪.①/",
        "https://１２７.０.０.１/",
        "https://127。0。0。1/",
        "https://ⓛocalhost/",
        "https://..example/",
        "https://.example/",
    };
    struct address_guard *guard = production();
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        if (permits_url(guard, urls[i]))
            fail_msg("permitted: %s", urls[i]);
    char longest[4096];
    (void)snprintf(longest, sizeof longest, "https://m.example/%03000d", 0);
    assert_false(permits_url(guard, longest));
    char host[400];
    (void)snprintf(host, sizeof host, "https://%0300d.example/", 0);
    assert_false(permits_url(guard, host));
    address_guard_free(guard);
}

static void private_and_reserved_addresses_are_refused(void **state)
{
    static const char *const refused[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.170",
        "192.0.2.7",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378::",
        "2001:2::1",
        "2001:db8::1",
        "2001:db8:ffff::",
        "2002::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "3fff::1",
        "3fff:fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00::1",
        "fdff:ffff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff00::1",
        "ff02::1",
        "ffff::1",
    };
    static const char *const permitted[] = {
        "1.1.1.1",         "8.8.8.8",         "9.255.255.255",
        "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.1",       "172.15.255.255",
        "172.32.0.0",      "192.167.255.255", "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",      "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1",    "2001:4860:4860::8888",
        "2003::1",
    };
    struct address_guard *guard = production();
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (permits_address(guard, refused[i]))
            fail_msg("permitted: %s", refused[i]);
    for (size_t i = 0; i < sizeof permitted / sizeof permitted[0]; i++)
        if (!permits_address(guard, permitted[i]))
            fail_msg("refused: %s", permitted[i]);
    address_guard_free(guard);
}

static void what_the_operator_lists_is_permitted_and_nothing_else(void **state)
{
    char error[256];
    (void)state;
    struct address_guard *guard =
        address_guard_new(false, "127.0.0.3, 10.1.0.0/16,fd00::/8", error, sizeof error);
    assert_non_null(guard);
    assert_true(permits_address(guard, "127.0.0.3"));
    assert_false(permits_address(guard, "127.0.0.4"));
    assert_true(permits_address(guard, "10.1.255.1"));
    assert_false(permits_address(guard, "10.2.0.1"));
    assert_true(permits_address(guard, "fd12::1"));
    assert_false(permits_address(guard, "::1"));
    assert_true(permits_url(guard, "https://127.0.0.3/inbox"));
    assert_false(permits_url(guard, "https://127.0.0.4/inbox"));
    assert_false(permits_url(guard, "http://127.0.0.3/inbox"));
    address_guard_free(guard);
}

static void the_lab_permits_http_and_loopback_only(void **state)
{
    char error[256];
    (void)state;
    struct address_guard *guard = address_guard_new(true, NULL, error, sizeof error);
    assert_non_null(guard);
    assert_true(permits_url(guard, "http://127.0.0.1:8080/u/x"));
    assert_true(permits_url(guard, "http://localhost:8080/"));
    assert_true(permits_url(guard, "http://[::1]:8080/"));
    assert_false(permits_url(guard, "http://10.0.0.1/"));
    assert_false(permits_url(guard, "http://169.254.169.254/"));
    assert_false(permits_address(guard, "192.168.0.1"));
    address_guard_free(guard);
}

static void a_wrong_list_is_refused_with_its_word(void **state)
{
    static const char *const lists[] = {"10.0.0.0/33", "10.0.0/8",  "host.example",
                                        "::/129",      "10.0.0.1/", "1.2.3.4/x"};
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        char error[256] = "";
        assert_null(address_guard_new(false, lists[i], error, sizeof error));
        assert_non_null(strstr(error, lists[i]));
    }
}

static void a_url_is_taken_apart_as_it_is_connected(void **state)
{
    struct guarded_url parts;
    const char *why = NULL;
    struct address_guard *guard = production();
    (void)state;
    assert_true(address_guard_url(guard, "https://MÜNCHEN.example/x", false, &parts, &why));
    assert_string_equal(parts.host, "xn--mnchen-3ya.example");
    assert_int_equal(parts.port, 443);
    assert_true(parts.https);
    assert_false(parts.literal);
    assert_true(address_guard_url(guard, "http://[::1]:6379/x", true, &parts, &why));
    assert_string_equal(parts.host, "::1");
    assert_int_equal(parts.port, 6379);
    assert_true(parts.literal);
    assert_true(address_guard_url(guard, "https://[2A00:1450::ABCD]/", true, &parts, &why));
    assert_string_equal(parts.host, "2a00:1450::abcd");
    assert_false(address_guard_url(guard, "https://m.example:0/", true, &parts, &why));
    address_guard_free(guard);
}

/* A scheme in capitals is read by curl's parser, one in small letters before it wherever that is possible. */
static void compare_readings(const struct address_guard *guard, const char *scheme, const char *rest)
{
    char small[128];
    char large[128];
    struct guarded_url parts;
    struct guarded_url by_curl;
    const char *why = NULL;
    const char *why_by_curl = NULL;
    (void)snprintf(small, sizeof small, "%s://%s", scheme, rest);
    (void)snprintf(large, sizeof large, "%s://%s", scheme, rest);
    for (size_t i = 0; large[i] != ':'; i++)
        large[i] = (char)(large[i] - 32);
    for (int trusted = 0; trusted < 2; trusted++) {
        bool permitted = address_guard_url(guard, small, trusted, &parts, &why);
        if (permitted != address_guard_url(guard, large, trusted, &by_curl, &why_by_curl))
            fail_msg("%s: %s / %s", small, why ? why : "permitted", why_by_curl ? why_by_curl : "permitted");
        if (permitted && (strcmp(parts.host, by_curl.host) != 0 || parts.port != by_curl.port ||
                          parts.https != by_curl.https || parts.literal != by_curl.literal ||
                          memcmp(&parts.address, &by_curl.address, sizeof parts.address) != 0))
            fail_msg("%s: %s:%u / %s:%u", small, parts.host, parts.port, by_curl.host, by_curl.port);
    }
}

static void what_is_read_before_curl_is_read_as_by_curl(void **state)
{
    static const char *const rests[] = {
        "m.example",
        "m.example/a?b#c",
        "m.example:443/",
        "m.example:80/",
        "m.example:00443",
        "m.example:65535/",
        "m.example:65536/",
        "m.example:99999/",
        "m.example:0/",
        "m.example:/",
        "m.example?x",
        "m.example#x",
        "a--b.example/",
        "xn--mnchen-3ya.de",
        "-a.example/",
        "a-.example/",
        "m.example./",
        "m..example/",
        "localhost/",
        "127.0.0.1:80/",
        "127.0.0.01/",
        "127.1/",
        "0x7f.1/",
        "1.2.3.4.5/",
        "1.2.3.256/",
        "a.1.2.3/",
        "2130706433/",
        "a@m.example/",
        "m.example:443x/",
        "m.example:443:1/",
        "1.2.3.4:8080/a/../../",
        "m.example:123456/",
    };
    static const char alphabet[] = "aaz.-:19/?#@x_%0";
    char error[256];
    struct address_guard *guard = address_guard_new(true, "10.0.0.0/8", error, sizeof error);
    uint32_t random = 7;
    (void)state;
    assert_non_null(guard);
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        compare_readings(guard, "https", rests[i]);
        compare_readings(guard, "http", rests[i]);
    }
    for (int i = 0; i < 20000; i++) {
        char rest[16];
        size_t length = 1 + (size_t)i % 12;
        for (size_t at = 0; at < length; at++) {
            random = random * 1664525 + 1013904223;
            rest[at] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
        }
        rest[length] = '\0';
        compare_readings(guard, i % 3 ? "https" : "http", rest);
    }
    address_guard_free(guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_urls_pass),
        cmocka_unit_test(urls_that_lead_elsewhere_are_refused),
        cmocka_unit_test(private_and_reserved_addresses_are_refused),
        cmocka_unit_test(what_the_operator_lists_is_permitted_and_nothing_else),
        cmocka_unit_test(the_lab_permits_http_and_loopback_only),
        cmocka_unit_test(a_wrong_list_is_refused_with_its_word),
        cmocka_unit_test(a_url_is_taken_apart_as_it_is_connected),
        cmocka_unit_test(what_is_read_before_curl_is_read_as_by_curl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
