/* The neutral model as JSON: how posts, accounts and events are kept in the store and in queues. Short member
 * names, absent members for defaults. Reading is tolerant: what is missing is default, what is wrong is
 * refused. */
#ifndef DRAWBRIDGE_MAPPING_SOURCE_H
#define DRAWBRIDGE_MAPPING_SOURCE_H

#include <jansson.h>

#include "mapping/model.h"

/* New references, the caller's. */
json_t *source_from_post(const struct post *post);
json_t *source_from_account(const struct account *account);
json_t *source_from_event(const struct event *event);

/* False when the document is not of that shape. Strings are copied into the arena. */
bool source_to_post(const json_t *source, struct arena *arena, struct post *out);
bool source_to_account(const json_t *source, struct arena *arena, struct account *out);
bool source_to_event(const json_t *source, struct arena *arena, struct event *out);

#endif
