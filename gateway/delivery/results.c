#include "gateway/delivery/results.h"

#include <stdlib.h>

#include "gateway/clock.h"

enum { TOGETHER_MAX = 64, TELL_AGAIN_MS = 500 };

struct results {
    struct gateway *gateway;
    struct result *first, **last; /* to be told */
    struct result *in_hand;       /* the store is being told */
    struct loop_timer *timer;
    bool armed;
};

static void arm(struct results *results, int64_t after_ms)
{
    if (results->armed)
        return;
    results->armed = true;
    loop_timer_set(results->timer, after_ms);
}

static void append(struct results *results, struct result *result)
{
    result->next = NULL;
    *results->last = result;
    results->last = &result->next;
}

static void add(struct arguments *arguments, const struct result *result, int64_t now)
{
    arguments_text(arguments, result->worker);
    arguments_text(arguments, result->claim);
    arguments_text(arguments, result->outcome);
    arguments_text(arguments, result->health);
    arguments_number(arguments, result->status);
    arguments_text(arguments, result->reason);
    arguments_number(arguments, now + result->delay_ms);
    arguments_number(arguments, result->pause_ms ? now + result->pause_ms : 0);
    arguments_text(arguments, result->remember);
}

static size_t take_some(struct results *results)
{
    struct result **end = &results->first;
    size_t count = 0;
    while (*end && count < TOGETHER_MAX && !(count && (*end)->alone)) {
        count++;
        end = &(*end)->next;
        if (results->first->alone)
            break;
    }
    results->in_hand = results->first;
    results->first = *end;
    *end = NULL;
    if (!results->first)
        results->last = &results->first;
    return count;
}

static void answered(void *context, const struct reply *reply);

static void tell_some(struct results *results)
{
    if (results->in_hand || !results->first)
        return;
    size_t count = take_some(results);
    int64_t now = clock_now_ms();
    struct arguments *arguments = arguments_new();
    arguments_number(arguments, now);
    arguments_number(arguments, (int64_t)count);
    for (const struct result *one = results->in_hand; one; one = one->next)
        add(arguments, one, now);
    store_script_start(results->gateway->store, "delivery_done", arguments, answered, results);
    /* What these held up can be claimed right behind. */
    rounds_kick(&results->gateway->delivery->pump);
}

static void answered(void *context, const struct reply *reply)
{
    struct results *results = context;
    struct result *one = results->in_hand;
    bool failed = reply_failed(reply);
    bool refused = reply_kind(reply) == REPLY_ERROR;
    results->in_hand = NULL;
    while (one) {
        struct result *next = one->next;
        one->alone |= refused;
        if (failed)
            append(results, one);
        else
            one->told(one);
        one = next;
    }
    if (failed)
        arm(results, TELL_AGAIN_MS);
    else
        tell_some(results);
}

static void time_passed(void *context)
{
    struct results *results = context;
    results->armed = false;
    tell_some(results);
}

void results_tell(struct results *results, struct result *result)
{
    append(results, result);
    if (!results->in_hand)
        arm(results, 0);
}

struct results *results_new(struct gateway *gateway)
{
    struct results *results = calloc(1, sizeof *results);
    if (!results)
        abort();
    results->gateway = gateway;
    results->last = &results->first;
    results->timer = loop_timer_new(gateway->loop, time_passed, results);
    return results;
}

void results_free(struct results *results)
{
    if (!results)
        return;
    loop_timer_free(results->timer);
    free(results);
}
