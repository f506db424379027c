/* Accept and Reject of what we asked for: to follow somebody, or to quote (PROTOCOL §3.3, §3.4). */
#include <string.h>

#include "gateway/fed/following.h"
#include "gateway/fed/handle.h"
#include "gateway/log.h"

/* A Follow of ours as the answer names it: embedded (most servers), or by its id alone. */
struct answered {
    const char *follower; /* URL of the account of ours */
    const char *followed; /* actor id; NULL when only `hash` says who it is */
    char hash[23];
};

static bool read_id(const char *id, struct answered *out)
{
    const char *mark = id ? strstr(id, FOLLOW_MARK) : NULL;
    size_t length = mark ? strlen(mark + sizeof FOLLOW_MARK - 1) : 0;
    if (length < sizeof out->hash)
        return false;
    memcpy(out->hash, mark + sizeof FOLLOW_MARK - 1, sizeof out->hash - 1);
    out->hash[sizeof out->hash - 1] = '\0';
    out->follower = id;
    return true;
}

/* By the id where it is one of ours; else by who follows whom, as some servers make a Follow anew. */
static bool read_answered(const struct inbound_activity *activity, struct answered *out)
{
    bool embedded = activity->object_type && strcmp(activity->object_type, "Follow") == 0;
    *out = (struct answered){.followed = embedded ? activity->inner_object : NULL};
    if (embedded && activity->inner_actor && activity->inner_object) {
        out->follower = activity->inner_actor;
        return true;
    }
    return read_id(activity->object_id, out);
}

/* Only the one whom the Follow was for may answer it. */
static bool is_followed(const struct answered *answered, const char *actor)
{
    char hash[23];
    id_hash(actor, hash);
    return answered->followed ? strcmp(answered->followed, actor) == 0 : strcmp(answered->hash, hash) == 0;
}

static enum work_result follow_answered(struct incoming *incoming, const struct answered *answered)
{
    const struct inbound_activity *activity = &incoming->activity;
    struct account_record record;
    enum lookup found = incoming_local_account(incoming, answered->follower, &record);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (!is_followed(answered, activity->actor)) {
        log_write(LOG_INFO, "an answer to a follow is dropped: it is not from who was asked", "trace",
                  incoming->trace, "aid", record.aid, "actor", activity->actor, (char *)NULL);
        return WORK_DONE;
    }
    bool accepted = strcmp(activity->type, "Accept") == 0;
    return following_answered(incoming->gateway, record.aid, activity->actor, accepted, incoming->trace)
               ? WORK_DONE
               : WORK_LATER;
}

enum work_result handle_answer(struct incoming *incoming)
{
    struct answered answered;
    return read_answered(&incoming->activity, &answered) ? follow_answered(incoming, &answered)
                                                         : quote_answered(incoming);
}
