/* Receipts of a Delete: what was asked of whom and when, what was answered, what cannot be known and why; an
 * ActivityStreams Document that the instance actor signs (FEP-8b32, eddsa-jcs-2022). */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_RECEIPT_H
#define DRAWBRIDGE_GATEWAY_LEDGER_RECEIPT_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "mapping/arena.h"
#include "mapping/buffer.h"

enum { RECEIPT_MAX = 32 << 20 }; /* some 30,000 servers */

/* The receipt of a deleted post or of an account that leaves or left: a new reference, NULL with a sentence.
 * Waits. */
json_t *receipt_make(struct gateway *gateway, const char *what, const char **why);

/* The unsigned receipt of a ledger document (ledger_query), by the instance actor of `base`. Pure. NULL with
 * a sentence when it tells of no Delete. */
json_t *receipt_of(const json_t *ledger, const char *base, const char **why);

/* Its canonical text (RFC 8785), which any change of a byte breaks. False: too large. */
bool receipt_text(const json_t *receipt, struct buffer *out);

/* A page for people, in one file; the receipt's own text stands at its end. */
void receipt_page(const json_t *receipt, struct buffer *out);

/* Checks a receipt's text, with or without one newline at its end: it is canonical, and the instance actor
 * that it names signed it. *out is the receipt, a new reference. NULL when it holds, else the reason (it may
 * live in the arena). Waits: another gateway's actor is fetched. */
const char *receipt_check(struct gateway *gateway, struct arena *arena, const char *text, size_t length,
                          json_t **out);

#endif
