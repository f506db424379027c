/* The `tag` list of a document, for the *_out.c files. */
#ifndef DRAWBRIDGE_MAPPING_TAGS_OUT_H
#define DRAWBRIDGE_MAPPING_TAGS_OUT_H

#include "mapping/html_out.h"

enum { TAGS_MAX = 100 };

/* Mention, Hashtag and Emoji entries for the spans of a text (normal), each thing once. What could not become
 * one is told. A new reference. */
json_t *tags_of_text(struct arena *arena, const struct rich_text *text, const struct link_scope *scope,
                     struct loss *loss);

/* Adds a Hashtag unless the list has it, or holds as much as may be told. False: such a tag cannot be linked.
 */
bool tags_add_hashtag(json_t *tags, struct arena *arena, const struct link_scope *scope, const char *tag);

/* Adds a Mention unless the list has one of that actor. `handle` is name@host or NULL. */
void tags_add_mention(json_t *tags, const char *actor_id, const char *handle);

#endif
