/* Private to what pushes to a platform (push.c, push_relation.c): one entry of the queue in hand. */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_PUSH_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_PUSH_H

#include "gateway/upstream/platform.h"

struct push {
    struct platform *platform;
    struct gateway *gateway;
    struct arena *arena;
    const char *trace;
    unsigned capabilities;
};

static inline bool push_can(const struct push *push, unsigned capability)
{
    return (push->capabilities & capability) != 0;
}

/* Runs one push; *native (may be NULL) is set when the platform gave an id. */
enum work_result push_run(struct push *push, const struct operation_input *input, const char **native);

/* What another server reported about one of the platform's accounts. */
enum work_result push_report(struct push *push, const char *id);
/* A like, boost, reaction or vote: KIND AID OID ACTOR DETAIL, as store/reactions.h names them ("-" for no
 * detail). */
enum work_result push_relation(struct push *push, char *const words[5]);

#endif
