/* Posts of people whom accounts of ours follow, for a platform that shows them (the contract's feature
 * timeline). What they repeat of others is left out, and so are their answers to others. */
#include <string.h>

#include "gateway/fed/handle.h"
#include "gateway/fed/separation.h"
#include "gateway/upstream/upstream.h"

/* It begins something, or goes on with what its author began and is shown already. */
static enum lookup is_own_thread(struct incoming *incoming, const struct inbound_note *note)
{
    struct remote_object parent;
    if (!note->in_reply_to)
        return LOOKUP_FOUND;
    enum lookup found = remote_object_find(incoming->gateway, incoming->arena, note->in_reply_to, &parent);
    if (found != LOOKUP_FOUND)
        return found;
    bool own = !parent.gone && parent.actor && strcmp(parent.actor, incoming->activity.actor) == 0;
    return own ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

/* The platforms where somebody follows the actor; the first that shows such posts. */
static enum lookup find_platform(struct incoming *incoming, const char **platform)
{
    char hash[23];
    id_hash(incoming->activity.actor, hash);
    struct reply *reply = store_call(incoming->gateway->store, "HKEYS",
                                     arena_format(incoming->arena, "followed:%s", hash), (char *)NULL);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_ABSENT;
    for (size_t i = 0; i < reply_count(reply) && result == LOOKUP_ABSENT; i++) {
        bool shows = false;
        *platform = arena_string(incoming->arena, reply_text(reply_at(reply, i)));
        if (!upstream_shows_timeline(incoming->gateway, *platform, &shows))
            result = LOOKUP_DOWN;
        else if (shows)
            result = LOOKUP_FOUND;
    }
    reply_free(reply);
    return result;
}

enum lookup timeline_find(struct incoming *incoming, const struct inbound_note *note, struct place *out)
{
    const char *platform = NULL;
    enum lookup found = find_platform(incoming, &platform);
    if (found == LOOKUP_FOUND)
        found = is_own_thread(incoming, note);
    if (found != LOOKUP_FOUND)
        return found;
    *out = (struct place){.record = {.aid = "", .platform = platform}, .root = {.oid = ""}, .parent = ""};
    switch (separation_find(incoming->gateway, "", incoming->activity.actor, false)) {
    case LOOKUP_DOWN:
        return LOOKUP_DOWN;
    case LOOKUP_FOUND:
        return LOOKUP_ABSENT;
    case LOOKUP_ABSENT:
        break;
    }
    return LOOKUP_FOUND;
}
