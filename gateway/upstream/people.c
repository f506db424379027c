/* What a member of the platform, or its moderators, decided about people elsewhere and what they wrote. */
#include <string.h>

#include "gateway/clock.h"
#include "gateway/domain_rules.h"
#include "gateway/fed/flags.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/log.h"
#include "gateway/store/reports.h"
#include "gateway/upstream/platform.h"
#include "mapping/utf8_text.h"

/* A person by the key that the platform knows, else a server. Not found: *subject is NULL. */
static enum lookup subject_of(struct gateway *gateway, struct arena *arena, const char *named,
                              const char **subject)
{
    struct remote_person person;
    *subject = NULL;
    if (strncmp(named, "ra_", 3) != 0) {
        char domain[DOMAIN_SIZE];
        *subject = domain_canonical(named, domain) ? arena_string(arena, domain) : NULL;
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

/* Whom a report is about, and which post of theirs. */
static enum lookup reported(struct gateway *gateway, struct arena *arena, const char *key,
                            struct report *report)
{
    struct remote_object object;
    struct remote_person person;
    enum lookup found = LOOKUP_ABSENT;
    if (strncmp(key, "rp_", 3) == 0) {
        found = remote_object_find(gateway, arena, key, &object);
        if (found == LOOKUP_FOUND) {
            report->subject = object.actor;
            report->posts[report->post_count++] = object.id;
        }
    } else if (strncmp(key, "ra_", 3) == 0) {
        found = remote_person_find(gateway, arena, key, NULL, &person);
        if (found == LOOKUP_FOUND)
            report->subject = person.actor_id;
    }
    return found;
}

enum work_result people_report(struct platform *platform, struct arena *arena, const struct event *event,
                               const char *trace)
{
    struct gateway *gateway = platform->gateway;
    char aid[AID_LENGTH + 1] = "";
    char id[REPORT_ID_SIZE];
    struct report report = {.outgoing = true, .platform = platform->config->name, .by = "platform"};
    if (!event->account || !event->subject)
        return WORK_DONE;
    enum lookup found = account_of_native(gateway->store, platform->config->name, event->account, aid);
    if (found != LOOKUP_DOWN)
        found = reported(gateway, arena, event->subject, &report);
    const char *origin = found == LOOKUP_FOUND ? url_origin(arena, report.subject) : NULL;
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    if (!origin) {
        log_write(LOG_INFO, "a report is about nobody known and is dropped", "trace", trace, "subject",
                  event->subject, (char *)NULL);
        return WORK_DONE;
    }
    report.aid = aid;
    report.server = strstr(origin, "://") + 3;
    report.comment = utf8_clean_copy(arena, event->comment ? event->comment : "", REPORT_COMMENT_MAX);
    enum report_outcome outcome = report_add(gateway->store, &report, event->forward, trace, id);
    if (outcome == REPORT_DOWN)
        return WORK_LATER;
    bool dropped = outcome == REPORT_FULL || outcome == REPORT_CROWDED;
    log_write(dropped ? LOG_WARNING : LOG_INFO,
              dropped ? "a member's report is dropped: too many are open" : "a member reported somebody",
              "trace", trace, "report", id, "server", report.server, (char *)NULL);
    if (event->forward)
        flags_kick(gateway);
    return WORK_DONE;
}
