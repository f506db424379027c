#include <string.h>

#include "gateway/fed/handle.h"
#include "gateway/upstream/upstream.h"

static bool is_actor_type(const char *type)
{
    static const char *const types[] = {"Person", "Service", "Application", "Group", "Organization"};
    for (size_t i = 0; type && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

/* The document in the activity is a hint only: the actor is fetched from its own server. */
static enum work_result refresh_actor(struct incoming *incoming)
{
    struct inbound_actor actor;
    const char *why = NULL;
    if (remote_actor_known(incoming->gateway, incoming->arena, incoming->activity.actor) != LOOKUP_FOUND)
        return WORK_DONE;
    enum remote_outcome outcome =
        remote_actor(incoming->gateway, incoming->arena, incoming->activity.actor, 0, &actor, &why);
    if (outcome == REMOTE_OK &&
        !upstream_refresh_person(incoming->gateway, incoming->activity.actor, incoming->trace))
        return WORK_LATER;
    return outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
}

enum work_result handle_update(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    if (activity->object_id && strcmp(activity->object_id, activity->actor) == 0)
        return refresh_actor(incoming);
    if (is_actor_type(activity->object_type))
        return WORK_DONE; /* somebody else's profile */
    /* An unknown object's Update is taken as its Create (PROTOCOL §3.3). */
    return handle_create(incoming);
}
