/* Writing a page: HTML in which every text is escaped. Pure. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_PAGE_H
#define DRAWBRIDGE_GATEWAY_ADMIN_PAGE_H

#include <jansson.h>

#include "mapping/buffer.h"

/* Text, escaped for content and for attributes in double quotes. */
void page_text(struct buffer *page, const char *text);
/* Markup of ours, with %s that are escaped; nothing else than %s and %%. */
void page_format(struct buffer *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A value of an act's result as people read it: times, addresses as links, yes and no. */
void page_value(struct buffer *page, const char *name, const json_t *value);
/* A member's name as people read it: "hold_seconds" → "Seconds before a post leaves", "state" → "State". */
void page_name(struct buffer *page, const char *name);
/* Whether a value has a word that a narrow column has to break: a handle, an address. */
bool page_is_long(const json_t *value);

#endif
