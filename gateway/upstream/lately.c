#include <stdlib.h>
#include <string.h>

#include "gateway/upstream/platform.h"

enum { KEPT = 32 };

struct lately {
    struct {
        struct arena *arena; /* NULL: nobody */
        struct account_record record;
    } kept[KEPT]; /* by a hash of the native id */
};

static size_t slot_of(const char *native)
{
    unsigned value = 0;
    for (const char *at = native; *at; at++)
        value = value * 31 + (unsigned char)*at;
    return value % KEPT;
}

bool lately_has(const struct platform *platform, const char *native)
{
    size_t slot = slot_of(native);
    return platform->lately && platform->lately->kept[slot].arena &&
           strcmp(platform->lately->kept[slot].record.native, native) == 0;
}

struct arena *lately_take(struct platform *platform, const char *native, struct account_record *record)
{
    if (!lately_has(platform, native))
        return NULL;
    size_t slot = slot_of(native);
    struct arena *arena = platform->lately->kept[slot].arena;
    platform->lately->kept[slot].arena = NULL;
    *record = platform->lately->kept[slot].record;
    return arena;
}

void lately_keep(struct platform *platform, struct arena *arena, const struct account_record *record)
{
    if (!platform->lately) {
        platform->lately = calloc(1, sizeof *platform->lately);
        if (!platform->lately)
            abort();
    }
    size_t slot = slot_of(record->native);
    if (platform->lately->kept[slot].arena)
        arena_free(platform->lately->kept[slot].arena);
    platform->lately->kept[slot].arena = arena;
    platform->lately->kept[slot].record = *record;
}

void lately_free(struct platform *platform)
{
    for (size_t i = 0; platform->lately && i < KEPT; i++)
        if (platform->lately->kept[i].arena)
            arena_free(platform->lately->kept[i].arena);
    free(platform->lately);
    platform->lately = NULL;
}
