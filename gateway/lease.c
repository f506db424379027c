#include "gateway/lease.h"

static struct reply *lease_script(struct gateway *gateway, const struct lease *lease, bool take)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, lease->name);
    arguments_text(arguments, gateway->worker_id);
    arguments_number(arguments, LEASE_MS);
    arguments_text(arguments, take ? "1" : "0");
    return store_script(gateway->store, "lease", arguments);
}

bool lease_take(struct gateway *gateway, struct lease *lease)
{
    int64_t asked = loop_monotonic_ms();
    struct reply *reply = lease_script(gateway, lease, true);
    if (!reply_failed(reply))
        lease->valid_until = reply_number(reply) == 1 ? asked + LEASE_MS : 0;
    reply_free(reply);
    return lease_held(lease);
}

bool lease_is_due(const struct lease *lease)
{
    return lease->valid_until - loop_monotonic_ms() < LEASE_MS - LEASE_RENEW_MS;
}

bool lease_keep(struct gateway *gateway, struct lease *lease)
{
    return !lease_is_due(lease) || lease_take(gateway, lease);
}

bool lease_held(const struct lease *lease)
{
    return loop_monotonic_ms() < lease->valid_until;
}

void lease_give_up(struct gateway *gateway, struct lease *lease)
{
    if (!lease_held(lease))
        return;
    reply_free(lease_script(gateway, lease, false));
    lease->valid_until = 0;
}
