/* Where accounts live, kept so that a stream of posts needs no question for each. It is a cache: what it
 * lacks is asked, what it holds is forgotten when the account's identity changes or its server does not know
 * it. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "adapters/bluesky/bluesky.h"

struct home {
    char *pds, *handle;
    UT_hash_handle hh;
    char did[];
};

struct bluesky_homes {
    struct home *table; /* in the order of arrival */
};

static char *copy(const char *text)
{
    char *copied = text ? strdup(text) : NULL;
    if (text && !copied)
        abort();
    return copied;
}

struct bluesky_homes *bluesky_homes_new(void)
{
    struct bluesky_homes *homes = calloc(1, sizeof *homes);
    if (!homes)
        abort();
    return homes;
}

static void drop(struct bluesky_homes *homes, struct home *home)
{
    HASH_DEL(homes->table, home);
    free(home->pds);
    free(home->handle);
    free(home);
}

void bluesky_homes_free(struct bluesky_homes *homes)
{
    struct home *home;
    struct home *next;
    if (!homes)
        return;
    HASH_ITER(hh, homes->table, home, next)
    {
        drop(homes, home);
    }
    free(homes);
}

static struct home *find(struct bluesky_homes *homes, const char *did)
{
    struct home *home = NULL;
    HASH_FIND_STR(homes->table, did, home);
    return home;
}

bool bluesky_home_find(struct bluesky_homes *homes, const char *did, struct bluesky_home *out)
{
    const struct home *home = find(homes, did);
    if (home)
        *out = (struct bluesky_home){.pds = home->pds, .handle = home->handle};
    return home != NULL;
}

void bluesky_home_put(struct bluesky_homes *homes, const char *did, const char *pds, const char *handle)
{
    size_t length = strlen(did);
    char *new_pds = copy(pds);
    char *new_handle = copy(handle);
    bluesky_home_forget(homes, did);
    if (HASH_COUNT(homes->table) >= BLUESKY_HOMES_MAX)
        drop(homes, homes->table);
    struct home *home = calloc(1, sizeof *home + length + 1);
    if (!home)
        abort();
    home->pds = new_pds;
    home->handle = new_handle;
    memcpy(home->did, did, length);
    HASH_ADD_STR(homes->table, did, home);
}

void bluesky_home_forget(struct bluesky_homes *homes, const char *did)
{
    struct home *home = find(homes, did);
    if (home)
        drop(homes, home);
}
