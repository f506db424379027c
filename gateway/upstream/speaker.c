/* Who writes what a remote person said (upstream/push.h). */
#include <string.h>

#include "gateway/fed/separation.h"
#include "gateway/log.h"
#include "gateway/upstream/puppets.h"
#include "gateway/upstream/push.h"

#define RELAY "relay"

enum { PARENT_ATTEMPTS = 6 };

static bool is_for_us(const struct push *push)
{
    return push_can(push, ADAPTER_SPEAKER) || push_can(push, ADAPTER_PUPPET_ACCOUNTS);
}

static bool note_speaker(struct push *push, const char *hash, const char *speaker)
{
    struct reply *reply =
        store_call(push->gateway->store, "HSET", arena_format(push->arena, "remote_object:%s", hash),
                   "speaker", speaker, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

static const struct adapter_puppet *keep(struct push *push, const struct puppet *puppet)
{
    struct adapter_puppet *account = arena_alloc(push->arena, sizeof *account);
    *account = puppet->account;
    return account;
}

/* The first time. */
static enum work_result decide(struct push *push, const char *hash, const struct remote_author *author,
                               struct speaker *out)
{
    bool relays = push_can(push, ADAPTER_SPEAKER);
    if (push_can(push, ADAPTER_PUPPETS)) {
        struct puppet puppet;
        enum puppet_outcome outcome = puppet_ensure(push, author, &puppet);
        if (outcome == PUPPET_READY) {
            out->puppet = keep(push, &puppet);
            return note_speaker(push, hash, puppet.account.native) ? WORK_DONE : WORK_LATER;
        }
        if (outcome == PUPPET_LATER || (outcome == PUPPET_LIMIT && !relays))
            return WORK_LATER;
    }
    out->nobody = !relays;
    return !relays || note_speaker(push, hash, RELAY) ? WORK_DONE : WORK_LATER;
}

static bool is_relayed(const struct remote_object *object)
{
    return object->speaker ? strcmp(object->speaker, RELAY) == 0 : object->native != NULL;
}

enum work_result speaker_choose(struct push *push, const char *hash, const struct remote_object *object,
                                const struct remote_author *author, struct speaker *out)
{
    *out = (struct speaker){0};
    if (!is_for_us(push))
        return WORK_DONE;
    if (is_relayed(object)) {
        out->nobody = !push_can(push, ADAPTER_SPEAKER);
        return WORK_DONE;
    }
    if (!object->speaker)
        return decide(push, hash, author, out);
    struct puppet puppet;
    enum lookup found = puppet_of_native(push->platform, push->arena, object->speaker, &puppet);
    out->nobody = found == LOOKUP_ABSENT;
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (puppet_ensure(push, author, &puppet) != PUPPET_READY)
        return WORK_LATER;
    out->puppet = keep(push, &puppet);
    return WORK_DONE;
}

enum work_result speaker_find(struct push *push, const struct remote_object *object, struct speaker *out)
{
    *out = (struct speaker){0};
    if (!is_for_us(push))
        return WORK_DONE;
    if (!object->speaker || is_relayed(object)) {
        out->nobody = !push_can(push, ADAPTER_SPEAKER);
        return WORK_DONE;
    }
    struct puppet puppet;
    enum lookup found = puppet_of_native(push->platform, push->arena, object->speaker, &puppet);
    out->nobody = found == LOOKUP_ABSENT; /* it is gone, with all that it wrote */
    if (found == LOOKUP_FOUND)
        out->puppet = keep(push, &puppet);
    return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
}

enum work_result speaker_parent(struct push *push, const struct remote_object *object, const char **native,
                                bool *waits)
{
    struct remote_object parent;
    *native = NULL;
    *waits = false;
    if (!object->parent[0] || !is_for_us(push))
        return WORK_DONE;
    enum lookup found = remote_object_find(push->gateway, push->arena,
                                           arena_format(push->arena, "rp_%s", object->parent), &parent);
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    if (found == LOOKUP_ABSENT || parent.gone)
        return WORK_DONE;
    *native = parent.native;
    *waits = !parent.native && !parent.refused && push->attempt < PARENT_ATTEMPTS;
    return WORK_DONE;
}
