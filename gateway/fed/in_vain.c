#include "gateway/fed/in_vain.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { URLS_MAX = 8192, GONE_MS = 86400 * 1000, REFUSED_MS = 600 * 1000 };

struct asked {
    char hash[23]; /* of the URL */
    enum remote_outcome outcome;
    int64_t until;
    UT_hash_handle hh;
};

struct in_vain {
    struct asked *urls; /* the table's order is that of the last times */
};

static struct asked *find(const struct gateway *gateway, const char *hash)
{
    struct asked *asked = NULL;
    if (gateway->in_vain)
        HASH_FIND_STR(gateway->in_vain->urls, hash, asked);
    return asked;
}

static void forget(struct gateway *gateway, struct asked *asked)
{
    HASH_DEL(gateway->in_vain->urls, asked);
    free(asked);
}

bool in_vain_find(struct gateway *gateway, const char *url, enum remote_outcome *outcome)
{
    char hash[23];
    id_hash(url, hash);
    const struct asked *asked = find(gateway, hash);
    if (!asked || loop_monotonic_ms() >= asked->until)
        return false;
    *outcome = asked->outcome;
    return true;
}

void in_vain_note(struct gateway *gateway, const char *url, enum remote_outcome outcome)
{
    if (!gateway->in_vain)
        gateway->in_vain = calloc(1, sizeof *gateway->in_vain);
    struct asked *asked = calloc(1, sizeof *asked);
    if (!asked || !gateway->in_vain)
        abort();
    id_hash(url, asked->hash);
    struct asked *before = find(gateway, asked->hash);
    if (before)
        forget(gateway, before);
    else if (HASH_COUNT(gateway->in_vain->urls) >= URLS_MAX)
        forget(gateway, gateway->in_vain->urls);
    asked->outcome = outcome;
    asked->until = loop_monotonic_ms() + (outcome == REMOTE_GONE ? GONE_MS : REFUSED_MS);
    HASH_ADD_STR(gateway->in_vain->urls, hash, asked);
}

void in_vain_free(struct gateway *gateway)
{
    struct asked *asked;
    struct asked *next;
    if (!gateway->in_vain)
        return;
    HASH_ITER(hh, gateway->in_vain->urls, asked, next) forget(gateway, asked);
    free(gateway->in_vain);
    gateway->in_vain = NULL;
}
