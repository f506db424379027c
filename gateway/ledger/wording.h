/* What is said of a Delete, in words: never more than the evidence shows (DESIGN §5). Pure. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_WORDING_H
#define DRAWBRIDGE_GATEWAY_LEDGER_WORDING_H

#include <jansson.h>

#include "gateway/ledger/evidence.h"
#include "mapping/buffer.h"

/* What the evidence says of one host. `down_since`: ms, since when it is not reached, 0; `server`: what is
 * known of its software (servers_find), or NULL. */
void wording_of_host(const char *host, const struct evidence *evidence, int64_t down_since,
                     const json_t *server, struct buffer *out);

/* How many hosts are in which state, counted by evidence_state. `forgotten`: what was known is dropped. */
void wording_of_counts(const size_t counts[EVIDENCE_STATES], bool forgotten, struct buffer *out);

/* How the Deletes of all posts of an account stand, one for each post and host. */
void wording_of_deletes(const size_t counts[EVIDENCE_STATES], struct buffer *out);

/* What a software does with a Delete, by its source; nothing when nothing is known. */
void wording_of_software(const json_t *server, struct buffer *out);

/* What cannot be known, whatever was answered: `count` sentences. */
const char *const *wording_of_limits(size_t *count);

#endif
