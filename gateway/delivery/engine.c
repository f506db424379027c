#include "gateway/delivery/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/results.h"
#include "gateway/delivery/send.h"
#include "gateway/delivery/signing.h"
#include "gateway/log.h"

enum { PUMP_IDLE_MS = 200, FAN_IDLE_MS = 500, BEAT_MS = 1000, RECLAIM_MAX = 500 };

/* ---- claims
 * ------------------------------------------------------------------------------------------------------ */

static struct claim read_claim(const char *worker, const struct reply *reply, size_t at)
{
    return (struct claim){.worker = worker,
                          .name = reply_text(reply_at(reply, at)),
                          .url = reply_text(reply_at(reply, at + 1)),
                          .actor_id = reply_text(reply_at(reply, at + 2)),
                          .aid = reply_text(reply_at(reply, at + 3)),
                          .kind = reply_text(reply_at(reply, at + 4)),
                          .id = reply_text(reply_at(reply, at + 5)),
                          .trace = reply_text(reply_at(reply, at + 6)),
                          .created = reply_number(reply_at(reply, at + 7)),
                          .origin = reply_text(reply_at(reply, at + 8)),
                          .scheme = reply_text(reply_at(reply, at + 9)),
                          .key_generation = reply_number(reply_at(reply, at + 10))};
}

/* The fifth part of "AN:H:PRIORITY:N:A:INBOX". */
static void activity_number(const char *name, char *out, size_t size)
{
    for (int colons = 0; *name && colons < 4; name++)
        colons += *name == ':';
    (void)snprintf(out, size, "%.*s", (int)strspn(name, "0123456789"), name);
}

static void take(struct gateway *gateway, const struct claim *claim)
{
    char number[24];
    activity_number(claim->name, number, sizeof number);
    const struct signer *signer = signer_account(gateway, claim->aid, claim->key_generation);
    struct body *body = signer ? bodies_get(gateway, number, signer) : NULL;
    if (body)
        send_claim(gateway, claim, body, signer);
    else
        send_put_off(gateway, claim, signer ? "its text cannot be had" : "our own key cannot be had");
}

/* Gives back what the store thinks that this worker has in hand and it has not. False when the store is away:
 * then again. */
static bool settle_claims(struct gateway *gateway)
{
    char worker[WORKER_NAME_SIZE];
    memcpy(worker, gateway->delivery->name, sizeof worker);
    gateway->delivery->claims_unsure = false;
    struct arguments *names = arguments_new();
    arguments_text(names, "HKEYS");
    arguments_format(names, "claims:%s", worker);
    struct reply *held = store_run(gateway->store, names);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, worker);
    arguments_number(arguments, clock_now_ms());
    int64_t unknown = 0;
    for (size_t i = 0; !reply_failed(held) && i < reply_count(held); i++) {
        const char *name = reply_text(reply_at(held, i));
        if (send_is_under_way(gateway->delivery, name))
            continue;
        arguments_text(arguments, name);
        unknown++;
    }
    gateway->delivery->claims_unsure = reply_failed(held);
    reply_free(held);
    if (!unknown) {
        arguments_free(arguments);
        return !gateway->delivery->claims_unsure;
    }
    struct reply *reply = store_script(gateway->store, "delivery_return", arguments);
    bool good = !reply_failed(reply);
    gateway->delivery->claims_unsure |= !good;
    if (good)
        log_number(LOG_INFO, "claims whose answer was lost go back into the queue", "count",
                   reply_number(reply), (char *)NULL);
    reply_free(reply);
    return good;
}

/* What the store was asked at `asked` it has kept for this worker from then on. */
static void note_lease(struct delivery *delivery, int64_t asked)
{
    if (asked + LEASE_SURE_MS > delivery->leased_until)
        delivery->leased_until = asked + LEASE_SURE_MS;
}

/* The store takes the worker of that name for dead. */
static void rise(struct gateway *gateway, const char *worker)
{
    struct delivery *delivery = gateway->delivery;
    if (strcmp(worker, delivery->name) != 0)
        return; /* heard before */
    (void)snprintf(delivery->name, sizeof delivery->name, "%s-%u", gateway->worker_id, ++delivery->burials);
    delivery->leased_until = 0;
    log_number(LOG_WARNING, "this worker was taken for dead; what it had not sent yet others send",
               "in_flight", (int64_t)delivery->flying, (char *)NULL);
}

