/* One parameter of a query, as RFC 9421 §2.2.8 (@query-param) sees it. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_QUERY_PARAMETER_H
#define DRAWBRIDGE_GATEWAY_SIG_QUERY_PARAMETER_H

#include "mapping/arena.h"

/* The value of the parameter whose encoded name is `name`, decoded and encoded anew, in the arena. NULL when
 * it is not there, or there more than once. `query` without its '?'. */
const char *query_parameter(struct arena *arena, const char *query, const char *name);

#endif
