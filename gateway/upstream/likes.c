/* A member likes what somebody elsewhere wrote, or takes that back. */
#include <string.h>

#include "gateway/fed/publish.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/upstream/platform.h"

/* What the platform shows, by the key that it got; its own posts' likes it counts itself. */
static enum lookup find_object(struct platform *platform, struct arena *arena, const char *subject,
                               struct remote_object *out)
{
    if (strncmp(subject, "rp_", 3) != 0)
        return LOOKUP_ABSENT;
    enum lookup found = remote_object_find(platform->gateway, arena, subject, out);
    bool shown = found == LOOKUP_FOUND && !out->gone && out->platform &&
                 strcmp(out->platform, platform->config->name) == 0;
    return found == LOOKUP_DOWN ? LOOKUP_DOWN : shown ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

enum work_result like_handle(struct platform *platform, struct arena *arena, const struct event *event,
                             const char *trace)
{
    struct gateway *gateway = platform->gateway;
    struct remote_object object;
    char aid[AID_LENGTH + 1];
    bool given = event->kind == EVENT_LIKE_CREATED;
    if (!event->account || !event->subject)
        return WORK_DONE;
    enum lookup found = account_of_native(gateway->store, platform->config->name, event->account, aid);
    if (found == LOOKUP_FOUND)
        found = find_object(platform, arena, event->subject, &object);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    /* Nothing new goes to whom the account has nothing to do with. */
    enum lookup separated = given ? separation_find(gateway, aid, object.actor, false) : LOOKUP_ABSENT;
    if (separated != LOOKUP_ABSENT)
        return separated == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    const struct like like = {.object = object.id, .author = object.actor, .event = event->key};
    bool good = given ? publish_like(gateway, aid, &like, trace) : publish_unlike(gateway, aid, &like, trace);
    return good ? WORK_DONE : WORK_LATER;
}
