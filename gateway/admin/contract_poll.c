/* Level 1: events by long-poll. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum { PAGES_MAX = 2000, LOG_PAGE = 7, PATIENCE_MS = 1500, PROMPT_MS = 5000, WAIT_S = 2 };

/* A page of events behind the cursor, or NULL and a finding. */
static json_t *page_after(struct contract *contract, int64_t cursor, int limit)
{
    json_t *page = contract_get(contract, "/events?cursor=%lld&limit=%d", (long long)cursor, limit);
    const char *wrong = !page                                             ? ""
                        : !json_is_array(json_object_get(page, "events")) ? "has no array 'events'"
                        : !json_is_boolean(json_object_get(page, "more"))
                            ? "does not say whether there are 'more'"
                        : contract_number(page, "cursor") < 0             ? "has no number 'cursor'"
                        : !contract_is_id(json_object_get(page, "epoch")) ? "has no 'epoch'"
                                                                          : NULL;
    if (!wrong)
        return page;
    if (*wrong)
        contract_wrong(contract, "GET /events: the answer %s", wrong);
    json_decref(page);
    return NULL;
}

static const json_t *event_at(const json_t *page, size_t index)
{
    return json_array_get(json_object_get(page, "events"), index);
}

static size_t event_count(const json_t *page)
{
    return json_array_size(json_object_get(page, "events"));
}

static bool ping_times(struct contract *contract, int count)
{
    for (int i = 0; i < count; i++) {
        char nonce[64];
        (void)snprintf(nonce, sizeof nonce, "%s-poll-%d", contract->run, i);
        if (!contract_ping(contract, nonce))
            return false;
    }
    return true;
}

static void check_shape(struct contract *contract)
{
    int64_t from = contract_latest(contract);
    if (from < 0 || !ping_times(contract, 1))
        return;
    json_t *page = page_after(contract, from, 100);
    size_t index;
    const json_t *event;
    json_array_foreach(json_object_get(page, "events"), index, event)
    {
        char where[64];
        (void)snprintf(where, sizeof where, "event %lld", (long long)contract_number(event, "seq"));
        (void)contract_shape_event(contract, event, where);
    }
    if (page && !event_count(page))
        contract_wrong(contract, "a ping was answered and no event of it came");
    json_decref(page);
}

static void check_exclusive(struct contract *contract)
{
    int64_t from = contract_latest(contract);
    if (from < 0 || !ping_times(contract, 3))
        return;
    json_t *page = page_after(contract, from, 100);
    int64_t first = contract_number(event_at(page, 0), "seq");
    if (page && event_count(page) < 3) {
        contract_wrong(contract,
                       "three pings were answered and %zu events came behind the cursor before them",
                       event_count(page));
    } else if (page) {
        json_t *next = page_after(contract, first, 100);
        if (next && contract_number(event_at(next, 0), "seq") <= first)
            contract_wrong(contract,
                           "GET /events?cursor=%lld answers event %lld: the cursor is exclusive, only "
                           "higher numbers come",
                           (long long)first, (long long)contract_number(event_at(next, 0), "seq"));
        json_t *again = page_after(contract, from, 100);
        if (next && again && !json_equal(event_at(page, 0), event_at(again, 0)))
            contract_wrong(contract,
                           "GET /events with one cursor twice: the answers differ; nothing may be taken "
                           "off the log by reading");
        json_decref(next);
        json_decref(again);
    }
    json_decref(page);
}

/* From the beginning, by small pages, as long as there are more: that must lead to the end. */
static void check_log(struct contract *contract)
{
    if (!ping_times(contract, LOG_PAGE + 1))
        return;
    int64_t latest = contract_latest(contract);
    int64_t cursor = 0;
    bool more = latest >= 0;
    for (int pages = 0; more && pages < PAGES_MAX && contract_good(contract); pages++) {
        json_t *page = page_after(contract, cursor, LOG_PAGE);
        if (!page)
            return;
        int64_t before = cursor;
        for (size_t i = 0; i < event_count(page); i++) {
            int64_t seq = contract_number(event_at(page, i), "seq");
            if (seq <= before)
                contract_wrong(contract, "event %lld comes behind event %lld: numbers rise within an epoch",
                               (long long)seq, (long long)before);
            before = seq;
        }
        if (event_count(page) > LOG_PAGE)
            contract_wrong(contract, "GET /events?limit=%d answers %zu events", LOG_PAGE, event_count(page));
        if (event_count(page) && contract_number(page, "cursor") < before)
            contract_wrong(contract, "the answer's cursor %lld is before its last event %lld",
                           (long long)contract_number(page, "cursor"), (long long)before);
        cursor = contract_number(page, "cursor");
        more = json_is_true(json_object_get(page, "more"));
        json_decref(page);
    }
    if (!more && contract_good(contract) && cursor < latest)
        contract_wrong(contract, "\"more\" is false at %lld although there are events up to %lld",
                       (long long)cursor, (long long)latest);
}

