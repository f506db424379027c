/* A report of another server about accounts or posts here (PROTOCOL §3.3): into the operator's queue, and to
 * the platform where it takes reports. All shapes are taken: an array that begins with the person, single
 * posts, embedded ones. Who reported is the server's word alone: often its instance actor signs. */
#include <string.h>

#include "gateway/fed/handle.h"
#include "gateway/fed/render.h"
#include "gateway/log.h"
#include "gateway/store/reports.h"
#include "gateway/upstream/upstream.h"
#include "mapping/utf8_text.h"

enum { ACCOUNTS_MAX = 4 };

static enum lookup account_of(struct incoming *incoming, const char *url, struct account_record *record,
                              bool *is_post)
{
    struct local_id id = local_parse(incoming->gateway->config, url);
    *is_post = id.kind == LOCAL_POST;
    if (id.kind != LOCAL_ACTOR && id.kind != LOCAL_POST)
        return LOOKUP_ABSENT;
    enum lookup found = account_load(incoming->gateway->store, incoming->arena, id.aid, record);
    if (found == LOOKUP_FOUND && account_view(record, id.host, PART_DISCOVERY) != VIEW_ALL)
        return LOOKUP_ABSENT;
    return found;
}

/* A Flag may name several accounts: one report each. */
static struct report *report_about(struct report *reports, size_t *count, const struct account_record *record)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(reports[i].aid, record->aid) == 0)
            return &reports[i];
    if (*count == ACCOUNTS_MAX)
        return NULL;
    reports[*count] = (struct report){.aid = record->aid, .platform = record->platform};
    return &reports[(*count)++];
}

static bool sort_objects(struct incoming *incoming, struct report *reports, size_t *count)
{
    const struct inbound_activity *activity = &incoming->activity;
    for (size_t i = 0; i < activity->object_count; i++) {
        struct account_record record;
        bool is_post = false;
        enum lookup found = account_of(incoming, activity->objects[i], &record, &is_post);
        if (found == LOOKUP_DOWN)
            return false;
        struct report *report = found == LOOKUP_FOUND ? report_about(reports, count, &record) : NULL;
        if (report && is_post && report->post_count < REPORT_POSTS_MAX)
            report->posts[report->post_count++] = activity->objects[i];
        if (report && !report->subject)
            report->subject =
                url_actor(incoming->arena, account_base(incoming->gateway, &record), record.aid);
    }
    return true;
}

static void tell(const struct incoming *incoming, const struct report *report, enum report_outcome outcome,
                 const char *id)
{
    static const char *const what[] = {[REPORT_KEPT] = "a report came",
                                       [REPORT_AGAIN] = "a report came again",
                                       [REPORT_FULL] = "a report is dropped: too many are open",
                                       [REPORT_CROWDED] =
                                           "a report is dropped: too many of its server are open"};
    bool dropped = outcome == REPORT_FULL || outcome == REPORT_CROWDED;
    log_write(dropped ? LOG_WARNING : LOG_INFO, what[outcome], "trace", incoming->trace, "report", id,
              "server", report->server, "aid", report->aid, (char *)NULL);
}

enum work_result handle_flag(struct incoming *incoming)
{
    struct report reports[ACCOUNTS_MAX];
    size_t count = 0;
    const char *origin = url_origin(incoming->arena, incoming->activity.actor);
    if (!origin || !sort_objects(incoming, reports, &count))
        return origin ? WORK_LATER : WORK_DONE;
    const char *comment = incoming->activity.content ? incoming->activity.content : "";
    for (size_t i = 0; i < count; i++) {
        char id[REPORT_ID_SIZE];
        reports[i].by = incoming->activity.actor;
        reports[i].server = strstr(origin, "://") + 3;
        reports[i].comment = utf8_clean_copy(incoming->arena, comment, REPORT_COMMENT_MAX);
        enum report_outcome outcome =
            report_add(incoming->gateway->store, &reports[i], true, incoming->trace, id);
        if (outcome == REPORT_DOWN)
            return WORK_LATER;
        tell(incoming, &reports[i], outcome, id);
        upstream_push_kick(incoming->gateway, reports[i].platform);
    }
    if (!count)
        log_write(LOG_INFO, "a report is about nobody here and is dropped", "trace", incoming->trace, "actor",
                  incoming->activity.actor, (char *)NULL);
    return WORK_DONE;
}
