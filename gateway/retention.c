#include "gateway/retention.h"

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/store/accounts.h"
#include "gateway/upstream/upstream.h"

enum { RETENTION_BUDGET = 1 << 20, PAGES_MAX = 100000 };
static const int64_t DAY_MS = 86400000;

/* How many were looked at; -1 when the store is away. */
static int64_t drop_page(struct gateway *gateway, const struct account_record *record, int64_t before)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, record->aid);
    arguments_number(arguments, before);
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(gateway->store, "retention", arguments);
    int64_t seen = reply_failed(reply) ? -1 : reply_number(reply_at(reply, 0));
    int64_t dropped = reply_number(reply_at(reply, 1));
    int64_t refused = reply_number(reply_at(reply, 2));
    reply_free(reply);
    if (dropped > 0)
        log_number(LOG_INFO, "words that people wrote to an account are kept no longer", "count", dropped,
                   "aid", record->aid, (char *)NULL);
    if (refused > 0 && record->platform)
        upstream_push_kick(gateway, record->platform);
    return seen;
}

/* The posts of people whom accounts follow belong to no account. */
static enum lookup load(struct gateway *gateway, struct arena *arena, const char *aid,
                        struct account_record *out)
{
    if (aid[0])
        return account_load(gateway->store, arena, aid, out);
    *out = (struct account_record){.aid = aid, .retention_days = RETENTION_TIMELINE_DAYS};
    return LOOKUP_FOUND;
}

enum work_result retention_apply(struct gateway *gateway, const char *aid)
{
    struct arena *arena = arena_new(RETENTION_BUDGET);
    struct account_record record;
    enum lookup found = load(gateway, arena, aid, &record);
    int64_t seen = found == LOOKUP_DOWN ? -1 : 0;
    if (found == LOOKUP_FOUND && record.retention_days > 0) {
        int64_t before = clock_now_ms() - record.retention_days * DAY_MS;
        int pages = 0;
        do
            seen = drop_page(gateway, &record, before);
        while (seen > 0 && ++pages < PAGES_MAX);
    }
    arena_free(arena);
    return seen < 0 ? WORK_LATER : WORK_DONE;
}
