/* Private to store/: how arguments look on the wire (RESP bulk strings, one behind the other). */
#ifndef DRAWBRIDGE_GATEWAY_STORE_ARGUMENTS_H
#define DRAWBRIDGE_GATEWAY_STORE_ARGUMENTS_H

#include "gateway/store/store.h"

/* More than 4 MiB were added: what there is must not be sent. */
bool arguments_failed(const struct arguments *arguments);

/* The whole command on the wire: the NULL-terminated words, then the arguments. malloc'd, the caller's. */
char *arguments_wire(const struct arguments *arguments, const char *const *words, size_t *length);

/* The first argument, cut to `size`, for logs. */
void arguments_name(const struct arguments *arguments, char *out, size_t size);

#endif
