/* What is known of a Delete at one host (DESIGN §5): a field of delete_state:AN:P, taken apart. Pure. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_EVIDENCE_H
#define DRAWBRIDGE_GATEWAY_LEDGER_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

enum evidence_state {
    EVIDENCE_EXPOSED,     /* it may hold a copy, and nothing was asked of it */
    EVIDENCE_QUEUED,      /* the Delete waits or is on its way */
    EVIDENCE_UNREACHABLE, /* the same, and the host does not answer at all */
    EVIDENCE_ACCEPTED,    /* it answered 2xx */
    EVIDENCE_REFUSED,     /* it answered that it will not take it */
    EVIDENCE_OBSERVED,    /* it fetched our 410, signed */
    EVIDENCE_NO_INBOX,    /* no address is known to which a Delete could go */
};
enum { EVIDENCE_STATES = EVIDENCE_NO_INBOX + 1 };

/* "exposed", "queued", "unreachable", "accepted", "refused", "observed", "no inbox known" */
const char *evidence_name(enum evidence_state state);
/* False when there is no state of that name; "no-inbox" is understood too. */
bool evidence_of_name(const char *name, enum evidence_state *out);

enum copy_look { COPY_NOT_LOOKED_AT, COPY_GONE, COPY_STILL_THERE, COPY_CANNOT_TELL };
const char *copy_look_name(enum copy_look look); /* NULL when it was not looked at */

enum { EVIDENCE_REASON_SIZE = 48 };

struct evidence {
    enum evidence_state state;
    int code;                                    /* the HTTP status of the state, 0 none */
    int64_t time;                                /* ms, of the state */
    int64_t queued, accepted, refused, observed; /* ms, 0: never */
    int accepted_code, refused_code;
    unsigned failures;    /* tries in vain */
    int64_t last_failure; /* ms */
    int failure_code;
    char failure_reason[EVIDENCE_REASON_SIZE]; /* a word for why */
    enum copy_look copy;                       /* the last look at its public copy */
    int64_t copy_time;
    unsigned copy_looks;
};

/* `text` NULL: nothing was asked. `unreachable`: the host is not reached at present. False when the text is
 * none that a script writes. */
bool evidence_read(const char *text, bool unreachable, struct evidence *out);

#endif
