/* Parts and sums of a ledger document (ledger_query). Pure. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_VIEW_H
#define DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_VIEW_H

#include <jansson.h>

#include "mapping/buffer.h"

/* NULL: any. */
struct ledger_filter {
    const char *state, *host, *software, *why;
};

/* Leaves only the hosts that the filter lets through; "counts" is counted anew. */
void ledger_filter_apply(json_t *document, const struct ledger_filter *filter);

/* Adds from counts by state ({STATE:N}) how many hosts that were asked to delete have not answered yet, and
 * how many have, whatever they said. */
void ledger_answers(const json_t *counts, int64_t *waiting, int64_t *answered);

/* By server software, most hosts first: [{"software","hosts","counts":{STATE:N}}]. A new reference. */
json_t *ledger_by_software(const json_t *document);

/* Such a summary as CSV, a column for each state. */
void ledger_summary_csv(const json_t *summary, struct buffer *out);

/* The hosts as CSV (RFC 4180) with a line of names: one line a host, times in RFC 3339. */
void ledger_csv(const json_t *document, struct buffer *out);

#endif
