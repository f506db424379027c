/* Level 1: events by webhook. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum { EVENT_MS = 10000, HOLD_MS = 1500, REPEATS = 2, PINGS = 250, BATCH_MAX = 100, BATCHES_MAX = 2000 };

static bool ping(struct contract *contract, const char *name, size_t index)
{
    char nonce[64];
    (void)snprintf(nonce, sizeof nonce, "%s-%s-%zu", contract->run, name, index);
    return contract_ping(contract, nonce);
}

static size_t count_of(const struct contract_hook *hook)
{
    return json_array_size(json_object_get(hook->batch, "events"));
}

static int64_t seq_at(const struct contract_hook *hook, size_t index)
{
    return contract_number(json_array_get(json_object_get(hook->batch, "events"), index), "seq");
}

/* The next webhook, which must be signed and a batch; NULL and a finding. */
static struct contract_hook *next_batch(struct contract *contract, int64_t timeout_ms)
{
    struct contract_hook *hook = contract_hook_next(contract, timeout_ms);
    if (!hook) {
        contract_wrong(contract, "a ping was answered and no webhook came within %lld s",
                       (long long)timeout_ms / 1000);
        return NULL;
    }
    if (hook->wrong)
        contract_wrong(contract, "the webhook %s: %s", hook->id, hook->wrong);
    else if (!contract_is_id(json_object_get(hook->batch, "epoch")) || !count_of(hook))
        contract_wrong(contract, "the webhook %s: the body must be {\"epoch\": …, \"events\": [ … ]}",
                       hook->id);
    else if (count_of(hook) > BATCH_MAX)
        contract_wrong(contract, "the webhook %s has %zu events, at most %d are permitted", hook->id,
                       count_of(hook), BATCH_MAX);
    else
        return hook;
    contract_hook_free(hook);
    return NULL;
}

static void check_signed(struct contract *contract)
{
    if (contract_hooks_latest(contract) < 0 || !ping(contract, "signed", 0))
        return;
    struct contract_hook *hook = next_batch(contract, EVENT_MS);
    for (size_t i = 0; hook && i < count_of(hook); i++) {
        char where[64];
        (void)snprintf(where, sizeof where, "event %lld", (long long)seq_at(hook, i));
        (void)contract_shape_event(contract, json_array_get(json_object_get(hook->batch, "events"), i),
                                   where);
    }
    contract_hook_free(hook);
}

/* ---- in order ---- */

static void ping_one(void *context, size_t index)
{
    (void)ping(context, "order", index);
}

/* Its numbers rise and are above `before`; the last of them. */
static int64_t follow(struct contract *contract, const struct contract_hook *hook, int64_t before)
{
    for (size_t i = 0; i < count_of(hook); i++) {
        if (seq_at(hook, i) <= before && contract_good(contract))
            contract_wrong(contract,
                           "event %lld comes behind event %lld: batches come in order, numbers rise",
                           (long long)seq_at(hook, i), (long long)before);
        before = seq_at(hook, i);
    }
    return before;
}

static void check_order(struct contract *contract)
{
    int64_t seq = contract_hooks_latest(contract);
    if (seq < 0)
        return;
    contract_parallel(contract, PINGS, 16, ping_one, contract);
    size_t events = 0;
    for (int i = 0; events < PINGS && i < BATCHES_MAX && contract_good(contract); i++) {
        struct contract_hook *hook = next_batch(contract, EVENT_MS);
        if (!hook)
            return;
        events += count_of(hook);
        seq = follow(contract, hook, seq);
        contract_hook_free(hook);
    }
}

/* ---- a refused batch comes again, the same, and nothing before it was taken ---- */

static void compare(struct contract *contract, const struct contract_hook *first,
                    const struct contract_hook *again)
{
    if (strcmp(first->id, again->id) != 0)
        contract_wrong(
            contract,
            "the webhook %s was answered 503 and then %s came: the next batch comes only after a 2xx",
            first->id, again->id);
    else if (first->length != again->length || memcmp(first->body, again->body, first->length) != 0)
        contract_wrong(contract,
                       "the webhook %s came again with another body: the batch under one id never changes",
                       first->id);
}

static void repeat(struct contract *contract)
{
    contract_hooks_mode(contract, CONTRACT_HOOKS_REFUSED);
    struct contract_hook *first = ping(contract, "repeat", 0) ? next_batch(contract, EVENT_MS) : NULL;
    for (size_t i = 1; first && i <= REPEATS && contract_good(contract); i++) {
        if (i == REPEATS)
            contract_hooks_mode(contract, CONTRACT_HOOKS_TAKEN);
        struct contract_hook *again =
            ping(contract, "repeat", i) ? next_batch(contract, CONTRACT_HOOK_PAUSE_MS) : NULL;
        if (again)
            compare(contract, first, again);
        contract_hook_free(again);
    }
    contract_hooks_mode(contract, CONTRACT_HOOKS_TAKEN);
    contract_hook_free(first);
}

static void check_repeat(struct contract *contract)
{
    int64_t before = contract_hooks_latest(contract);
    if (before >= 0)
        repeat(contract);
    if (before >= 0 && contract_good(contract))
        (void)contract_hooks_latest(contract);
}

/* ---- one at a time ---- */

static void check_one_at_a_time(struct contract *contract)
{
    if (contract_hooks_latest(contract) < 0)
        return;
    contract_hooks_mode(contract, CONTRACT_HOOKS_HELD);
    struct contract_hook *first = ping(contract, "one", 0) ? next_batch(contract, EVENT_MS) : NULL;
    struct contract_hook *second =
        first && ping(contract, "one", 1) ? contract_hook_next(contract, HOLD_MS) : NULL;
    if (second)
        contract_wrong(contract,
                       "the webhook %s came while %s had no answer yet: one batch at a time, in order",
                       second->id, first->id);
    contract_hooks_mode(contract, CONTRACT_HOOKS_TAKEN);
    contract_hook_free(second);
    second = first && contract_good(contract) ? next_batch(contract, EVENT_MS) : NULL;
    if (second)
        (void)follow(contract, second, seq_at(first, count_of(first) - 1));
    contract_hook_free(second);
    contract_hook_free(first);
}

const struct contract_check contract_checks_webhook[] = {
    {"hook-signed", 1, "§4.5", "a webhook is signed over its bytes and holds events", check_signed,
     FEATURE_WEBHOOK},
    {"hook-order", 1, "§4.5", "batches come in order, numbers rise", check_order, FEATURE_WEBHOOK},
    {"hook-repeat", 1, "§4.5", "a batch that was not taken comes again, unchanged", check_repeat,
     FEATURE_WEBHOOK},
    {"hook-one", 1, "§4.5", "one batch at a time", check_one_at_a_time, FEATURE_WEBHOOK},
    {0}};
