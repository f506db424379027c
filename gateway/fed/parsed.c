#include "gateway/fed/parsed.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/loop.h"

enum { KEPT_MAX = 512, KEPT_MS = 10000 };

struct parsed {
    char *id;
    json_t *document;
    int64_t until;     /* monotonic: by then another worker has it in hand */
    UT_hash_handle hh; /* oldest first */
};

static void drop(struct parsed **table, struct parsed *one)
{
    HASH_DEL(*table, one);
    json_decref(one->document);
    free(one->id);
    free(one);
}

/* When there are many, the oldest are those whose turn comes next, and stay. */
void parsed_keep(struct parsed **table, const char *id, json_t *document)
{
    int64_t now = loop_monotonic_ms();
    while (*table && (*table)->until < now)
        drop(table, *table);
    if (HASH_COUNT(*table) >= KEPT_MAX)
        return;
    struct parsed *one = calloc(1, sizeof *one);
    char *copy = strdup(id);
    if (!one || !copy)
        abort();
    *one = (struct parsed){.id = copy, .document = json_incref(document), .until = now + KEPT_MS};
    HASH_ADD_KEYPTR(hh, *table, one->id, strlen(one->id), one);
}

json_t *parsed_take(struct parsed **table, const char *id)
{
    struct parsed *one;
    HASH_FIND_STR(*table, id, one);
    if (!one)
        return NULL;
    json_t *document = json_incref(one->document);
    drop(table, one);
    return document;
}

void parsed_free(struct parsed **table)
{
    while (*table)
        drop(table, *table);
}
