/* Dates, Base64, Base58, digests, URLs: small texts with one right form. */
#include "vectors.h"

#include "gateway/sig/base58.h"
#include "gateway/sig/http_date.h"

static void dates_are_read_and_written_the_same(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } dates[] = {
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},           {"Tue, 20 Apr 2021 02:07:55 GMT", 1618884475},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},   {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
        {"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},   {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799}};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        int64_t seconds;
        char text[HTTP_DATE_LENGTH + 1];
        assert_true(http_date_parse(dates[i].text, &seconds));
        assert_int_equal(seconds, dates[i].seconds);
        http_date_format(dates[i].seconds, text);
        assert_string_equal(text, dates[i].text);
    }
    for (int64_t seconds = 0; seconds < 4102444800; seconds += 86400 * 13 + 4321) {
        char text[HTTP_DATE_LENGTH + 1];
        int64_t back;
        http_date_format(seconds, text);
        assert_true(http_date_parse(text, &back));
        assert_int_equal(back, seconds);
    }
}

static void dates_of_any_other_form_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "Tue, 20 Apr 2021 02:07:55",
        "Tue, 20 Apr 2021 02:07:55 UTC",
        "Tue, 20 Apr 2021 02:07:55 GMT ",
        " Tue, 20 Apr 2021 02:07:55 GMT",
        "Wed, 20 Apr 2021 02:07:55 GMT",
        "tue, 20 Apr 2021 02:07:55 GMT",
        "Tue, 20 apr 2021 02:07:55 GMT",
        "Tue, 20 Apr 21 02:07:55 GMT",
        "Tue, 20 Apr 2021 24:07:55 GMT",
        "Tue, 20 Apr 2021 02:60:55 GMT",
        "Tue, 20 Apr 2021 02:07:61 GMT",
        "Wed, 31 Apr 2021 02:07:55 GMT",
        "Wed, 29 Feb 2021 02:07:55 GMT",
        "Tue, 00 Apr 2021 02:07:55 GMT",
        "Tue,20 Apr 2021 02:07:55 GMT",
        "Tue, +1 Apr 2021 02:07:55 GMT",
        "Tuesday, 20-Apr-21 02:07:55 GMT",
        "Tue Apr 20 02:07:55 2021",
        "2021-04-20T02:07:55Z",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t seconds;
        assert_false(http_date_parse(texts[i], &seconds));
    }
}

