/* Is this Redis fit to be the one store (DESIGN §4)? Asked at start, told to the operator in plain words. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_SAFETY_H
#define DRAWBRIDGE_GATEWAY_STORE_SAFETY_H

#include "gateway/store/store.h"

enum { SAFETY_WARNINGS_MAX = 8, SAFETY_TEXT_MAX = 256 };

struct store_safety {
    char warnings[SAFETY_WARNINGS_MAX][SAFETY_TEXT_MAX]; /* sentences: what is unsafe, what to do */
    size_t count;                                        /* 0: nothing is unsafe */
};

/* Waits. Looks at persistence, eviction and the clock. False: the store is away, nothing is known. */
bool store_check_safety(struct store *store, struct store_safety *out);

#endif
