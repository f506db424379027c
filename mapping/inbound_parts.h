/* The parts of an incoming object that are lists: tags, attachments, choices of a poll. */
#ifndef DRAWBRIDGE_MAPPING_INBOUND_PARTS_H
#define DRAWBRIDGE_MAPPING_INBOUND_PARTS_H

#include "mapping/inbound.h"

/* Mentions and hashtags. */
void inbound_tags_read(const json_t *tags, struct arena *arena, struct inbound_note *out);
/* Attachments; for an Article or Page without any, its cover. out->type is set. */
void inbound_media_read(const json_t *object, struct arena *arena, struct inbound_note *out);
/* NULL when there are no choices. */
const struct poll *inbound_poll_read(const json_t *object, struct arena *arena);

#endif
