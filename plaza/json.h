#ifndef PLAZA_JSON_H
#define PLAZA_JSON_H

#include <jansson.h>

/* As json_pack, and never NULL: all that is packed here is known to be right, so a failure is a defect. */
json_t *json_make(const char *format, ...);

#endif
