/* Follows that members of the platform ask for there, and what they decide about their followers. */
#include <string.h>

#include "gateway/fed/followers.h"
#include "gateway/fed/following.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/log.h"
#include "gateway/upstream/platform.h"

struct wish {
    struct gateway *gateway;
    struct arena *arena;
    const char *trace;
    struct account_record record;
};

/* The account of the event; LOOKUP_ABSENT when it was never on. */
static enum lookup read_wish(struct platform *platform, struct arena *arena, const struct event *event,
                             const char *trace, struct wish *out)
{
    char aid[AID_LENGTH + 1];
    *out = (struct wish){.gateway = platform->gateway, .arena = arena, .trace = trace};
    if (!event->account || !event->subject)
        return LOOKUP_ABSENT;
    enum lookup found =
        account_of_native(platform->gateway->store, platform->config->name, event->account, aid);
    return found == LOOKUP_FOUND ? account_load(platform->gateway->store, arena, aid, &out->record) : found;
}

/* The person by the key that the platform knows, or by name@server. */
static enum lookup find_person(struct wish *wish, const char *subject, const char **actor_id)
{
    if (strncmp(subject, "ra_", 3) == 0)
        return remote_person_id(wish->gateway, wish->arena, subject, actor_id);
    *actor_id = webfinger_resolve(wish->gateway, wish->arena, subject);
    return *actor_id ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

static void say_refused(const struct wish *wish, const char *subject, const char *why)
{
    log_write(LOG_INFO, "a follow that the platform asked for was refused", "trace", wish->trace, "aid",
              wish->record.aid, "person", subject, "reason", why, (char *)NULL);
}

static enum work_result ask(struct wish *wish, const char *subject, const char *actor_id)
{
    const char *why = NULL;
    switch (following_ask(wish->gateway, wish->arena, &wish->record, actor_id, wish->trace, &why)) {
    case FOLLOWING_SENT:
    case FOLLOWING_STANDS:
        break;
    case FOLLOWING_REFUSED:
        say_refused(wish, subject, why);
        break;
    case FOLLOWING_LATER:
        if (!store_is_up(wish->gateway->store))
            return WORK_LATER;
        /* The account's other events must not wait for somebody else's server: the member asks again. */
        say_refused(wish, subject, why);
        break;
    }
    return WORK_DONE;
}

enum work_result people_follow(struct platform *platform, struct arena *arena, const struct event *event,
                               const char *trace)
{
    struct wish wish;
    const char *actor_id = NULL;
    enum lookup found = read_wish(platform, arena, event, trace, &wish);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    bool wants = event->kind == EVENT_FOLLOW_CREATED;
    const char *refusal = wants ? following_server_refusal(platform->gateway, arena, event->subject) : NULL;
    if (refusal) {
        say_refused(&wish, event->subject, refusal);
        return WORK_DONE;
    }
    found = find_person(&wish, event->subject, &actor_id);
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    if (found == LOOKUP_ABSENT) {
        say_refused(&wish, event->subject, "there is no such person, or their server does not answer");
        return WORK_DONE;
    }
    if (wants)
        return ask(&wish, event->subject, actor_id);
    return following_end(platform->gateway, wish.record.aid, actor_id, true, trace) ? WORK_DONE : WORK_LATER;
}

enum work_result people_decided(struct platform *platform, struct arena *arena, const struct event *event,
                                const char *trace)
{
    struct wish wish;
    const char *actor_id = NULL;
    const char *why = NULL;
    enum lookup found = read_wish(platform, arena, event, trace, &wish);
    if (found == LOOKUP_FOUND && wish.record.consent != CONSENT_ON)
        found = LOOKUP_ABSENT;
    if (found == LOOKUP_FOUND)
        found = find_person(&wish, event->subject, &actor_id);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    found = follower_decide(platform->gateway, arena, &wish.record, actor_id, event->accepted, trace, &why);
    if (found == LOOKUP_DOWN)
        return why ? WORK_DONE : WORK_LATER;
    /* Who follows already can be told no, too. */
    if (found == LOOKUP_ABSENT && !event->accepted &&
        !separation_end_follow(platform->gateway, wish.record.aid, actor_id, true, trace))
        return WORK_LATER;
    return WORK_DONE;
}
