/* Token buckets by name: how often each may come. The table has a fixed size, so that a flood of names costs
 * no memory; when it is full, the name that has waited least is forgotten. No I/O, no clock. */
#ifndef DRAWBRIDGE_GATEWAY_TOKEN_BUCKETS_H
#define DRAWBRIDGE_GATEWAY_TOKEN_BUCKETS_H

#include <stddef.h>
#include <stdint.h>

struct token_buckets;

/* Each name may come `per_second` times a second (1 at least), and `burst` times at once. */
struct token_buckets *token_buckets_new(unsigned per_second, unsigned burst);
void token_buckets_free(struct token_buckets *buckets);

/* Takes one token of `name`. 0 when there was one, else milliseconds until there is. `now_ms` never goes
 * back. */
int64_t token_buckets_take(struct token_buckets *buckets, const void *name, size_t length, int64_t now_ms);

#endif
