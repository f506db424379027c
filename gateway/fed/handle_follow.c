#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/domains.h"
#include "gateway/fed/handle.h"
#include "gateway/fed/publish.h"
#include "gateway/log.h"

static enum work_result reject(struct incoming *incoming, const struct account_record *record,
                               const struct inbound_actor *actor)
{
    return publish_follow_answer(incoming->gateway, record->aid, false, incoming->activity.id, actor->id,
                                 incoming->activity.object_id, actor->inbox, incoming->trace)
               ? WORK_DONE
               : WORK_LATER;
}

/* An Undo that came before its Follow is remembered for six hours (PROTOCOL §3.3). */
static enum lookup undone_before(struct incoming *incoming)
{
    char hash[23];
    id_hash(arena_format(incoming->arena, "%s %s", incoming->activity.actor, incoming->activity.id), hash);
    struct reply *reply = store_call(incoming->gateway->store, "EXISTS",
                                     arena_format(incoming->arena, "undone_follow:%s", hash), (char *)NULL);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

/* The owner approves each follower, or each of a server that is limited: who follows already goes on, who is
 * new waits. False: the store is away.
 */
static bool ask_owner(struct incoming *incoming, const struct account_record *record, bool *waits)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, record->aid);
    arguments_text(arguments, incoming->activity.actor);
    arguments_text(arguments, incoming->activity.id);
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(incoming->gateway->store, "follow_ask", arguments);
    bool good = !reply_failed(reply);
    *waits = reply_number(reply) == 1;
    reply_free(reply);
    if (*waits)
        log_write(LOG_INFO, "somebody asks to follow", "trace", incoming->trace, "aid", record->aid, "actor",
                  incoming->activity.actor, (char *)NULL);
    return good;
}

enum work_result handle_follow(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    struct account_record record;
    struct inbound_actor actor;
    const char *why = NULL;
    if (!activity->object_id || !activity->id)
        return WORK_DONE;
    enum lookup found = incoming_local_account(incoming, activity->object_id, &record);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    found = undone_before(incoming);
    if (found != LOOKUP_ABSENT)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    enum remote_outcome met = remote_actor(incoming->gateway, incoming->arena, activity->actor,
                                           (int64_t)86400 * 1000, &actor, &why);
    if (met != REMOTE_OK)
        return met == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    found = incoming_meets(incoming, &record);
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    if (!consent_is_bridged(record.consent) || found == LOOKUP_ABSENT)
        return reject(incoming, &record, &actor);
    bool waits = false;
    bool asks = record.account.approve_followers || record.consent == CONSENT_PAUSED ||
                domains_limit(incoming->gateway, actor.id);
    if (asks && !ask_owner(incoming, &record, &waits))
        return WORK_LATER;
    if (waits)
        return WORK_DONE;
    if (!delivery_follower_add(incoming->gateway, record.aid, actor.id, activity->id, actor.inbox,
                               actor.shared_inbox))
        return WORK_LATER;
    log_write(LOG_INFO, "a new follower", "trace", incoming->trace, "aid", record.aid, "follower", actor.id,
              (char *)NULL);
    return publish_follow_answer(incoming->gateway, record.aid, true, activity->id, actor.id,
                                 activity->object_id, actor.inbox, incoming->trace)
               ? WORK_DONE
               : WORK_LATER;
}
