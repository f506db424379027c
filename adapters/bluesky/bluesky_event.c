/* What a change in a repository, or an event about an account, means for the gateway. */
#include <string.h>

#include "adapters/bluesky/bluesky.h"

const char *const bluesky_collections[BLUESKY_COLLECTIONS] = {
    BLUESKY_POST, BLUESKY_REPOST, BLUESKY_PROFILE, BLUESKY_INTENTS, BLUESKY_THREADGATE, BLUESKY_POSTGATE};

/* A record beside a post, under the same key: the post is as it says from now on. */
static bool is_gate(const char *collection)
{
    return strcmp(collection, BLUESKY_THREADGATE) == 0 || strcmp(collection, BLUESKY_POSTGATE) == 0;
}

static enum event_kind kind_of(const struct bluesky_change *change)
{
    bool gone = change->action == 'd';
    if (strcmp(change->collection, BLUESKY_POST) == 0)
        return gone ? EVENT_POST_DELETED : change->action == 'u' ? EVENT_POST_UPDATED : EVENT_POST_CREATED;
    if (strcmp(change->collection, BLUESKY_REPOST) == 0)
        return gone ? EVENT_REPOST_DELETED : EVENT_REPOST_CREATED;
    if (strcmp(change->collection, BLUESKY_PROFILE) == 0 || strcmp(change->collection, BLUESKY_INTENTS) == 0)
        return EVENT_ACCOUNT_UPDATED;
    return is_gate(change->collection) ? EVENT_POST_UPDATED : EVENT_OTHER;
}

/* The post as the stream told it; NULL when something is missing, and the gateway asks its server. */
static const struct post *read_data(struct adapter *adapter, const struct bluesky_change *change,
                                    uint64_t revision, struct arena *arena)
{
    struct bluesky_home home = {0};
    if (!change->value || !change->cid)
        return NULL;
    (void)bluesky_home_find(adapter->homes, change->did, &home);
    const struct bluesky_record record = {.did = change->did,
                                          .collection = change->collection,
                                          .rkey = change->rkey,
                                          .cid = change->cid,
                                          .revision = revision,
                                          .pds = home.pds,
                                          .value = change->value};
    struct post *post = arena_alloc(arena, sizeof *post);
    return bluesky_read_record(adapter, &record, arena, post) ? post : NULL;
}

void bluesky_change_event(struct adapter *adapter, const struct bluesky_change *change, struct arena *arena,
                          struct event *out)
{
    *out = (struct event){
        .kind = kind_of(change),
        .key = arena_join(arena, change->did, "/", change->collection, "/", change->rkey, ":", change->rev,
                          ":", (const char[]){change->action, '\0'}, (char *)NULL),
        .account = arena_string(arena, change->did),
        .revision = bluesky_tid_time(change->rev),
        .time = change->time,
    };
    if (out->kind == EVENT_OTHER || out->kind == EVENT_ACCOUNT_UPDATED)
        return;
    const char *collection = is_gate(change->collection) ? BLUESKY_POST : change->collection;
    out->subject = arena_join(arena, "at://", change->did, "/", collection, "/", change->rkey, (char *)NULL);
    /* Of an edited post the gateway asks its server: the gates beside it count on. */
    if (change->action == 'c' && out->kind != EVENT_POST_UPDATED)
        out->post = read_data(adapter, change, out->revision, arena);
}

void bluesky_account_event(struct adapter *adapter, const char *what, const char *did, const char *mark,
                           int64_t time, struct arena *arena, struct event *out)
{
    /* A new server or a new handle: what was known of it is asked anew. */
    bluesky_home_forget(adapter->homes, did);
    *out = (struct event){
        .kind = strcmp(what, "sync") == 0      ? EVENT_GAP
                : strcmp(what, "account") == 0 ? EVENT_ACCOUNT_STATUS
                                               : EVENT_ACCOUNT_UPDATED,
        .key = arena_format(arena, "%s:%s:%s", what, did, mark),
        .account = arena_string(arena, did),
        .time = time,
    };
}
