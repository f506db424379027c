/* URLs from outside, as text: which may be followed, which may be shown. */
#ifndef DRAWBRIDGE_MAPPING_URL_TEXT_H
#define DRAWBRIDGE_MAPPING_URL_TEXT_H

#include <stdbool.h>

#include "mapping/arena.h"

enum { URL_TEXT_MAX = 2048 };

/* True for an id: 1..2048 bytes without white space and controls. Ids are never rewritten. */
bool url_is_id(const char *text);
/* True for an id that can be fetched: http or https with a sane host. */
bool url_has_origin(const char *text);

/* What an href may become: http, https or mailto, scheme in lower case, characters that would end an
 * attribute percent-encoded, no user information. NULL when it must not be a link. */
const char *url_for_link(struct arena *arena, const char *href);

/* The host of a web URL in lower case, with a port that is not the scheme's own; NULL. */
const char *url_authority(struct arena *arena, const char *url);

#endif
