/* Actors and notes that were served lately, as bytes, in this process: what most servers ask for is answered
 * without a task and without the store. Redis tells of every change of an account or a post, so that an edit
 * or a 410 is seen within milliseconds, whichever worker wrote it; while it does not tell, nothing is kept.
 */
#ifndef DRAWBRIDGE_GATEWAY_FED_SERVE_CACHE_H
#define DRAWBRIDGE_GATEWAY_FED_SERVE_CACHE_H

#include <stdint.h>

#include "gateway/fed/serve.h"

void serve_cache_start(struct gateway *gateway); /* before anything listens to the store's messages */
void serve_cache_free(struct gateway *gateway);

/* Answers an unsigned GET or HEAD whose answer is kept. False: the caller goes on. A signed one is never
 * answered here: it is an exposure that must be noted, and may be shown more. */
bool serve_cache_answer(struct gateway *gateway, struct http_request *request);

/* Now, for serve_cache_keep: taken before the first read of what makes the answer. */
uint64_t serve_cache_now(const struct gateway *gateway);
/* Keeps the document (copied) that answers this GET of an account's or a post's id for so long, unless
 * something of that account has changed since serving->read_from, the request was signed, or it has a query.
 */
void serve_cache_keep(struct serving *serving, const struct local_id *id, int64_t milliseconds,
                      const struct served *document);

#endif
