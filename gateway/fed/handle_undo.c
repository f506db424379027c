#include <string.h>

#include "gateway/delivery/delivery.h"
#include "gateway/fed/handle.h"
#include "gateway/log.h"

enum { UNDONE_KEPT_S = 6 * 3600 };

static enum work_result remember_undone(struct incoming *incoming, const char *follow_id)
{
    char hash[23];
    /* By who said it: nobody can undo somebody else's Follow that is still on its way. */
    id_hash(arena_format(incoming->arena, "%s %s", incoming->activity.actor, follow_id), hash);
    struct reply *reply =
        store_call(incoming->gateway->store, "SET", arena_format(incoming->arena, "undone_follow:%s", hash),
                   "1", "EX", arena_format(incoming->arena, "%d", UNDONE_KEPT_S), (char *)NULL);
    bool failed = reply_failed(reply);
    reply_free(reply);
    return failed ? WORK_LATER : WORK_DONE;
}

static enum work_result undo_follow(struct incoming *incoming, const char *account_url)
{
    struct account_record record;
    enum lookup found = incoming_local_account(incoming, account_url, &record);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (!delivery_follower_remove(incoming->gateway, record.aid, incoming->activity.actor))
        return WORK_LATER;
    log_write(LOG_INFO, "a follower left", "trace", incoming->trace, "aid", record.aid, "follower",
              incoming->activity.actor, (char *)NULL);
    const char *follow_id = incoming->activity.object_id;
    bool own = follow_id && url_same_origin(follow_id, incoming->activity.actor);
    return own ? remember_undone(incoming, follow_id) : WORK_DONE;
}

/* What is undone says which reaction of several it was. */
static enum work_result undo_reaction(struct incoming *incoming)
{
    struct inbound_activity inner;
    if (inbound_activity_read(incoming->activity.object, incoming->arena, &inner) || !inner.object_id)
        return WORK_DONE;
    inner.actor = incoming->activity.actor;
    struct reaction reaction = reaction_of(incoming->arena, &inner);
    return count_reaction(incoming, &reaction, inner.object_id, false);
}

enum work_result handle_undo(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    const char *type = activity->object_type;
    static const char *const reactions[] = {"Like", "EmojiReact", "Announce"};
    /* Only one's own deeds can be undone (FEP-fe34). */
    if (activity->inner_actor && strcmp(activity->inner_actor, activity->actor) != 0)
        return WORK_DONE;
    if (!type || !activity->inner_object)
        return WORK_DONE;
    if (strcmp(type, "Follow") == 0)
        return undo_follow(incoming, activity->inner_object);
    if (strcmp(type, "Block") == 0)
        return block(incoming, activity->inner_object, false);
    for (size_t i = 0; i < sizeof reactions / sizeof reactions[0]; i++)
        if (strcmp(type, reactions[i]) == 0)
            return undo_reaction(incoming);
    return WORK_DONE;
}
