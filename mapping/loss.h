/* The loss report: what a mapping changed, shortened or dropped, and why. Kept with the post, shown to the
 * owner. */
#ifndef DRAWBRIDGE_MAPPING_LOSS_H
#define DRAWBRIDGE_MAPPING_LOSS_H

#include <jansson.h>

struct loss {
    json_t *entries; /* array of {"what","why"}; NULL: nobody wants to know */
};

/* Adds one entry; `what` names the thing ("image 5 of 6"), `why` the reason and what was done ("linked, 4 are
 * shown"). */
void loss_add(struct loss *loss, const char *what, const char *why);

#endif
