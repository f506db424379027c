/* Tolerant accessors for the shapes of PROTOCOL §3.6: string, object or array of these, null or absent. What
 * they return is borrowed from the document unless an arena is given. */
#ifndef DRAWBRIDGE_MAPPING_JSON_SHAPES_H
#define DRAWBRIDGE_MAPPING_JSON_SHAPES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mapping/arena.h"

/* A member; JSON null counts as absent. */
const json_t *shape_member(const json_t *object, const char *name);
/* One value is a list of one; null and absent are empty. */
size_t shape_count(const json_t *value);
const json_t *shape_item(const json_t *value, size_t index);

/* The id of a string, of an object ("id", for Links "href"), or of the first entry of an array that has one;
 * copied byte by byte. NULL when there is none or it is no id. */
const char *shape_id(const json_t *value, struct arena *arena);
/* The first string of a string or an array, not empty. */
const char *shape_text(const json_t *value);
/* Text, or the first string of a map of languages. */
const char *shape_text_or_map(const json_t *object, const char *name, const char *map_name);

/* The first of the types that is in `known` (NULL-terminated), else the first string; NULL. */
const char *shape_type(const json_t *object, const char *const *known);
bool shape_is(const json_t *object, const char *type);
bool shape_is_one_of(const char *type, const char *const *known);

/* A web URL of a string, a Link, or an array of these: text/html is preferred when `page`. In the arena. */
const char *shape_url(const json_t *value, bool page, struct arena *arena);

/* The web URL of the "icon" of an emoji, be it an Image or an address. In the arena; NULL. */
const char *shape_picture(const json_t *emoji, struct arena *arena);

/* RFC 3339 to ms; 0 when absent or no time. */
int64_t shape_time(const json_t *object, const char *name);
/* A whole number 0..maximum, also from a real; else 0. */
uint64_t shape_number(const json_t *object, const char *name, uint64_t maximum);
bool shape_flag(const json_t *object, const char *name);

/* "https://www.w3.org/ns/activitystreams#Public", "as:Public" or "Public" is among the addressees. */
bool shape_has_public(const json_t *addressees);

#endif
