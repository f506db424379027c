#include "gateway/fed/followers.h"

#include <string.h>

#include "gateway/delivery/delivery.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/render.h"

static const int64_t ACTOR_AGE_MS = (int64_t)30 * 86400 * 1000;

/* The Follow that waits, in the arena. */
static enum lookup request_of(struct gateway *gateway, struct arena *arena, const char *key,
                              const char *actor_id, const char **follow)
{
    struct reply *reply = store_call(gateway->store, "HGET", key, actor_id, (char *)NULL);
    const char *kept = strchr(reply_text(reply), ' ');
    *follow = kept ? arena_string(arena, kept + 1) : NULL;
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : *follow ? LOOKUP_FOUND : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

enum lookup follower_decide(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                            const char *actor_id, bool accept, const char *trace, const char **why)
{
    const char *follow;
    struct inbound_actor actor;
    const char *key = arena_format(arena, "requests:%s", record->aid);
    *why = NULL;
    enum lookup found = request_of(gateway, arena, key, actor_id, &follow);
    if (found != LOOKUP_FOUND)
        return found;
    if (remote_actor(gateway, arena, actor_id, ACTOR_AGE_MS, &actor, why) != REMOTE_OK)
        return LOOKUP_DOWN;
    *why = NULL;
    const char *object = url_actor(arena, account_base(gateway, record), record->aid);
    if (accept &&
        !delivery_follower_add(gateway, record->aid, actor_id, follow, actor.inbox, actor.shared_inbox))
        return LOOKUP_DOWN;
    if (!publish_follow_answer(gateway, record->aid, accept, follow, actor_id, object, actor.inbox, trace))
        return LOOKUP_DOWN;
    struct reply *reply = store_call(gateway->store, "HDEL", key, actor_id, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good ? LOOKUP_FOUND : LOOKUP_DOWN;
}
