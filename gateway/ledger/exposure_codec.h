/* Sets of host numbers in few bytes. Pure.
 *
 * Compact form: 'd' and the differences between the sorted numbers as variable-length integers (seven bits a
 * byte, low ones first, the high bit says that more follow), or 'b' and a bitmap (number n is bit n%8 of byte
 * n/8); the shorter one is taken. The empty set is no bytes at all. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_EXPOSURE_CODEC_H
#define DRAWBRIDGE_GATEWAY_LEDGER_EXPOSURE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_NUMBER_MAX = 1 << 26 };

struct host_list {
    uint32_t *numbers;
    size_t count, size;
};

void host_list_clear(struct host_list *list);
void host_list_add(struct host_list *list, uint32_t number);
/* Sorts and drops doubles. */
void host_list_settle(struct host_list *list);

/* The compact form of a settled list; malloc'd, NULL and length 0 for the empty one. */
unsigned char *exposure_encode(const struct host_list *list, size_t *length);
/* Adds what the bytes hold to the list. False when they are no compact form (then nothing was added). */
bool exposure_decode(const void *bytes, size_t length, struct host_list *list);

#endif
