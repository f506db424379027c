#include "plaza/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t *fault_memory(void)
{
    static int64_t number;
    return &number;
}

#ifdef PLAZA_FAULTY

static const char *const names[FAULT_COUNT] = {
    [FAULT_NONE] = "none",
    [FAULT_NUMBER_BEFORE_COMMIT] = "number-before-commit",
    [FAULT_CURSOR_INCLUSIVE] = "cursor-inclusive",
    [FAULT_ORDER_SWAPPED] = "order-swapped",
    [FAULT_MORE_FORGOTTEN] = "more-forgotten",
    [FAULT_LIVE_REPLAYS] = "live-replays",
    [FAULT_EXPIRED_SILENT] = "expired-silent",
    [FAULT_EPOCH_KEPT] = "epoch-kept",
    [FAULT_RESUME_FROM_SENT] = "resume-from-sent",
    [FAULT_WINDOW_IGNORED] = "window-ignored",
    [FAULT_FRAME_TOLERATED] = "frame-tolerated",
    [FAULT_POLL_IMPATIENT] = "poll-impatient",
    [FAULT_DELETE_SILENT] = "delete-silent",
    [FAULT_CONSENT_SILENT] = "consent-silent",
    [FAULT_PLAIN_ERRORS] = "plain-errors",
    [FAULT_TOKEN_IGNORED] = "token-ignored",
    [FAULT_CONSENT_LEAK] = "consent-leak",
    [FAULT_DELETED_404] = "deleted-404",
    [FAULT_EDIT_KEEPS_REV] = "edit-keeps-rev",
    [FAULT_SPANS_IN_CHARACTERS] = "spans-in-characters",
    [FAULT_PAGE_GAP] = "page-gap",
    [FAULT_IDS_STALE] = "ids-stale",
    [FAULT_ACTOR_INVENTED] = "actor-invented",
    [FAULT_ACTOR_STALE_TAKEN] = "actor-stale-taken",
    [FAULT_REPEAT_APPLIES] = "repeat-applies",
    [FAULT_STALE_WINS] = "stale-wins",
    [FAULT_TOMBSTONE_FORGOTTEN] = "tombstone-forgotten",
    [FAULT_DELETE_UNKNOWN_FORGOTTEN] = "delete-unknown-forgotten",
    [FAULT_DELETE_UNKNOWN_404] = "delete-unknown-404",
    [FAULT_ACTOR_DELETE_LEAVES_POSTS] = "actor-delete-leaves-posts",
    [FAULT_TEXT_UNLIMITED] = "text-unlimited",
    [FAULT_MEDIA_CODE] = "media-code",
    [FAULT_TIMELINE_OPEN] = "timeline-open",
    [FAULT_REPORT_ONCE] = "report-once",
    [FAULT_REPORT_SILENT] = "report-silent",
    [FAULT_HOOK_REWRITTEN] = "hook-rewritten",
    [FAULT_HOOK_GROWS] = "hook-grows",
    [FAULT_HOOK_SKIPS] = "hook-skips",
};

static enum fault chosen;

__attribute__((constructor)) static void choose(void)
{
    const char *wanted = getenv("PLAZA_FAULT");
    for (int i = 0; wanted && i < FAULT_COUNT; i++)
        if (strcmp(names[i], wanted) == 0) {
            chosen = (enum fault)i;
            return;
        }
    (void)fprintf(stderr, "plaza_faulty: PLAZA_FAULT names no fault; there are:");
    for (int i = 0; i < FAULT_COUNT; i++)
        (void)fprintf(stderr, " %s", names[i]);
    (void)fputc('\n', stderr);
    exit(2);
}

bool fault_is(enum fault fault)
{
    return chosen == fault;
}

#endif
