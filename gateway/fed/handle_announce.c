#include <stdlib.h>
#include <string.h>

#include "gateway/fed/handle.h"
#include "gateway/fed/hearsay.h"
#include "gateway/fed/inbox.h"

/* ---- groups (FEP-1b12): Lemmy and its like repeat to all what a member said in the group
 * ----------------------------------- */

/* The group's word is only a hint. */
static enum work_result handle_repeated(struct incoming *incoming, const struct inbound_activity *inner)
{
    if (!hearsay_takes(inner))
        return WORK_DONE;
    char *body = json_dumps(incoming->activity.object, JSON_COMPACT);
    if (!body)
        return WORK_DONE;
    const struct hearsay hearsay = {
        .teller = incoming->activity.actor, .trace = incoming->trace, .body = body, .length = strlen(body)};
    bool good = inbox_keep_hearsay(incoming->gateway, incoming->arena, inner, &hearsay);
    free(body);
    return good ? WORK_DONE : WORK_LATER;
}

/* ---- boosts
 * ------------------------------------------------------------------------------------------------------- */

/* Of our posts they are counted; of anything else, they are not our business. */
enum work_result handle_announce(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    struct inbound_activity inner;
    if (activity->object && json_object_get(activity->object, "actor") &&
        !inbound_activity_read(activity->object, incoming->arena, &inner) && inner.object_id)
        return handle_repeated(incoming, &inner);
    if (!activity->object_id)
        return WORK_DONE;
    struct reaction share = reaction_of(incoming->arena, activity);
    return count_reaction(incoming, &share, activity->object_id, true);
}
