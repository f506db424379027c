/* Atom feeds of accounts. Waits. */
#ifndef DRAWBRIDGE_GATEWAY_FED_FEED_H
#define DRAWBRIDGE_GATEWAY_FED_FEED_H

#include "gateway/fed/serve.h"

/* GET /@NAME/feed.atom */
void serve_feed(struct serving *serving, const char *name);

#endif
