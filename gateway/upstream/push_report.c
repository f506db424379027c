/* What other servers report about members of a platform: handed to those who moderate there. */
#include <string.h>

#include "gateway/fed/local.h"
#include "gateway/log.h"
#include "gateway/store/posts.h"
#include "gateway/store/reports.h"
#include "gateway/upstream/push.h"

/* The platform knows its posts by its own names; one that it deleted meanwhile is named too. */
static bool name_posts(struct push *push, const struct report *report, const char **natives, size_t *count)
{
    for (size_t i = 0; i < report->post_count; i++) {
        struct local_id id = local_parse(push->gateway->config, report->posts[i]);
        struct post_record post;
        if (id.kind != LOCAL_POST || strcmp(id.aid, report->aid) != 0)
            continue;
        enum lookup found = post_load(push->gateway->store, push->arena, id.aid, id.oid, &post);
        if (found == LOOKUP_DOWN)
            return false;
        if (found == LOOKUP_FOUND)
            natives[(*count)++] = post.native;
    }
    return true;
}

static enum work_result settle(struct push *push, const struct report *report, const char *state,
                               const char *why)
{
    return report_passed(push->gateway->store, report->id, state, why) ? WORK_DONE : WORK_LATER;
}

static enum work_result hand_over(struct push *push, const struct report *report,
                                  const struct remote_report *remote)
{
    struct operation *operation = platform_operation(
        push->platform, &(struct operation_input){.kind = OPERATION_PUSH_REPORT, .remote_report = remote});
    const struct operation_result *result = platform_result(push->platform, operation);
    enum answer answer = result->answer;
    const char *why = arena_string(push->arena, result->reason ? result->reason : "the platform refused it");
    push->platform->class->operation_free(operation);
    if (answer == ANSWER_OK)
        return settle(push, report, "sent", "");
    if (answer == ANSWER_RETRY || answer == ANSWER_UNAUTHORIZED || answer == ANSWER_FULL)
        return WORK_LATER;
    log_write(LOG_INFO, "the platform did not take a report", "trace", push->trace, "platform",
              push->platform->config->name, "report", report->id, "reason", why, (char *)NULL);
    return settle(push, report, "refused", why);
}

enum work_result push_report(struct push *push, const char *id)
{
    struct report report;
    struct account_record record;
    const char *natives[REPORT_POSTS_MAX];
    size_t count = 0;
    enum lookup found = report_load(push->gateway->store, push->arena, id, &report);
    if (found != LOOKUP_FOUND || strcmp(report.passed, "sent") == 0)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (!push_can(push, ADAPTER_PUSH_REPORT))
        return settle(push, &report, "", "the platform takes no reports");
    found = account_load(push->gateway->store, push->arena, report.aid, &record);
    if (found == LOOKUP_DOWN || !name_posts(push, &report, natives, &count))
        return WORK_LATER;
    if (found == LOOKUP_ABSENT)
        return settle(push, &report, "refused", "the account is gone");
    const struct remote_report remote = {.key = arena_format(push->arena, "rf_%s", report.id),
                                         .account = record.native,
                                         .posts = natives,
                                         .post_count = count,
                                         .server = report.server,
                                         .comment = report.comment,
                                         .created = report.time};
    return hand_over(push, &report, &remote);
}
