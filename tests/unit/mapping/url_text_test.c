#include "inbound_support.h"
#include "mapping/url_text.h"

static void an_origin_is_scheme_host_and_a_port_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *url, *origin;
    } cases[] = {
        {"https://m.example/users/bob", "https://m.example"},
        {"HTTPS://M.Example/Users/Bob", "https://m.example"},
        {"https://m.example:443/x", "https://m.example"},
        {"http://m.example:80", "http://m.example"},
        {"https://m.example:8443/", "https://m.example:8443"},
        {"http://m.example:443/", "http://m.example:443"},
        {"https://blog.example?c=148", "https://blog.example"},
        {"https://m.example#main-key", "https://m.example"},
        {"https://xn--mller-kva.example/", "https://xn--mller-kva.example"},
        {"http://127.0.0.1:8080/u/a", "http://127.0.0.1:8080"},
        {"https://m.example/日本", "https://m.example"},
        {"https://m.example\\@evil.example/", NULL},
        {"https://m.example@evil.example/", NULL},
        {"https://user:pw@m.example/", NULL},
        {"https://m.example./", NULL},
        {"https://müller.example/", NULL},
        {"https://m%2eexample/", NULL},
        {"https://m..example/", NULL},
        {"https://.example/", NULL},
        {"https://m.example:/", NULL},
        {"https://m.example:0443/", NULL},
        {"https://m.example:65536/", NULL},
        {"https://m.example:44a/", NULL},
        {"https://[::1]/", NULL},
        {"https:///x", NULL},
        {"https://m.example/a b", NULL},
        {"https://m.example/a\nb", NULL},
        {" https://m.example/", NULL},
        {"//m.example/", NULL},
        {"ap://did:key:z6Mk/actor", NULL},
        {"acct:bob@m.example", NULL},
        {"javascript:alert(1)", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    struct arena *arena = arena_new(TEST_BUDGET);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *origin = url_origin(arena, cases[i].url);
        if (cases[i].origin && origin)
            assert_string_equal(origin, cases[i].origin);
        else
            assert_true(!cases[i].origin && !origin);
    }
    arena_free(arena);
}

static void a_url_that_is_too_long_has_no_origin(void **state)
{
    (void)state;
    struct arena *arena = arena_new(TEST_BUDGET);
    char *url = arena_alloc(arena, 4000);
    memset(url, 'a', 3000);
    memcpy(url, "https://m.example/", 18);
    assert_null(url_origin(arena, url));
    url[URL_TEXT_MAX] = '\0';
    assert_string_equal(url_origin(arena, url), "https://m.example");
    arena_free(arena);
}

static void origins_are_compared_whole(void **state)
{
    (void)state;
    assert_true(url_same_origin("https://M.example:443/a", "https://m.example/b"));
    assert_false(url_same_origin("https://m.example/a", "http://m.example/a"));
    assert_false(url_same_origin("https://m.example/", "https://m.example:444/"));
    assert_false(url_same_origin("https://m.example/", "https://m.example.evil.example/"));
    assert_false(url_same_origin("https://m.example/", "https://sub.m.example/"));
    assert_false(url_same_origin("https://m.example./", "https://m.example./"));
    assert_false(url_same_origin(NULL, NULL));
    assert_false(url_same_origin("https://m.example/", NULL));
}

static void an_href_becomes_a_safe_link_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *href, *link;
    } cases[] = {
        {"https://a.example/", "https://a.example/"},
        {"  HTTPS://A.example/Path  ", "https://A.example/Path"},
        {"http://a.example/\"onmouseover=\"x", "http://a.example/%22onmouseover=%22x"},
        {"https://a.example/a b<c>", "https://a.example/a%20b%3Cc%3E"},
        {"https://a.exa\nmple/", "https://a.example/"},
        {"https://müller.example/ß", "https://müller.example/ß"},
        {"mailto:bob@a.example", "mailto:bob@a.example"},
        {"mailto:", NULL},
        {"javascript:alert(1)", NULL},
        {"jav\tascript:alert(1)", NULL},
        {"data:text/html,x", NULL},
        {"/relative", NULL},
        {"//a.example/", NULL},
        {"https://bank.example@evil.example/", NULL},
        {"https://bank.example\\@evil.example/", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    struct arena *arena = arena_new(TEST_BUDGET);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *link = url_for_link(arena, cases[i].href);
        if (cases[i].link && link)
            assert_string_equal(link, cases[i].link);
        else
            assert_true(!cases[i].link && !link);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_scheme_host_and_a_port_of_its_own),
        cmocka_unit_test(a_url_that_is_too_long_has_no_origin),
        cmocka_unit_test(origins_are_compared_whole),
        cmocka_unit_test(an_href_becomes_a_safe_link_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
