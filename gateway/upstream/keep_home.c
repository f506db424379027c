#include "gateway/upstream/keep_home.h"

#include <stdlib.h>
#include <string.h>

#include "mapping/marker.h"

static const char *key_of(struct arena *arena, const char *aid)
{
    return arena_format(arena, "kept_home:%s", aid);
}

bool home_keep(struct gateway *gateway, struct arena *arena, const char *aid, const struct post *post)
{
    /* First that there is something to look for, then what. */
    struct reply *reply = store_call(gateway->store, "HSET", arena_format(arena, "account:%s", aid),
                                     "keeps_home", "1", (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    if (!good)
        return false;
    reply = store_call(gateway->store, "HSET", key_of(arena, aid), post->id, post_words_name(arena, post),
                       (char *)NULL);
    good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool home_forget(struct gateway *gateway, const struct account_record *record, const char *native)
{
    if (!record->keeps_home)
        return true;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HDEL");
    arguments_format(arguments, "kept_home:%s", record->aid);
    arguments_text(arguments, native);
    struct reply *reply = store_run(gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool pauses_cover(const char *pauses, int64_t time)
{
    while (pauses && *pauses) {
        char *end = NULL;
        long long from = strtoll(pauses, &end, 10);
        if (*end != '-')
            return false;
        const char *rest = end + 1;
        long long to = strtoll(rest, &end, 10);
        if (time >= from && (end == rest || time < to))
            return true;
        pauses = end + strspn(end, " ");
    }
    return false;
}

enum lookup home_find(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                      const struct post *post)
{
    if (post->created > 0 && pauses_cover(record->pauses, post->created))
        return LOOKUP_FOUND;
    if (!record->keeps_home)
        return LOOKUP_ABSENT;
    struct reply *reply =
        store_call(gateway->store, "HGET", key_of(arena, record->aid), post->id, (char *)NULL);
    enum lookup found = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_ABSENT;
    if (found == LOOKUP_ABSENT && strcmp(reply_text(reply), post_words_name(arena, post)) == 0)
        found = LOOKUP_FOUND;
    reply_free(reply);
    return found;
}
