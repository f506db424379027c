#include "gateway/ledger/observe.h"

#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/fed/verify.h"
#include "gateway/ledger/exposure.h"
#include "gateway/log.h"
#include "mapping/inbound.h"

void observe_request(struct serving *serving, struct observation *observation)
{
    const char *why = NULL;
    observation->actor_id = NULL;
    observation->reads = strcmp(http_request_method(serving->request), "GET") == 0;
    observation->is_signed = verify_read(serving->gateway, serving->arena, serving->request,
                                         &observation->signature, &why) == VERIFIED;
}

static void note_gone_seen(struct serving *serving, const char *aid, const char *oid, const char *actor_id)
{
    const char *origin = url_origin(serving->arena, actor_id);
    if (!origin)
        return;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid); /* NULL: the account */
    arguments_text(arguments, origin);
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(serving->gateway->store, "delete_observed", arguments);
    if (!reply_failed(reply) && reply_number(reply) == 1)
        log_write(LOG_INFO, "a host saw that a post or an account is deleted", "host", origin, "aid", aid,
                  "oid", oid ? oid : "", (char *)NULL);
    reply_free(reply);
}

/* Who signed the request; NULL when nobody did. Waits. */
static const char *reader_of(struct serving *serving, const struct observation *observation)
{
    const char *actor_id = observation->actor_id;
    const char *why = NULL;
    if (!observation->is_signed || !observation->reads || serving->gateway->stopping)
        return NULL;
    bool known = actor_id || verify_signature(serving->gateway, serving->arena, &observation->signature,
                                              &actor_id, &why) == VERIFIED;
    if (!known)
        return NULL;
    delivery_host_seen(serving->gateway, actor_id);
    return actor_id;
}

void observe_answered(struct serving *serving, const struct observation *observation, enum observed what,
                      const char *aid, const char *oid)
{
    const char *actor_id = reader_of(serving, observation);
    if (!actor_id)
        return;
    if (what == OBSERVED_GONE)
        note_gone_seen(serving, aid, oid, actor_id);
    else
        (void)exposure_add(serving->gateway, aid, what == OBSERVED_POST ? oid : NULL, actor_id, 'f');
}

void observe_posts(struct serving *serving, const struct observation *observation, const char *aid,
                   const char *const *oids, size_t count)
{
    const char *actor_id = count ? reader_of(serving, observation) : NULL;
    for (size_t i = 0; actor_id && i < count; i++)
        (void)exposure_add(serving->gateway, aid, oids[i], actor_id, 'f');
}
