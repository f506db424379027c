/* Small pieces of what commands print. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_SHOW_H
#define DRAWBRIDGE_GATEWAY_ADMIN_SHOW_H

#include <jansson.h>
#include <stdbool.h>

#include "mapping/model.h"

/* Whether a number of that name, in what acts answer, is a time in ms. */
bool show_is_time(const char *name);
void show_json(const json_t *document);
/* A member's text; "" when it has none. Borrowed. */
const char *show_text(const json_t *object, const char *name);
/* A member that is a time in ms, in RFC 3339; "" when it is absent. */
void show_time(const json_t *object, const char *name, char out[TIME_TEXT_MAX]);
/* A host document (ledger_host) in full. */
void show_host(const json_t *host);

#endif
