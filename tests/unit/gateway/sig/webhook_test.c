#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/sig/webhook.h"

/* The codes come from `openssl dgst -sha256 -mac HMAC` over id.timestamp.body. */
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define NOW 1614265330

static const struct webhook_message message = {
    .id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
    .timestamp = "1614265330",
    .signatures = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    .body = "{\"test\": 2432232314}",
    .length = 20,
};

static struct webhook_secret secret(void)
{
    struct webhook_secret out;
    assert_true(webhook_secret_read(SECRET, &out));
    return out;
}

static const char *wrong(struct webhook_message changed, int64_t now)
{
    struct webhook_secret key = secret();
    return webhook_verify(&key, &changed, now);
}

static void secrets_have_their_form(void **state)
{
    (void)state;
    struct webhook_secret out;
    assert_int_equal(secret().length, 24);
    static const char *const texts[] = {"",
                                        "whsec_",
                                        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                                        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==", /* 23 bytes */
                                        "whsec_MfKQ9r8GKYqrTwjUPD8I LPZIo2LaLaSw"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(webhook_secret_read(texts[i], &out));
        assert_int_equal(out.length, 0);
    }
    char long_text[6 + 88 + 5] = "whsec_";
    memset(long_text + 6, 'A', 88); /* 66 bytes */
    assert_false(webhook_secret_read(long_text, &out));
}

static void a_right_signature_is_taken(void **state)
{
    (void)state;
    assert_null(wrong(message, NOW));
    assert_null(wrong(message, NOW + 300));
    assert_null(wrong(message, NOW - 300));
    struct webhook_message changed = message;
    changed.signatures = "v1a,AAAA v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_null(wrong(changed, NOW));
}

static void whatever_is_changed_is_refused(void **state)
{
    (void)state;
    struct webhook_message changed = message;
    changed.body = "{\"test\":2432232314} "; /* the same JSON in other bytes */
    assert_non_null(strstr(wrong(changed, NOW), "no signature"));
    changed = message;
    changed.length--;
    assert_non_null(strstr(wrong(changed, NOW), "no signature"));
    changed = message;
    changed.id = "msg_p5jXN8AQM9LWM0D4loKWxJel";
    assert_non_null(strstr(wrong(changed, NOW), "no signature"));
    changed = message;
    changed.timestamp = "1614265331";
    assert_non_null(strstr(wrong(changed, NOW), "no signature"));
    static const char *const signatures[] = {
        "",
        "v1",
        "v1,",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=x",
        "1 2 3 4 5 6 7 8 v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
    changed = message;
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        changed.signatures = signatures[i];
        assert_non_null(strstr(wrong(changed, NOW), "no signature"));
    }
}

static void old_and_future_ones_are_refused(void **state)
{
    (void)state;
    assert_non_null(strstr(wrong(message, NOW + 301), "clock"));
    assert_non_null(strstr(wrong(message, NOW - 301), "clock"));
}

static void headers_that_are_missing_or_malformed_are_named(void **state)
{
    (void)state;
    static const char *const timestamps[] = {NULL, "", "now", "-5", "1614265330.5", "1614265330000000"};
    for (size_t i = 0; i < sizeof timestamps / sizeof timestamps[0]; i++) {
        struct webhook_message changed = message;
        changed.timestamp = timestamps[i];
        assert_non_null(strstr(wrong(changed, NOW), "webhook-timestamp"));
    }
    char id[WEBHOOK_ID_MAX + 2];
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    const char *const ids[] = {NULL, "", id};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct webhook_message changed = message;
        changed.id = ids[i];
        assert_non_null(strstr(wrong(changed, NOW), "webhook-id"));
    }
    struct webhook_message changed = message;
    changed.signatures = NULL;
    assert_non_null(strstr(wrong(changed, NOW), "webhook-signature"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_have_their_form),
        cmocka_unit_test(a_right_signature_is_taken),
        cmocka_unit_test(whatever_is_changed_is_refused),
        cmocka_unit_test(old_and_future_ones_are_refused),
        cmocka_unit_test(headers_that_are_missing_or_malformed_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
