/* Faults in Plaza's contract, one at a time, that `drawbridge contract check` must find. Only the program
 * plaza_faulty has them (-DPLAZA_FAULTY; the environment's PLAZA_FAULT names one); in plaza itself every
 * question is a constant false. */
#ifndef PLAZA_FAULT_H
#define PLAZA_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_NONE,
    FAULT_NUMBER_BEFORE_COMMIT, /* an event's number is visible later than higher ones */
    FAULT_CURSOR_INCLUSIVE,
    FAULT_ORDER_SWAPPED,
    FAULT_MORE_FORGOTTEN, /* "more" is always false */
    FAULT_LIVE_REPLAYS,   /* without a cursor everything comes again */
    FAULT_EXPIRED_SILENT, /* an expired cursor is served as if nothing were missing */
    FAULT_EPOCH_KEPT,     /* numbers start again under the same epoch */
    FAULT_RESUME_FROM_SENT,
    FAULT_WINDOW_IGNORED,
    FAULT_FRAME_TOLERATED, /* a frame that is no JSON does not close the stream */
    FAULT_POLL_IMPATIENT,  /* a long-poll without events answers at once */
    FAULT_DELETE_SILENT,   /* no event post.deleted */
    FAULT_CONSENT_SILENT,  /* no event account.federation */
    FAULT_PLAIN_ERRORS,    /* not RFC 9457 */
    FAULT_TOKEN_IGNORED,
    FAULT_CONSENT_LEAK, /* accounts that never federated are shown */
    FAULT_DELETED_404,
    FAULT_EDIT_KEEPS_REV,
    FAULT_SPANS_IN_CHARACTERS,
    FAULT_PAGE_GAP,
    FAULT_IDS_STALE, /* post-ids has the first revision of everything */
    FAULT_ACTOR_INVENTED,
    FAULT_ACTOR_STALE_TAKEN,
    FAULT_REPEAT_APPLIES,
    FAULT_STALE_WINS,
    FAULT_TOMBSTONE_FORGOTTEN,
    FAULT_DELETE_UNKNOWN_FORGOTTEN,
    FAULT_DELETE_UNKNOWN_404,
    FAULT_ACTOR_DELETE_LEAVES_POSTS,
    FAULT_TEXT_UNLIMITED,
    FAULT_MEDIA_CODE,
    FAULT_TIMELINE_OPEN,  /* posts are taken of people whom nobody follows */
    FAULT_REPORT_ONCE,    /* a report that comes again is refused */
    FAULT_REPORT_SILENT,  /* no event report.created */
    FAULT_HOOK_REWRITTEN, /* signed is the JSON written again, not the bytes that are sent */
    FAULT_HOOK_GROWS,     /* a batch that is sent again has what came meanwhile in it too */
    FAULT_HOOK_SKIPS,     /* a batch that was refused is given up */
    FAULT_COUNT
};

#ifdef PLAZA_FAULTY
bool fault_is(enum fault fault);
#else
#define fault_is(fault) false
#endif

/* A number that a fault remembers over connections. */
int64_t *fault_memory(void);

#endif
