/* Fields of a form that was sent (application/x-www-form-urlencoded). */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_FORM_H
#define DRAWBRIDGE_GATEWAY_HTTP_FORM_H

#include <stdbool.h>

#include "gateway/http/server.h"
#include "mapping/arena.h"

enum { FORM_FIELD_MAX = 2048 };

/* The first field of that name, decoded, in the arena; NULL when it is not there or longer than
 * FORM_FIELD_MAX. */
const char *form_field(const struct http_request *request, struct arena *arena, const char *name);

/* Whether a page of `base` ("https://m.example") sent the form, as far as the browser says (Origin,
 * Sec-Fetch-Site). Programs that are no browsers say nothing, and pass. */
bool form_is_from(const struct http_request *request, const char *base);

#endif
