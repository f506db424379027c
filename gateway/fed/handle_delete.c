#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/fed/following.h"
#include "gateway/fed/handle.h"
#include "gateway/fed/separation.h"
#include "gateway/log.h"
#include "gateway/store/quotes.h"
#include "gateway/upstream/upstream.h"

enum work_result remove_object(struct incoming *incoming, const char *object_id)
{
    char hash[23];
    id_hash(object_id, hash);
    struct remote_object object;
    enum lookup found = remote_object_find(incoming->gateway, incoming->arena, object_id, &object);
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    remote_note_forget(incoming->gateway, incoming->arena, object_id);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, hash);
    arguments_text(arguments, incoming->activity.actor);
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(incoming->gateway->store, "remote_object_remove", arguments);
    bool failed = reply_failed(reply);
    if (!failed && strcmp(reply_text(reply), "deleted") == 0)
        log_write(LOG_INFO, "a reply was deleted by its author", "trace", incoming->trace, "object",
                  object_id, (char *)NULL);
    reply_free(reply);
    if (found == LOOKUP_FOUND && object.platform)
        upstream_push_kick(incoming->gateway, object.platform);
    return failed ? WORK_LATER : WORK_DONE;
}

/* The whole actor is gone: no more deliveries to it, and what it wrote goes too, as most servers send no
 * Delete for each. */
enum work_result remove_actor(struct incoming *incoming)
{
    if (!delivery_follower_forget(incoming->gateway, incoming->activity.actor) ||
        !following_forget(incoming->gateway, incoming->activity.actor, false, incoming->trace) ||
        !separation_forget_person(incoming->gateway, incoming->activity.actor, incoming->trace))
        return WORK_LATER;
    remote_actor_forget(incoming->gateway, incoming->arena, incoming->activity.actor);
    return WORK_DONE;
}

/* Whether it is the actor's to take back: being on the same server is not enough. The post may quote
 * something else by now, with a permission of its own. */
static enum lookup is_giver(struct incoming *incoming, const char *aid, const char *oid, const char *stamp)
{
    struct account_record record;
    struct post_record post;
    enum lookup found = account_load(incoming->gateway->store, incoming->arena, aid, &record);
    if (found == LOOKUP_FOUND)
        found = post_load(incoming->gateway->store, incoming->arena, aid, oid, &post);
    if (found == LOOKUP_FOUND && strcmp(post.stamp, stamp) != 0)
        return LOOKUP_ABSENT;
    return found == LOOKUP_FOUND ? is_quoted_author(incoming, &record, &post) : found;
}

/* A permission to quote was taken back (FEP-044f): our post goes on without it. LOOKUP_FOUND when the object
 * is a permission that we have. */
static enum lookup drop_stamp(struct incoming *incoming, const char *stamp)
{
    const char *place = NULL;
    enum lookup found = post_of_stamp(incoming->gateway->store, incoming->arena, stamp, &place);
    if (found != LOOKUP_FOUND || strlen(place) != AID_LENGTH + 1 + OID_LENGTH)
        return found == LOOKUP_DOWN ? found : LOOKUP_ABSENT;
    const char *aid = arena_copy(incoming->arena, place, AID_LENGTH);
    const char *oid = place + AID_LENGTH + 1;
    found = is_giver(incoming, aid, oid, stamp);
    if (found == LOOKUP_FOUND)
        found = post_stamp(incoming->gateway->store, aid, oid, NULL, clock_now_ms());
    return found == LOOKUP_DOWN ? found : LOOKUP_FOUND;
}

enum work_result handle_delete(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    if (!activity->object_id)
        return WORK_DONE;
    if (strcmp(activity->object_id, activity->actor) == 0)
        return remove_actor(incoming);
    if (!url_same_origin(activity->object_id, activity->actor))
        return WORK_DONE;
    enum lookup stamp = drop_stamp(incoming, activity->object_id);
    if (stamp != LOOKUP_ABSENT)
        return stamp == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    return remove_object(incoming, activity->object_id);
}
