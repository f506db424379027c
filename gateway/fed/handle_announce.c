#include "gateway/fed/handle.h"

/* Boosts of our posts are counted; of anything else, they are not our business. */
enum work_result handle_announce(struct incoming *incoming)
{
    if (!incoming->activity.object_id)
        return WORK_DONE;
    return count_reaction(incoming, REACTION_SHARE, incoming->activity.object_id, true);
}
