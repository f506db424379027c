#include "gateway/memory.h"

#include <malloc.h>
#include <stddef.h>

/* Of jemalloc; NULL without it. */
extern int mallctl(const char *name, void *old, size_t *old_length, void *new, size_t new_length)
    __attribute__((weak));

void memory_give_back(void)
{
    if (!mallctl) {
        (void)malloc_trim(0);
        return;
    }
    /* What threads that sleep keep for themselves stays theirs: a few pages each. 4096: all arenas. */
    (void)mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    (void)mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
}
