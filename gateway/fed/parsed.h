/* Activities as they were read when they came, until their turn in the queue: most are processed moments
 * later and by the same worker, and reading is the larger part of that work. */
#ifndef DRAWBRIDGE_GATEWAY_FED_PARSED_H
#define DRAWBRIDGE_GATEWAY_FED_PARSED_H

#include <jansson.h>

struct parsed; /* a table; NULL is the empty one */

/* Keeps the document of the queue's entry `id` for a few seconds, with a reference of its own, if there is
 * room. */
void parsed_keep(struct parsed **table, const char *id, json_t *document);
/* Hands the document over (a reference for the caller), or NULL: it has to be read again. */
json_t *parsed_take(struct parsed **table, const char *id);
void parsed_free(struct parsed **table);

#endif
