/* Who may see an object, from its addressees (PROTOCOL §3.2). */
#ifndef DRAWBRIDGE_MAPPING_ADDRESSEES_H
#define DRAWBRIDGE_MAPPING_ADDRESSEES_H

#include <jansson.h>

#include "mapping/model.h"

/* `object` first; where it lacks `to` or `cc`, those of `fallback`, the activity. Either may be NULL. */
enum visibility addressees_visibility(const json_t *object, const json_t *fallback);

#endif
