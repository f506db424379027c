#include <string.h>

#include "gateway/fed/handle.h"
#include "gateway/fed/render.h"
#include "gateway/fed/separation.h"
#include "gateway/ledger/copies.h"
#include "gateway/ledger/exposure.h"
#include "gateway/log.h"
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

enum lookup incoming_meets(struct incoming *incoming, const struct account_record *record)
{
    const char *type = incoming->activity.type;
    if (strcmp(type, "Undo") == 0)
        return LOOKUP_FOUND; /* who leaves may take along what is theirs */
    switch (separation_find(incoming->gateway, record->aid, incoming->activity.actor,
                            strcmp(type, "Follow") == 0)) {
    case LOOKUP_DOWN:
        return LOOKUP_DOWN;
    case LOOKUP_FOUND:
        log_write(LOG_INFO, "an activity of somebody separated from the account is dropped", "trace",
                  incoming->trace, "aid", record->aid, "actor", incoming->activity.actor, "type", type,
                  (char *)NULL);
        return LOOKUP_ABSENT;
    case LOOKUP_ABSENT:
        break;
    }
    return LOOKUP_FOUND;
}

/* A post of ours that left, also one that is deleted or hidden by now; where it was served. */
static enum lookup any_local_post(struct incoming *incoming, const char *url, struct account_record *record,
                                  struct post_record *post, enum view *view)
{
    struct local_id id = local_parse(incoming->gateway->config, url);
    if (id.kind != LOCAL_POST)
        return LOOKUP_ABSENT;
    enum lookup found = account_load(incoming->gateway->store, incoming->arena, id.aid, record);
    if (found != LOOKUP_FOUND)
        return found;
    *view = account_view(record, id.host, PART_CONTENT);
    if (*view == VIEW_ABSENT)
        return LOOKUP_ABSENT;
    found = post_load(incoming->gateway->store, incoming->arena, id.aid, id.oid, post);
    return found == LOOKUP_FOUND && post->state == POST_HELD ? LOOKUP_ABSENT : found;
}

enum lookup incoming_local_post(struct incoming *incoming, const char *url, struct account_record *record,
                                struct post_record *post)
{
    enum view view;
    enum lookup found = any_local_post(incoming, url, record, post, &view);
    if (found != LOOKUP_FOUND)
        return found;
    return view == VIEW_ALL && post->state == POST_LIVE ? incoming_meets(incoming, record) : LOOKUP_ABSENT;
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

bool note_exposure_of(struct incoming *incoming, const char *url, char reason)
{
    struct account_record record;
    struct post_record post;
    enum view view;
    enum lookup found = url ? any_local_post(incoming, url, &record, &post, &view) : LOOKUP_ABSENT;
    if (found != LOOKUP_FOUND)
        return found != LOOKUP_DOWN;
    return note_exposure(incoming, &record, &post, reason);
}

/* ---- likes, boosts, reactions, votes
 * ------------------------------------------------------------------------------- */

enum { EMOJI_MAX = 64 };

/* ":blob@m.example:" and ":blob@.:" are one picture here: ":blob:". */
static const char *without_host(struct arena *arena, const char *emoji)
{
    const char *at = emoji[0] == ':' ? strchr(emoji, '@') : NULL;
    return at ? arena_format(arena, "%.*s:", (int)(at - emoji), emoji) : emoji;
}

const char *emoji_of(struct arena *arena, const struct inbound_activity *activity)
{
    const char *emoji = activity->content;
    bool reacts = strcmp(activity->type, "Like") == 0 || strcmp(activity->type, "EmojiReact") == 0;
    if (!reacts || !emoji || !*emoji || strlen(emoji) > EMOJI_MAX || strpbrk(emoji, " \t\r\n<>&"))
        return NULL;
    return without_host(arena, emoji);
}

struct reaction reaction_of(struct arena *arena, const struct inbound_activity *activity)
{
    struct reaction reaction = {.kind = REACTION_LIKE, .actor_id = activity->actor, .detail = ""};
    const char *emoji = emoji_of(arena, activity);
    reaction.value = activity->id ? activity->id : "";
    if (strcmp(activity->type, "Announce") == 0)
        reaction.kind = REACTION_SHARE;
    if (!emoji)
        return reaction;
    char *hash = arena_alloc(arena, 23);
    id_hash(emoji, hash);
    reaction.kind = REACTION_EMOJI;
    reaction.detail = hash;
    reaction.value = activity->emoji_url ? arena_format(arena, "%s %s", emoji, activity->emoji_url) : emoji;
    return reaction;
}

static bool queue_reaction(struct incoming *incoming, const struct account_record *record, const char *oid,
                           const struct reaction *reaction)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "XADD");
    arguments_format(arguments, "work:push:%s", record->platform);
    arguments_text(arguments, "*");
    arguments_text(arguments, "chain");
    arguments_format(arguments, "%s %s", oid, reaction->actor_id);
    arguments_text(arguments, "data");
    arguments_format(arguments, "relation %s %s %s %s %s", reaction_name(reaction->kind), record->aid, oid,
                     reaction->actor_id, reaction->detail[0] ? reaction->detail : "-");
    arguments_text(arguments, "trace");
    arguments_text(arguments, incoming->trace);
    struct reply *reply = store_run(incoming->gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    upstream_push_kick(incoming->gateway, record->platform);
    return good;
}

enum work_result count_reaction(struct incoming *incoming, struct reaction *reaction, const char *object_id,
                                bool add)
{
    static const char reasons[] = {
        [REACTION_LIKE] = 'l', [REACTION_SHARE] = 'b', [REACTION_EMOJI] = 'l', [REACTION_VOTE] = 'r'};
    struct account_record record;
    struct post_record post;
    bool changed = false;
    if (add && !note_exposure_of(incoming, object_id, reasons[reaction->kind]))
        return WORK_LATER;
    enum lookup found = incoming_local_post(incoming, object_id, &record, &post);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (!add && reaction->kind == REACTION_SHARE &&
        !copy_forget(incoming->gateway, record.aid, post.oid, reaction->actor_id))
        return WORK_LATER;
    if (reaction_put(incoming->gateway->store, record.aid, post.oid, reaction, add, &changed) == LOOKUP_DOWN)
        return WORK_LATER;
    /* Pushed also when nothing changed: this may be a repeat after a death between the two. */
    return queue_reaction(incoming, &record, post.oid, reaction) ? WORK_DONE : WORK_LATER;
}
