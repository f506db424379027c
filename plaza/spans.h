/* Links, hashtags and mentions in a local post's text, as the contract's spans (UTF-8 byte offsets). */
#ifndef PLAZA_SPANS_H
#define PLAZA_SPANS_H

#include "plaza/plaza.h"

/* New reference to an array, sorted and without overlaps. A mention of a member is marked only when
 * that member switched the fediverse on; one of another server is marked by the full address. */
json_t *spans_find(struct plaza *plaza, const char *text);

#endif
