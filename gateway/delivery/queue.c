/* Activities into the queue. */
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/engine.h"
#include "gateway/delivery/signing.h"
#include "mapping/ids.h"
#include "mapping/inbound.h"

enum { QUEUE_BUDGET = 1 << 18 };

/* How each kind travels. */
static const struct {
    const char *name, *key; /* key: prefix of the order key */
    const char *sources;    /* of its fan-out: audience, exposure of the post, exposure of the account */
} kinds[] = {
    [DELIVERY_CREATE] = {"create", "o", "a"},     [DELIVERY_UPDATE] = {"update", "o", "ae"},
    [DELIVERY_DELETE] = {"delete", "o", "e"},     [DELIVERY_ANSWER] = {"answer", "f", ""},
    [DELIVERY_PROFILE] = {"profile", "p", "ax"},  [DELIVERY_LEAVE] = {"leave", "x", "x"},
    [DELIVERY_ANNOUNCE] = {"announce", "o", "a"}, [DELIVERY_UNDO] = {"undo", "o", "e"},
    [DELIVERY_RENEWAL] = {"renewal", "p", "ax"},  [DELIVERY_MOVE] = {"move", "p", "a"},
    [DELIVERY_NOTICE] = {"notice", "o", "a"},     [DELIVERY_KEY] = {"key", "p", "ax"},
};

static bool may_stand(const char *url)
{
    for (const unsigned char *at = (const unsigned char *)url; at && *at; at++)
        if (*at <= ' ' || *at == 0x7f)
            return false;
    return url && url[0] != '\0';
}

static size_t add_targets(struct arguments *arguments, struct arena *arena,
                          const struct delivery_activity *activity)
{
    size_t count = 0;
    for (size_t i = 0; i < activity->target_count && count < DELIVERY_TARGETS_MAX; i++) {
        const struct delivery_target *target = &activity->targets[i];
        const char *origin = url_origin(arena, target->actor_id);
        bool shared = target->shared_inbox && may_stand(target->shared_inbox) &&
                      url_same_origin(target->shared_inbox, target->actor_id);
        const char *inbox = shared ? target->shared_inbox : target->inbox;
        if (!origin || !may_stand(inbox))
            continue;
        arguments_text(arguments, origin);
        arguments_text(arguments, inbox);
        arguments_text(arguments, shared ? "1" : "0");
        arguments_text(arguments, target->reason ? arena_format(arena, "%c", target->reason) : "");
        arguments_text(arguments, target->actor_id);
        count++;
    }
    return count;
}

/* With the first page of its fan-out, where it is the next one, and the claim of what that makes ready: one
 * after the other in the store, so that all three are on the disk at once. */
static struct reply *enqueue(struct gateway *gateway, struct arguments *arguments, bool pages)
{
    struct arguments *page = NULL;
    if (pages) {
        page = arguments_new();
        arguments_text(page, ""); /* whichever is first */
        arguments_text(page, "");
        arguments_number(page, clock_now_ms());
        arguments_number(page, AUDIENCE_PAGE);
    }
    if (gateway->delivery)
        rounds_kick(&gateway->delivery->pump); /* its task runs when this one waits */
    return store_scripts(gateway->store, "delivery_enqueue", arguments, "delivery_fanout", page);
}

bool delivery_queue(struct gateway *gateway, const struct delivery_activity *activity)
{
    struct arena *arena = arena_new(QUEUE_BUDGET);
    const char *order = activity->oid[0] ? activity->oid : activity->order_key ? activity->order_key : "";
    char once[23];
    id_hash(activity->id, once);
    struct arguments *targets = arguments_new();
    size_t target_count = add_targets(targets, arena, activity);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, kinds[activity->kind].name);
    arguments_text(arguments, activity->aid);
    arguments_text(arguments, activity->oid);
    arguments_number(arguments, (int64_t)activity->revision);
    arguments_format(arguments, "%s%s", kinds[activity->kind].key, order);
    arguments_number(arguments, activity->priority);
    arguments_text(arguments, activity->id);
    arguments_text(arguments, once);
    arguments_text(arguments, activity->trace);
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, activity->late ? "" : kinds[activity->kind].sources);
    arguments_text(arguments, activity->target_count == 1 ? activity->targets[0].actor_id : "");
    arguments_text(arguments, activity->late ? "1" : "0");
    arguments_bytes(arguments, activity->body, activity->body_length);
    arguments_number(arguments, (int64_t)target_count);
    arguments_append(arguments, targets);
    arguments_free(targets);
    arena_free(arena);
    bool pages = !activity->late && kinds[activity->kind].sources[0] == 'a';
    struct body *body = gateway->delivery ? body_of_new(activity->body, activity->body_length) : NULL;
    if (body && pages && !gateway->delivery->flying)
        ahead_begin(gateway->delivery->ahead, activity->aid, body);
    struct reply *reply = enqueue(gateway, arguments, pages);
    bool good = !reply_failed(reply);
    bool queued = reply_kind(reply) == REPLY_TEXT;
    if (activity->queued)
        *activity->queued = queued;
    if (body && queued)
        bodies_put(gateway->delivery->bodies, reply_text(reply), body);
    if (good && gateway->delivery)
        rounds_kick(&gateway->delivery->fan);
    body_unref(body);
    reply_free(reply);
    return good;
}
