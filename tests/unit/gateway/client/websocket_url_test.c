#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/client/websocket_url.h"

static void urls_are_read(void **state)
{
    (void)state;
    struct websocket_url url;
    assert_null(websocket_url_read("wss://Example.ORG/a?b=c", &url));
    assert_true(url.secure);
    assert_int_equal(url.port, 443);
    assert_string_equal(url.host, "example.org");
    assert_string_equal(url.authority, "example.org");
    assert_string_equal(url.path, "/a?b=c");
    assert_null(websocket_url_read("ws://[::1]:8080", &url));
    assert_string_equal(url.host, "::1");
    assert_string_equal(url.authority, "[::1]:8080");
    assert_string_equal(url.path, "/");
    assert_null(websocket_url_read("ws://a:80?x", &url));
    assert_string_equal(url.authority, "a");
    assert_string_equal(url.path, "/?x");
    static const char *const wrong[] = {
        "",          "http://a/",       "ws:/a",      "ws://",     "ws:///a",      "ws://a:/",
        "ws://a:0/", "ws://a:65536/",   "ws://a:8o/", "ws://u@a/", "ws://u:p@a/",  "ws://a/#f",
        "ws://a b/", "ws://a\r\nX: y/", "ws://[::1/", "ws://[]/",  "ws://[::1]x/", "ws://a\\b/",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!websocket_url_read(wrong[i], &url))
            fail_msg("%s was taken", wrong[i]);
    char longest[WEBSOCKET_PATH_MAX + 20] = "ws://a/";
    memset(longest + 7, 'x', WEBSOCKET_PATH_MAX - 1);
    assert_null(websocket_url_read(longest, &url));
    strcat(longest, "x");
    assert_non_null(websocket_url_read(longest, &url));
    char host[WEBSOCKET_AUTHORITY_MAX + 20] = "ws://";
    memset(host + 5, 'h', WEBSOCKET_AUTHORITY_MAX);
    assert_null(websocket_url_read(host, &url));
    strcat(host, "h");
    assert_non_null(websocket_url_read(host, &url));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(urls_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
