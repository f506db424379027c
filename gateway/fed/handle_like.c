#include "gateway/fed/handle.h"

/* Like, EmojiReact and Like with a reaction (FEP-c0e0) all count as one like a person (PROTOCOL §3.3). */
enum work_result handle_like(struct incoming *incoming)
{
    if (!incoming->activity.object_id)
        return WORK_DONE;
    return count_reaction(incoming, REACTION_LIKE, incoming->activity.object_id, true);
}
