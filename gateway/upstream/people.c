/* What a member of the platform, or its moderators, decided about people elsewhere and what they wrote. */
#include <string.h>
#include <strings.h>

#include "gateway/clock.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/upstream/platform.h"

/* A person by the key that the platform knows, else a server. Not found: *subject is NULL. */
static enum lookup subject_of(struct gateway *gateway, struct arena *arena, const char *named,
                              const char **subject)
{
    struct remote_person person;
    *subject = NULL;
    if (strncmp(named, "ra_", 3) != 0) {
        char *domain = arena_string(arena, named);
        for (char *at = domain; *at; at++)
            *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
        *subject = strpbrk(domain, "/:@ ") || !*domain ? NULL : domain;
        return LOOKUP_FOUND;
    }
    enum lookup found = remote_person_find(gateway, arena, named, NULL, &person);
    if (found == LOOKUP_FOUND)
        *subject = person.actor_id;
    return found;
}

enum work_result people_block(struct platform *platform, struct arena *arena, const struct event *event,
                              const char *trace)
{
    struct gateway *gateway = platform->gateway;
    char aid[AID_LENGTH + 1];
    const char *subject = NULL;
    if (!event->account || !event->subject)
        return WORK_DONE;
    enum lookup found = account_of_native(gateway->store, platform->config->name, event->account, aid);
    if (found == LOOKUP_FOUND)
        found = subject_of(gateway, arena, event->subject, &subject);
    if (found != LOOKUP_FOUND || !subject)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    const struct separation separation = {.aid = aid, .subject = subject, .by = SEPARATED_BY_PLATFORM};
    bool good = event->kind == EVENT_BLOCK_CREATED ? separate(gateway, &separation, trace)
                                                   : separation_end(gateway, &separation, trace);
    return good ? WORK_DONE : WORK_LATER;
}

enum work_result people_removed(struct platform *platform, struct arena *arena, const struct event *event)
{
    struct gateway *gateway = platform->gateway;
    struct remote_object object;
    if (!event->subject || strncmp(event->subject, "rp_", 3) != 0)
        return WORK_DONE;
    enum lookup found = remote_object_find(gateway, arena, event->subject, &object);
    if (found != LOOKUP_FOUND || object.gone || !object.platform ||
        strcmp(object.platform, platform->config->name) != 0)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, event->subject + 3);
    arguments_text(arguments, object.actor);
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(gateway->store, "remote_object_remove", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good ? WORK_DONE : WORK_LATER;
}
