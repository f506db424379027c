/* JSON text to a tree. jansson's own reader takes its text byte by byte through a callback, which made it the
 * largest cost of an incoming activity; yajl reads the text and jansson keeps the values. */
#ifndef DRAWBRIDGE_GATEWAY_FED_JSON_READ_H
#define DRAWBRIDGE_GATEWAY_FED_JSON_READ_H

#include <jansson.h>
#include <stddef.h>

/* The document of RFC 8259 text that json_guard() let through: what json_loadb(…, JSON_REJECT_DUPLICATES)
 * makes of it, and it refuses the same: names said twice, bytes that are no UTF-8, numbers that no variable
 * holds, a root that is neither object nor array. A new reference; NULL when it is refused. */
json_t *json_read(const char *text, size_t length);

#endif