static void base64_has_one_form_for_each_text(void **state)
{
    unsigned char bytes[64];
    size_t length;
    assert_true(base64_decode("Zm9vYmE=", 8, bytes, sizeof bytes, &length));
    assert_int_equal(length, 5);
    assert_memory_equal(bytes, "fooba", 5);
    assert_true(base64_decode("", 0, bytes, sizeof bytes, &length));
    assert_int_equal(length, 0);
    static const char *const refused[] = {
        "Zm9vYmE",  "Zm9vYmF=",  "Zm9vYh==", "Zm9v YmE=", "Zm9v\nYmE=", "====",
        "Zm=vYmE=", "Zm9vYmE==", "Zm9_YmE=", "=AAA",      "AAA=AAAA"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(base64_decode(refused[i], strlen(refused[i]), bytes, sizeof bytes, &length));
    assert_false(base64_decode("Zm9vYmE=", 8, bytes, 4, &length));
    for (size_t count = 0; count <= 48; count++) {
        unsigned char in[48];
        char text[BASE64_SIZE(48)];
        for (size_t i = 0; i < count; i++)
            in[i] = (unsigned char)(i * 37 + count);
        base64_encode(in, count, text);
        assert_true(base64_decode(text, strlen(text), bytes, sizeof bytes, &length));
        assert_int_equal(length, count);
        assert_memory_equal(bytes, in, count);
    }
}

static void base58_keeps_leading_zeros_and_its_limits(void **state)
{
    unsigned char in[BASE58_BYTES_MAX], out[BASE58_BYTES_MAX];
    char text[MULTIBASE_TEXT_MAX + 1];
    size_t length;
    assert_true(multibase_encode((const unsigned char *)"Hello World!", 12, text, sizeof text));
    assert_string_equal(text, "z2NEpo7TZRRrLZSi2U");
    assert_true(multibase_encode((const unsigned char *)"\0\0\x28\x7f\xb4\xcd", 6, text, sizeof text));
    assert_string_equal(text, "z11233QC4");
    for (size_t count = 1; count <= BASE58_BYTES_MAX; count += 61) {
        for (size_t i = 0; i < count; i++)
            in[i] = (unsigned char)(i < 3 ? 0 : i * 113 + count);
        assert_true(multibase_encode(in, count, text, sizeof text));
        assert_true(multibase_decode(text, out, sizeof out, &length));
        assert_int_equal(length, count);
        assert_memory_equal(out, in, count);
    }
    assert_false(multibase_decode("z0", out, sizeof out, &length));
    assert_false(multibase_decode("zl", out, sizeof out, &length));
    assert_false(multibase_decode("z2NEpo7TZRRrLZSi2U", out, 11, &length));
    assert_false(multibase_encode(in, 100, text, 20));
    char long_text[MULTIBASE_TEXT_MAX + 2];
    memset(long_text, 'z', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_false(multibase_decode(long_text, out, sizeof out, &length));
    memset(long_text + 1, '1', sizeof long_text - 3);
    long_text[sizeof long_text - 2] = '\0';
    assert_false(multibase_decode(long_text, out, sizeof out, &length)); /* more zeros than there is room */
}

static void content_digests_are_checked_by_every_algorithm_that_we_know(void **state)
{
    struct body_digest digest;
    body_digest_make("{\"hello\": \"world\"}", 18, true, &digest);
#define SHA256 "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
#define SHA512                                                                                               \
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    static const struct {
        const char *header;
        enum digest_result result;
    } cases[] = {
        {SHA256, DIGEST_MATCHES},
        {SHA512, DIGEST_MATCHES},
        {SHA256 ", " SHA512, DIGEST_MATCHES},
        {"md5=:AAAA:, " SHA256, DIGEST_MATCHES},
        {"sha-256=:TdgDLpWBBg1HOgi1zMu2m4LBxdHcjCyobWJposb9ses=:", DIGEST_DIFFERS},
        {"sha-256=:TdgDLpWBBg1HOgi1zMu2m4LBxdHcjCyobWJposb9ses=:, " SHA512, DIGEST_DIFFERS},
        {SHA256 ", sha-512=:AAAA:", DIGEST_DIFFERS},
        {"sha-256=:AAAA:", DIGEST_DIFFERS},
        {"sha-256=\"X48E\"", DIGEST_MALFORMED},
        {"sha-256", DIGEST_MALFORMED},
        {"sha-256=(:AAAA:)", DIGEST_MALFORMED},
        {"SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", DIGEST_MALFORMED},
        {"md5=:AAAA:", DIGEST_MISSING},
        {"", DIGEST_MISSING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(content_digest_check(cases[i].header, &digest), cases[i].result);
    digest.has_sha512 = false;
    assert_int_equal(content_digest_check(SHA512, &digest), DIGEST_MISSING);
}

static void urls_are_taken_apart_as_they_will_be_requested(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    static const struct {
        const char *url, *scheme, *authority, *target;
    } good[] = {
        {"https://A.Example/Path?q#f", "https", "a.example", "/Path?q"},
        {"HTTPS://a.example", "https", "a.example", "/"},
        {"https://a.example?x=1", "https", "a.example", "/?x=1"},
        {"https://a.example#x", "https", "a.example", "/"},
        {"https://a.example:443/", "https", "a.example", "/"},
        {"https://a.example:80/", "https", "a.example:80", "/"},
        {"http://127.0.0.1:80/x", "http", "127.0.0.1", "/x"},
        {"http://127.0.0.1:8080/x", "http", "127.0.0.1:8080", "/x"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct url_parts parts;
        assert_true(url_take_apart(arena, good[i].url, &parts));
        assert_string_equal(parts.scheme, good[i].scheme);
        assert_string_equal(parts.authority, good[i].authority);
        assert_string_equal(parts.target, good[i].target);
    }
    static const char *const bad[] = {"",
                                      "acct:a@b.example",
                                      "//a.example/",
                                      "https://",
                                      "https:///x",
                                      "https://:443/",
                                      "https://a@b.example/",
                                      "https://a.example/ x",
                                      "https://a.example/\nx",
                                      "https://a.example\\@b.example/",
                                      "file:///etc/passwd"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct url_parts parts;
        assert_false(url_take_apart(arena, bad[i], &parts));
    }
    assert_true(url_on_same_origin(arena, "https://a.example/x", "https://A.example:443/y#z"));
    assert_false(url_on_same_origin(arena, "https://a.example/x", "http://a.example/x"));
    assert_false(url_on_same_origin(arena, "https://a.example/x", "https://a.example:8443/x"));
    assert_false(url_on_same_origin(arena, "https://a.example/x", "https://a.example.evil/x"));
    assert_false(url_on_same_origin(arena, "x", "x"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_and_written_the_same),
        cmocka_unit_test(dates_of_any_other_form_are_refused),
        cmocka_unit_test(base64_has_one_form_for_each_text),
        cmocka_unit_test(base58_keeps_leading_zeros_and_its_limits),
        cmocka_unit_test(content_digests_are_checked_by_every_algorithm_that_we_know),
        cmocka_unit_test(urls_are_taken_apart_as_they_will_be_requested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
