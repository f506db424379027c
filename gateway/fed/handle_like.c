#include "gateway/fed/handle.h"

/* Reactions (EmojiReact, Like with content: FEP-c0e0) stay apart where the platform can tell them; whoever
 * likes or reacts, however often, counts as one like (PROTOCOL §3.3). */
enum work_result handle_like(struct incoming *incoming)
{
    if (!incoming->activity.object_id)
        return WORK_DONE;
    struct reaction reaction = reaction_of(incoming->arena, &incoming->activity);
    return count_reaction(incoming, &reaction, incoming->activity.object_id, true);
}
