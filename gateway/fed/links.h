/* What a text or a post points at, looked up for the mapping: people and posts of ours and of others. All
 * calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_LINKS_H
#define DRAWBRIDGE_GATEWAY_FED_LINKS_H

#include "gateway/gateway.h"
#include "mapping/outbound.h"

enum { LINKS_MAX = 96 };

struct links {
    struct gateway *gateway;
    struct arena *arena;
    const char *platform;
    struct outbound_link list[LINKS_MAX];
    size_t count;
    bool down; /* something could not be looked up just now: conclude nothing */
};

/* In the arena. `platform` gives native ids their meaning. */
struct links *links_new(struct gateway *gateway, struct arena *arena, const char *platform);
/* The people that a text mentions. */
void links_add_text(struct links *links, const struct rich_text *text);
/* The post of a reference, looked up once; NULL when the reference names nothing. The link lives as long as
 * the list; its id is NULL where there is nothing to point at. */
struct outbound_link *links_add_reference(struct links *links, const struct reference *reference);

#endif
