/* Limits on JSON from outside before the parser sees it (PROTOCOL §6.2). */
#ifndef DRAWBRIDGE_GATEWAY_FED_JSON_GUARD_H
#define DRAWBRIDGE_GATEWAY_FED_JSON_GUARD_H

#include <jansson.h>
#include <stddef.h>

enum { JSON_DEPTH_MAX = 64, JSON_NODES_MAX = 10000, JSON_STRING_MAX = 262144 };

/* NULL when depth, nodes and strings keep the limits, else the sentence to refuse with. */
const char *json_guard(const char *text, size_t length);
/* Guards and parses; a new reference or NULL with `why`. */
json_t *json_load_guarded(const char *text, size_t length, const char **why);

#endif
