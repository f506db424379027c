/* The owner's word that keeps a post home: a hashtag such as #nofed (DESIGN §6). Pure. */
#ifndef DRAWBRIDGE_MAPPING_MARKER_H
#define DRAWBRIDGE_MAPPING_MARKER_H

#include "mapping/arena.h"
#include "mapping/model.h"

enum { MARKER_MAX = 64 }; /* bytes */

/* True for what can be a marker: '#', then letters, digits and '_', among them one that is no digit. */
bool marker_is_valid(const char *marker);

/* True when the post has the marker as a word of its own in its text, title or warning, whatever the case.
 * `marker` NULL or "": never. */
bool post_has_marker(const struct post *post, const char *marker);

/* What of a post a marker is looked for in, as a short name that changes with it: 22 characters in the arena.
 */
const char *post_words_name(struct arena *arena, const struct post *post);

#endif
