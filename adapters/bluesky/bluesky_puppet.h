/* Private to what becomes of puppets: bluesky_puppet.c, bluesky_farewell.c. */
#ifndef DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_PUPPET_H
#define DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_PUPPET_H

#include "adapters/bluesky/bluesky_push.h"

struct bluesky_puppet_work {
    const char *invite; /* code */
    bool looked_twice;  /* the handle was taken although nobody had it */
    struct adapter_bytes picture;
    const char *picture_type;
    const char *picture_blob; /* as JSON */
    size_t collection, pages; /* of those that are emptied */
};

/* Steps: an account that was made but not noted is found by its handle; it is ours when our password opens
 * it. */
enum operation_state bluesky_ask_taken(struct operation *operation);
enum operation_state bluesky_take_taken(struct operation *operation, const json_t *body);
enum operation_state bluesky_miss_taken(struct operation *operation);
enum operation_state bluesky_ask_ours(struct operation *operation);
enum operation_state bluesky_miss_ours(struct operation *operation);

#endif
