#include "gateway/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/log.h"

#define KEY "refusals"
#define OTHERS "another reason"

enum { REASONS_MAX = 128, NAME_SIZE = 160, EVERY_MS = 5000 };

static const char *const whats[] = {
    [REFUSED_REQUEST] = "request",
    [REFUSED_SIGNATURE] = "signature",
    [REFUSED_ACTIVITY] = "activity",
    [REFUSED_DOCUMENT] = "document",
};

struct reason {
    char name[NAME_SIZE]; /* "WHAT REASON" */
    int64_t count;        /* not in the store yet */
    int64_t sending;      /* on its way there */
    UT_hash_handle hh;
};

struct refusals {
    struct gateway *gateway;
    struct reason *reasons;
    struct loop_timer *timer;
};

static void name_of(enum refused what, const char *reason, char name[NAME_SIZE])
{
    /* Sentences for an answer end with a full stop and a line's end. */
    int length = (int)strcspn(reason, "\n");
    if (length && reason[length - 1] == '.')
        length--;
    (void)snprintf(name, NAME_SIZE, "%s %.*s", whats[what], length, reason);
}

static struct reason *find(struct refusals *refusals, enum refused what, const char *reason)
{
    char name[NAME_SIZE];
    struct reason *found;
    name_of(what, reason, name);
    HASH_FIND_STR(refusals->reasons, name, found);
    if (found)
        return found;
    if (HASH_COUNT(refusals->reasons) >= REASONS_MAX && strcmp(reason, OTHERS) != 0)
        return find(refusals, what, OTHERS);
    found = calloc(1, sizeof *found);
    if (!found)
        abort();
    memcpy(found->name, name, sizeof name);
    HASH_ADD_STR(refusals->reasons, name, found);
    return found;
}

static void added(void *context, const struct reply *reply)
{
    struct reason *reason = context;
    if (reply_failed(reply))
        reason->count += reason->sending; /* with the next ones */
    reason->sending = 0;
}

static void add_to_store(struct refusals *refusals, struct reason *reason)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HINCRBY");
    arguments_text(arguments, KEY);
    arguments_text(arguments, reason->name);
    arguments_number(arguments, reason->count);
    /* All others have a line of their own each; at the edge a flood would be one of lines. */
    if (strncmp(reason->name, "request ", 8) == 0)
        log_number(LOG_INFO, "requests were refused", "count", reason->count, "reason", reason->name + 8,
                   (char *)NULL);
    reason->sending = reason->count;
    reason->count = 0;
    store_start(refusals->gateway->store, arguments, added, reason);
}

static void add_all(void *context)
{
    struct refusals *refusals = context;
    for (struct reason *reason = refusals->reasons; reason; reason = reason->hh.next)
        if (reason->count && !reason->sending)
            add_to_store(refusals, reason);
    loop_timer_set(refusals->timer, EVERY_MS);
}

void refusals_start(struct gateway *gateway)
{
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (!refusals)
        abort();
    refusals->gateway = gateway;
    refusals->timer = loop_timer_new(gateway->loop, add_all, refusals);
    loop_timer_set(refusals->timer, EVERY_MS);
    gateway->refusals = refusals;
}

void refusals_free(struct gateway *gateway)
{
    struct refusals *refusals = gateway->refusals;
    if (!refusals)
        return;
    struct reason *reason;
    struct reason *next;
    HASH_ITER(hh, refusals->reasons, reason, next)
    {
        HASH_DEL(refusals->reasons, reason);
        free(reason);
    }
    loop_timer_free(refusals->timer);
    free(refusals);
    gateway->refusals = NULL;
}

void refusals_add(struct gateway *gateway, enum refused what, const char *reason)
{
    if (gateway->refusals)
        find(gateway->refusals, what, reason)->count++;
}

/* "WHAT REASON" as labels; our sentences hold neither quotes nor backslashes, but the store is not ours
 * alone. */
static void write_one(struct buffer *out, const char *name, const char *count)
{
    const char *blank = strchr(name, ' ');
    if (!blank || strpbrk(name, "\"\\\n") || strspn(count, "0123456789") != strlen(count))
        return;
    buffer_format(out, "drawbridge_refused_total{what=\"%.*s\",reason=\"%s\"} %s\n", (int)(blank - name),
                  name, blank + 1, count);
}

void refusals_write(struct gateway *gateway, struct buffer *out)
{
    struct reply *reply = store_call(gateway->store, "HGETALL", KEY, (char *)NULL);
    buffer_add_string(out, "# HELP drawbridge_refused_total What was refused, by reason.\n"
                           "# TYPE drawbridge_refused_total counter\n");
    for (size_t i = 0; !reply_failed(reply) && i + 1 < reply_count(reply); i += 2)
        write_one(out, reply_text(reply_at(reply, i)), reply_text(reply_at(reply, i + 1)));
    reply_free(reply);
}
