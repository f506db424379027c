#include "gateway/delivery/answer.h"

enum { ATTEMPTS_MAX = 11, ATTEMPTS_UNAUTHORIZED_MAX = 3, SECOND = 1000, PAUSE_DEFAULT = 30 * SECOND };

static const int64_t DELAY_MAX_S = 12 * 3600;
static const int64_t RETRY_AFTER_MAX_MS = (int64_t)24 * 3600 * SECOND;

int64_t delivery_delay_ms(unsigned retry, double chance)
{
    int64_t delay = DELAY_MAX_S;
    if (retry < 7) {
        int64_t n = retry;
        delay = 15 + 30 * n * n * n * n;
        if (delay > DELAY_MAX_S)
            delay = DELAY_MAX_S;
    }
    return (int64_t)((double)delay * SECOND * (0.75 + 0.5 * chance));
}

static int64_t longer(int64_t delay_ms, int64_t retry_after_ms)
{
    if (retry_after_ms > RETRY_AFTER_MAX_MS)
        retry_after_ms = RETRY_AFTER_MAX_MS;
    return delay_ms > retry_after_ms ? delay_ms : retry_after_ms;
}

static void again(const struct delivery_attempt *attempt, struct delivery_answer *answer,
                  unsigned attempts_max)
{
    bool may = attempt->attempts + 1 < attempts_max || (attempt->farewell && attempts_max == ATTEMPTS_MAX);
    answer->outcome = may ? OUTCOME_RETRY : OUTCOME_DROP;
    answer->delay_ms = delivery_delay_ms(attempt->attempts + 1, attempt->chance);
}

static void unreached(const struct delivery_attempt *attempt, struct delivery_answer *answer)
{
    static const char *const reasons[] = {
        [FETCH_FORBIDDEN] = "forbidden", [FETCH_DNS] = "dns",
        [FETCH_CONNECT] = "connect",     [FETCH_TIMEOUT] = "timeout",
        [FETCH_TOO_LARGE] = "too large", [FETCH_BROKEN] = "broken",
        [FETCH_BUSY] = "busy",
    };
    answer->reason = reasons[attempt->error];
    answer->health = HEALTH_BAD;
    answer->outcome = OUTCOME_HOST;
    answer->delay_ms = delivery_delay_ms(attempt->attempts + 1, attempt->chance);
    switch (attempt->error) {
    case FETCH_BUSY: /* our own limit: not the host's doing */
        answer->health = HEALTH_NONE;
        answer->delay_ms = SECOND;
        break;
    case FETCH_FORBIDDEN: /* its name leads to where we do not go; names can be mended, so Deletes wait */
        answer->health = HEALTH_NONE;
        answer->outcome = attempt->farewell ? OUTCOME_RETRY : OUTCOME_DROP;
        break;
    case FETCH_TOO_LARGE:
        answer->health = HEALTH_NONE;
        again(attempt, answer, ATTEMPTS_MAX);
        break;
    case FETCH_OK:
    case FETCH_DNS:
    case FETCH_CONNECT:
    case FETCH_TIMEOUT:
    case FETCH_BROKEN:
        break;
    }
}

static void refused(const struct delivery_attempt *attempt, struct delivery_answer *answer)
{
    switch (attempt->status) {
    case 400:
        answer->knock = true;
        break;
    case 401:
    case 403: /* perhaps the keys that it remembers are old */
        answer->knock = true;
        again(attempt, answer, ATTEMPTS_UNAUTHORIZED_MAX);
        break;
    case 408:
    case 425:
        again(attempt, answer, ATTEMPTS_MAX);
        break;
    case 429:
        again(attempt, answer, ATTEMPTS_MAX);
        answer->delay_ms = longer(answer->delay_ms, attempt->retry_after_ms);
        answer->pause_ms = attempt->retry_after_ms >= 0 ? longer(0, attempt->retry_after_ms) : PAUSE_DEFAULT;
        break;
    case 404:
    case 410:
        answer->gone = true;
        break;
    default:
        break;
    }
}

struct delivery_answer delivery_answer(const struct delivery_attempt *attempt)
{
    struct delivery_answer answer = {.outcome = OUTCOME_DROP, .health = HEALTH_GOOD, .reason = "http"};
    int status = attempt->status;
    if (attempt->error != FETCH_OK) {
        unreached(attempt, &answer);
    } else if (status >= 200 && status < 300) {
        answer.outcome = OUTCOME_OK;
    } else if (status >= 300 && status < 400) {
        answer.moved = status == 301 || status == 302 || status == 307 || status == 308;
        again(attempt, &answer, ATTEMPTS_MAX);
    } else if (status >= 400 && status < 500) {
        refused(attempt, &answer);
    } else if (status == 501) {
        answer.health = HEALTH_NONE;
    } else {
        /* Only a first attempt speaks for the host: one activity that always fails must open no breaker. */
        answer.health = attempt->attempts == 0 ? HEALTH_BAD : HEALTH_NONE;
        again(attempt, &answer, ATTEMPTS_MAX);
        answer.delay_ms = longer(answer.delay_ms, attempt->retry_after_ms);
        /* RFC 9110 15.6.4: the service is away until then, not this one thing. */
        if (status == 503 && attempt->attempts == 0 && attempt->retry_after_ms > 0)
            answer.pause_ms = longer(0, attempt->retry_after_ms);
    }
    return answer;
}
