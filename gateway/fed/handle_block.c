/* DESIGN §6: remote people consent too. Who blocks an account here is not shown there any more; who blocks a
 * host's own actor wants nothing to do with the bridge. */
#include "gateway/fed/handle.h"
#include "gateway/fed/separation.h"

enum work_result block(struct incoming *incoming, const char *whom, bool put)
{
    struct local_id id = local_parse(incoming->gateway->config, whom);
    if (id.kind != LOCAL_ACTOR && id.kind != LOCAL_INSTANCE)
        return WORK_DONE;
    struct account_record record;
    enum lookup found = LOOKUP_FOUND;
    if (id.kind == LOCAL_ACTOR)
        found = account_load(incoming->gateway->store, incoming->arena, id.aid, &record);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    const struct separation separation = {
        .aid = id.kind == LOCAL_ACTOR ? id.aid : "",
        .subject = incoming->activity.actor,
        .by = SEPARATED_BY_THEM,
    };
    bool good = put ? separate(incoming->gateway, &separation, incoming->trace)
                    : separation_end(incoming->gateway, &separation, incoming->trace);
    return good ? WORK_DONE : WORK_LATER;
}

enum work_result handle_block(struct incoming *incoming)
{
    const char *whom = incoming->activity.object_id;
    return whom ? block(incoming, whom, true) : WORK_DONE;
}
