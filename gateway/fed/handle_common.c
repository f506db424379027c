#include <string.h>

#include "gateway/fed/handle.h"
#include "gateway/fed/render.h"
#include "gateway/ledger/copies.h"
#include "gateway/ledger/exposure.h"
#include "gateway/upstream/upstream.h"

enum lookup incoming_local_account(struct incoming *incoming, const char *url, struct account_record *record)
{
    struct local_id id = local_parse(incoming->gateway->config, url);
    if (id.kind != LOCAL_ACTOR)
        return LOOKUP_ABSENT;
    enum lookup found = account_load(incoming->gateway->store, incoming->arena, id.aid, record);
    if (found == LOOKUP_FOUND && account_view(record, id.host, PART_DISCOVERY) != VIEW_ALL)
        return LOOKUP_ABSENT;
    return found;
}

enum lookup incoming_local_post(struct incoming *incoming, const char *url, struct account_record *record,
                                struct post_record *post)
{
    struct local_id id = local_parse(incoming->gateway->config, url);
    if (id.kind != LOCAL_POST)
        return LOOKUP_ABSENT;
    enum lookup found = account_load(incoming->gateway->store, incoming->arena, id.aid, record);
    if (found != LOOKUP_FOUND)
        return found;
    if (account_view(record, id.host, PART_CONTENT) != VIEW_ALL)
        return LOOKUP_ABSENT;
    found = post_load(incoming->gateway->store, incoming->arena, id.aid, id.oid, post);
    return found == LOOKUP_FOUND && post->state != POST_LIVE ? LOOKUP_ABSENT : found;
}

static const char *post_id_of(struct incoming *incoming, const struct account_record *record, const char *oid)
{
    return url_object(incoming->arena, account_base(incoming->gateway, record), record->aid, oid);
}

bool note_exposure(struct incoming *incoming, const struct account_record *record,
                   const struct post_record *post, char reason)
{
    const struct inbound_activity *activity = &incoming->activity;
    /* Where that server shows the post: its boost, or the post that quotes it. */
    const char *copy = reason == 'b' ? activity->id : reason == 'q' ? activity->object_id : NULL;
    struct gateway *gateway = incoming->gateway;
    return exposure_add(gateway, record->aid, post->oid, activity->actor, reason) &&
           (!copy || copy_note(gateway, record->aid, post->oid, activity->actor, copy,
                               post_id_of(incoming, record, post->oid)));
}

enum work_result count_reaction(struct incoming *incoming, enum reaction reaction, const char *object_id,
                                bool add)
{
    struct account_record record;
    struct post_record post;
    enum lookup found = incoming_local_post(incoming, object_id, &record, &post);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    const char *actor = incoming->activity.actor;
    const char *activity_id = incoming->activity.id ? incoming->activity.id : "";
    bool changed = false;
    struct store *store = incoming->gateway->store;
    if (add && !note_exposure(incoming, &record, &post, reaction == REACTION_LIKE ? 'l' : 'b'))
        return WORK_LATER;
    if (!add && reaction == REACTION_SHARE && !copy_forget(incoming->gateway, record.aid, post.oid, actor))
        return WORK_LATER;
    found = add ? reaction_add(store, record.aid, post.oid, reaction, actor, activity_id, &changed)
                : reaction_remove(store, record.aid, post.oid, reaction, actor, &changed);
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    /* Pushed also when nothing changed: this may be a repeat after a death between the two. */
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "XADD");
    arguments_format(arguments, "work:push:%s", record.platform);
    arguments_text(arguments, "*");
    arguments_text(arguments, "chain");
    arguments_format(arguments, "%s %s", post.oid, actor);
    arguments_text(arguments, "data");
    arguments_format(arguments, "relation %s %s %s %s %s", reaction == REACTION_LIKE ? "like" : "share",
                     add ? "add" : "remove", record.aid, post.oid, actor);
    arguments_text(arguments, "trace");
    arguments_text(arguments, incoming->trace);
    struct reply *reply = store_run(store, arguments);
    bool failed = reply_failed(reply);
    reply_free(reply);
    upstream_push_kick(incoming->gateway, record.platform);
    return failed ? WORK_LATER : WORK_DONE;
}
