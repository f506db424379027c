/* Links, hashtags and mentions in a local post's text, as the contract's spans (UTF-8 byte offsets). */
#ifndef PLAZA_SPANS_H
#define PLAZA_SPANS_H

#include "plaza/plaza.h"

/* New reference to an array, sorted and without overlaps. A mention is marked only when Plaza knows the
 * person: somebody of another server, or a member who switched the fediverse on. */
json_t *spans_find(struct plaza *plaza, const char *text);

#endif