static void check_live(struct contract *contract)
{
    if (!ping_times(contract, 1))
        return;
    json_t *now = contract_get(contract, "/events");
    if (now && event_count(now))
        contract_wrong(contract,
                       "GET /events without a cursor answers old events; it must answer none and the "
                       "cursor of now");
    json_decref(now);
}

static void check_cursors(struct contract *contract)
{
    int64_t latest = contract_latest(contract);
    json_decref(contract_must(contract, "GET", 400, NULL, NULL, "/events?cursor=yesterday"));
    if (latest >= 0)
        json_decref(contract_must(contract, "GET", 410, "cursor_expired", NULL, "/events?cursor=%lld",
                                  (long long)latest + 1000000));
}

/* ---- waiting ---- */

struct delayed {
    struct contract *contract;
    bool done;
};

static void ping_later(void *context)
{
    struct delayed *delayed = context;
    task_sleep(400);
    (void)contract_ping(delayed->contract, "late");
    delayed->done = true;
}

static struct contract_answer wait_for_events(struct contract *contract, int64_t cursor, int seconds,
                                              int64_t *took)
{
    char path[96];
    int64_t began = loop_monotonic_ms();
    (void)snprintf(path, sizeof path, "/events?cursor=%lld&wait=%d", (long long)cursor, seconds);
    struct contract_answer answer = contract_ask(
        contract, &(struct contract_ask){
                      .method = "GET", .path = path, .timeout_ms = (unsigned)seconds * 1000 + 20000});
    *took = loop_monotonic_ms() - began;
    return answer;
}

/* A service that lives has events of its own: then it is tried again. */
static void check_patience(struct contract *contract)
{
    for (int tries = 0; tries < 5; tries++) {
        int64_t took = 0;
        int64_t latest = contract_latest(contract);
        if (latest < 0)
            return;
        struct contract_answer answer = wait_for_events(contract, latest, WAIT_S, &took);
        bool busy = answer.status == 200 && event_count(answer.body) > 0;
        if (!busy && answer.status != 204)
            contract_wrong(contract, "GET /events?wait=%d without events: answered %d, must be 204", WAIT_S,
                           answer.status);
        else if (!busy && took < PATIENCE_MS)
            contract_wrong(contract,
                           "GET /events?wait=%d without events: answered after %lld ms; it must wait, or "
                           "the gateway asks all day",
                           WAIT_S, (long long)took);
        contract_answer_clear(&answer);
        if (!busy)
            return;
    }
    contract_skip(contract, "the service had events all the time");
}

static void check_prompt(struct contract *contract)
{
    struct delayed delayed = {.contract = contract};
    int64_t took = 0;
    int64_t latest = contract_latest(contract);
    if (latest < 0 || !task_spawn(contract->tasks, ping_later, &delayed))
        return;
    struct contract_answer answer = wait_for_events(contract, latest, 20, &took);
    if (answer.status != 200 || !event_count(answer.body))
        contract_wrong(contract, "GET /events?wait=20: answered %d without the event of a ping meanwhile",
                       answer.status);
    else if (took > PROMPT_MS)
        contract_wrong(contract,
                       "GET /events?wait=20: the event came %lld ms after the request, the ping was sent "
                       "after 400 ms",
                       (long long)took);
    contract_answer_clear(&answer);
    while (!delayed.done)
        task_sleep(20);
}

const struct contract_check contract_checks_poll[] = {
    {"poll-shape", 1, "§4.1", "an event has the envelope", check_shape, FEATURE_POLL},
    {"poll-exclusive", 1, "§4.3", "the cursor is exclusive, and reading takes nothing away", check_exclusive,
     FEATURE_POLL},
    {"poll-log", 1, "§4.3", "numbers rise, and 'more' leads to the end", check_log, FEATURE_POLL},
    {"poll-now", 1, "§4.3", "without a cursor the cursor of now is told, and nothing old", check_live,
     FEATURE_POLL},
    {"poll-cursors", 1, "§4.3", "what is no cursor is 400, one from the future 410", check_cursors,
     FEATURE_POLL},
    {"poll-patience", 1, "§4.3", "without events the answer waits, then is 204", check_patience,
     FEATURE_POLL},
    {"poll-prompt", 1, "§4.3", "an event ends the wait at once", check_prompt, FEATURE_POLL},
    {0}};