static bool pump_round(struct gateway *gateway)
{
    struct delivery *delivery = gateway->delivery;
    char worker[WORKER_NAME_SIZE];
    if (delivery->claims_unsure && !settle_claims(gateway))
        return false;
    if (delivery->flying >= FLYING_MAX)
        return false;
    size_t room = FLYING_MAX - delivery->flying;
    memcpy(worker, delivery->name, sizeof worker);
    int64_t asked = loop_monotonic_ms();
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, worker);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, (int64_t)(room < CLAIM_MAX ? room : CLAIM_MAX));
    struct reply *reply = store_script(gateway->store, "delivery_claim", arguments);
    bool good = !reply_failed(reply);
    bool buried = good && reply_count(reply) == 1;
    size_t count = good ? reply_count(reply) / CLAIM_TEXTS : 0;
    if (buried)
        rise(gateway, worker);
    else if (count && strcmp(worker, delivery->name) == 0)
        note_lease(delivery, asked);
    else if (!good)
        delivery->claims_unsure = true;
    for (size_t i = 0; i < count; i++) {
        struct claim claim = read_claim(worker, reply, i * CLAIM_TEXTS);
        take(gateway, &claim);
    }
    reply_free(reply);
    return count > 0 || buried;
}

/* ---- leases
 * ------------------------------------------------------------------------------------------------------ */

static bool beat_round(struct gateway *gateway)
{
    char worker[WORKER_NAME_SIZE];
    memcpy(worker, gateway->delivery->name, sizeof worker);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, worker);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, RECLAIM_MAX);
    int64_t asked = loop_monotonic_ms();
    struct reply *reply = store_script(gateway->store, "delivery_beat", arguments);
    bool good = !reply_failed(reply);
    int64_t reclaimed = good ? reply_number(reply) : 0;
    if (reclaimed < 0)
        rise(gateway, worker);
    else if (good && strcmp(worker, gateway->delivery->name) == 0)
        note_lease(gateway->delivery, asked);
    reply_free(reply);
    if (reclaimed > 0) {
        log_number(LOG_WARNING, "a worker died; what it had in flight is sent again", "count", reclaimed,
                   (char *)NULL);
        rounds_kick(&gateway->delivery->pump);
    }
    return reclaimed == RECLAIM_MAX || reclaimed < 0;
}

static void store_back(void *context, const char *message)
{
    struct gateway *gateway = context;
    /* Beat first when the store comes back, lest our own leases be taken for those of a dead worker. */
    if (message || !gateway->delivery)
        return;
    gateway->delivery->claims_unsure = true;
    rounds_kick(&gateway->delivery->beat);
}

void delivery_start(struct gateway *gateway)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        abort();
    gateway->delivery = delivery;
    delivery->gateway = gateway;
    (void)snprintf(delivery->name, sizeof delivery->name, "%s", gateway->worker_id);
    delivery->bodies = bodies_new();
    delivery->results = results_new(gateway);
    delivery->ahead = ahead_new(gateway);
    store_listen(gateway->store, "delivery", store_back, gateway);
    rounds_start(&delivery->beat, gateway, beat_round, BEAT_MS, true);
    rounds_start(&delivery->fan, gateway, fanout_round, FAN_IDLE_MS, false);
    rounds_start(&delivery->pump, gateway, pump_round, PUMP_IDLE_MS, false);
}

void delivery_kick(struct gateway *gateway)
{
    struct delivery *delivery = gateway->delivery;
    if (!delivery)
        return;
    rounds_kick(&delivery->fan);
    rounds_kick(&delivery->pump);
}

size_t delivery_pending(const struct gateway *gateway)
{
    const struct delivery *delivery = gateway->delivery;
    return delivery ? delivery->flying + ahead_is_busy(delivery->ahead) : 0;
}

void delivery_free(struct gateway *gateway)
{
    struct delivery *delivery = gateway->delivery;
    if (!delivery)
        return;
    gateway->delivery = NULL;
    rounds_free(&delivery->pump);
    rounds_free(&delivery->fan);
    rounds_free(&delivery->beat);
    fanout_forget(delivery);
    results_free(delivery->results);
    ahead_free(delivery->ahead);
    bodies_free(delivery->bodies);
    free(delivery);
}
