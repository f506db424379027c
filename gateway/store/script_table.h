/* The Lua scripts of store/scripts/, compiled in as text by cmake/embed-scripts.sh. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_SCRIPT_TABLE_H
#define DRAWBRIDGE_GATEWAY_STORE_SCRIPT_TABLE_H

#include <stddef.h>

struct script_text {
    const char *name, *text;
    size_t length;
};

/* Ends with a NULL name. */
extern const struct script_text script_table[];

#endif
