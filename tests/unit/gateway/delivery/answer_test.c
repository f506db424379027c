#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/delivery/answer.h"

enum { HOUR = 3600 * 1000 };

static const struct {
    struct delivery_attempt attempt;
    enum delivery_outcome outcome;
    enum delivery_health health;
    int64_t delay_ms, pause_ms;
    bool knock, moved, gone;
} cases[] = {
#define STATUS(number, made, last)                                                                           \
    {                                                                                                        \
        .status = (number), .attempts = (made), .retry_after_ms = -1, .chance = 0.5, .farewell = (last)      \
    }
#define ERROR(number, made, last)                                                                            \
    {                                                                                                        \
        .error = (number), .attempts = (made), .retry_after_ms = -1, .chance = 0.5, .farewell = (last)       \
    }
    {.attempt = STATUS(200, 0, false), .outcome = OUTCOME_OK, .health = HEALTH_GOOD},
    {.attempt = STATUS(202, 5, false), .outcome = OUTCOME_OK, .health = HEALTH_GOOD},
    {.attempt = STATUS(400, 0, false), .outcome = OUTCOME_DROP, .health = HEALTH_GOOD, .knock = true},
    {.attempt = STATUS(401, 0, false),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .knock = true,
     .delay_ms = 45000},
    {.attempt = STATUS(403, 1, false),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .knock = true,
     .delay_ms = 495000},
    {.attempt = STATUS(401, 2, false),
     .outcome = OUTCOME_DROP,
     .health = HEALTH_GOOD,
     .knock = true,
     .delay_ms = 2445000},
    {.attempt = STATUS(403, 2, true),
     .outcome = OUTCOME_DROP,
     .health = HEALTH_GOOD,
     .knock = true,
     .delay_ms = 2445000},
    {.attempt = STATUS(404, 0, false), .outcome = OUTCOME_DROP, .health = HEALTH_GOOD, .gone = true},
    {.attempt = STATUS(405, 0, false), .outcome = OUTCOME_DROP, .health = HEALTH_GOOD},
    {.attempt = STATUS(410, 0, false), .outcome = OUTCOME_DROP, .health = HEALTH_GOOD, .gone = true},
    {.attempt = STATUS(413, 0, false), .outcome = OUTCOME_DROP, .health = HEALTH_GOOD},
    {.attempt = STATUS(422, 0, false), .outcome = OUTCOME_DROP, .health = HEALTH_GOOD},
    {.attempt = STATUS(501, 0, false), .outcome = OUTCOME_DROP, .health = HEALTH_NONE},
    {.attempt = STATUS(301, 0, false),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .moved = true,
     .delay_ms = 45000},
    {.attempt = STATUS(308, 0, false),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .moved = true,
     .delay_ms = 45000},
    {.attempt = STATUS(304, 0, false), .outcome = OUTCOME_RETRY, .health = HEALTH_GOOD, .delay_ms = 45000},
    {.attempt = STATUS(408, 0, false), .outcome = OUTCOME_RETRY, .health = HEALTH_GOOD, .delay_ms = 45000},
    {.attempt = STATUS(425, 1, false), .outcome = OUTCOME_RETRY, .health = HEALTH_GOOD, .delay_ms = 495000},
    {.attempt = STATUS(429, 0, false),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .delay_ms = 45000,
     .pause_ms = 30000},
    {.attempt = {.status = 429, .retry_after_ms = 600000, .chance = 0.5},
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .delay_ms = 600000,
     .pause_ms = 600000},
    {.attempt = {.status = 429, .retry_after_ms = 5000, .chance = 0.5},
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .delay_ms = 45000,
     .pause_ms = 5000},
    {.attempt = {.status = 429, .retry_after_ms = (int64_t)90 * 24 * HOUR, .chance = 0.5},
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_GOOD,
     .delay_ms = 24 * HOUR,
     .pause_ms = 24 * HOUR},
    {.attempt = {.status = 503, .retry_after_ms = 600000, .chance = 0.5},
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_BAD,
     .delay_ms = 600000,
     .pause_ms = 600000},
    {.attempt = {.status = 503, .retry_after_ms = 9000000, .attempts = 1, .chance = 0.5},
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_NONE,
     .delay_ms = 9000000},
    {.attempt = STATUS(503, 0, false), .outcome = OUTCOME_RETRY, .health = HEALTH_BAD, .delay_ms = 45000},
    {.attempt = STATUS(500, 0, false), .outcome = OUTCOME_RETRY, .health = HEALTH_BAD, .delay_ms = 45000},
    {.attempt = STATUS(500, 1, false), .outcome = OUTCOME_RETRY, .health = HEALTH_NONE, .delay_ms = 495000},
    {.attempt = STATUS(500, 9, false),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_NONE,
     .delay_ms = 12 * HOUR},
    {.attempt = STATUS(500, 10, false),
     .outcome = OUTCOME_DROP,
     .health = HEALTH_NONE,
     .delay_ms = 12 * HOUR},
    {.attempt = STATUS(500, 300, true),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_NONE,
     .delay_ms = 12 * HOUR},
    {.attempt = ERROR(FETCH_DNS, 0, false), .outcome = OUTCOME_HOST, .health = HEALTH_BAD, .delay_ms = 45000},
    {.attempt = ERROR(FETCH_CONNECT, 30, false),
     .outcome = OUTCOME_HOST,
     .health = HEALTH_BAD,
     .delay_ms = 12 * HOUR},
    {.attempt = ERROR(FETCH_TIMEOUT, 0, false),
     .outcome = OUTCOME_HOST,
     .health = HEALTH_BAD,
     .delay_ms = 45000},
    {.attempt = ERROR(FETCH_BROKEN, 0, false),
     .outcome = OUTCOME_HOST,
     .health = HEALTH_BAD,
     .delay_ms = 45000},
    {.attempt = ERROR(FETCH_BUSY, 0, false),
     .outcome = OUTCOME_HOST,
     .health = HEALTH_NONE,
     .delay_ms = 1000},
    {.attempt = ERROR(FETCH_FORBIDDEN, 0, false),
     .outcome = OUTCOME_DROP,
     .health = HEALTH_NONE,
     .delay_ms = 45000},
    {.attempt = ERROR(FETCH_FORBIDDEN, 0, true),
     .outcome = OUTCOME_RETRY,
     .health = HEALTH_NONE,
     .delay_ms = 45000},
};

