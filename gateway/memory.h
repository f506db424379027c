/* The allocator's free memory. */
#ifndef DRAWBRIDGE_GATEWAY_MEMORY_H
#define DRAWBRIDGE_GATEWAY_MEMORY_H

/* Gives what was freed back to the system, so that it no longer counts as this process's. Takes some
 * milliseconds. Either allocator: jemalloc where the program is linked with it, else the C library's. */
void memory_give_back(void);

#endif