static void each_answer_has_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct delivery_answer answer = delivery_answer(&cases[i].attempt);
        if (answer.outcome != cases[i].outcome || answer.health != cases[i].health ||
            answer.delay_ms != cases[i].delay_ms || answer.pause_ms != cases[i].pause_ms ||
            answer.knock != cases[i].knock || answer.moved != cases[i].moved || answer.gone != cases[i].gone)
            fail_msg("case %zu: outcome %d, health %d, delay %lld, pause %lld, knock %d, moved %d, gone %d",
                     i, answer.outcome, answer.health, (long long)answer.delay_ms, (long long)answer.pause_ms,
                     answer.knock, answer.moved, answer.gone);
    }
}

/* A host whose name is unknown, one that refuses connections and one that answers with errors are three
 * things. */
static void the_reason_says_what_failed(void **state)
{
    static const struct {
        enum fetch_error error;
        const char *reason;
    } failures[] = {{FETCH_DNS, "dns"},
                    {FETCH_CONNECT, "connect"},
                    {FETCH_TIMEOUT, "timeout"},
                    {FETCH_BROKEN, "broken"},
                    {FETCH_BUSY, "busy"},
                    {FETCH_FORBIDDEN, "forbidden"},
                    {FETCH_TOO_LARGE, "too large"},
                    {FETCH_OK, "http"}};
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct delivery_attempt attempt = {.error = failures[i].error, .status = 500, .chance = 0.5};
        assert_string_equal(delivery_answer(&attempt).reason, failures[i].reason);
    }
}

static void eleven_attempts_take_about_three_days(void **state)
{
    (void)state;
    int64_t whole = 0;
    for (unsigned retry = 1; retry <= 10; retry++)
        whole += delivery_delay_ms(retry, 0.5);
    assert_in_range(whole, (int64_t)60 * HOUR, (int64_t)72 * HOUR);
}

static void the_jitter_is_a_quarter_each_way(void **state)
{
    (void)state;
    assert_int_equal(delivery_delay_ms(1, 0.0), 33750);
    assert_int_equal(delivery_delay_ms(1, 1.0), 56250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_its_class),
        cmocka_unit_test(the_reason_says_what_failed),
        cmocka_unit_test(eleven_attempts_take_about_three_days),
        cmocka_unit_test(the_jitter_is_a_quarter_each_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
