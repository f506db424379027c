/* Likes, boosts, reactions and votes to the platform. What is pushed is what the store says now: there, or
 * not there. */
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/remote.h"
#include "gateway/store/reactions.h"
#include "gateway/upstream/puppets.h"
#include "gateway/upstream/push.h"

struct relation {
    const char *aid, *oid;
    struct reaction reaction;
    enum relation_kind kind; /* as the platform is told */
    bool stands;
    const char *value;
    const struct adapter_puppet *puppet; /* whose it is there; NULL: the platform's own way */
};

static unsigned capability_of(enum relation_kind kind)
{
    switch (kind) {
    case RELATION_EMOJI:
        return ADAPTER_PUSH_EMOJI;
    case RELATION_VOTE:
        return ADAPTER_PUSH_VOTE;
    case RELATION_LIKE:
    case RELATION_REPOST:
    case RELATION_FOLLOWED:
        break;
    }
    return ADAPTER_PUSH_RELATION;
}

/* A platform that knows no reactions is told that somebody likes the post, as long as any of them stands. */
static enum relation_kind kind_for(const struct push *push, enum reaction_kind kind)
{
    switch (kind) {
    case REACTION_SHARE:
        return RELATION_REPOST;
    case REACTION_VOTE:
        return RELATION_VOTE;
    case REACTION_EMOJI:
        return push_can(push, ADAPTER_PUSH_EMOJI) ? RELATION_EMOJI : RELATION_LIKE;
    case REACTION_LIKE:
        break;
    }
    return RELATION_LIKE;
}

static enum lookup read_state(struct push *push, struct relation *relation)
{
    bool any = relation->kind == RELATION_LIKE && !push_can(push, ADAPTER_PUSH_EMOJI);
    enum lookup found = any ? reaction_any_like(push->gateway->store, push->arena, relation->aid,
                                                relation->oid, relation->reaction.actor_id)
                            : reaction_value(push->gateway->store, push->arena, relation->aid, relation->oid,
                                             &relation->reaction, &relation->value);
    relation->stands = found == LOOKUP_FOUND;
    return found;
}

static const char *key_of(struct push *push, const struct relation *relation)
{
    static const char *const names[] = {[RELATION_LIKE] = "like",
                                        [RELATION_REPOST] = "share",
                                        [RELATION_EMOJI] = "emoji",
                                        [RELATION_VOTE] = "vote"};
    bool several = relation->kind == RELATION_EMOJI || relation->kind == RELATION_VOTE;
    char *key = arena_alloc(push->arena, KEY_LENGTH + 1);
    remote_key_make("rr", relation->reaction.actor_id,
                    arena_format(push->arena, "%s%s %s %s", names[relation->kind],
                                 several ? relation->reaction.detail : "", relation->aid, relation->oid),
                    key);
    return key;
}

static enum work_result push_standing(struct push *push, const struct relation *relation, const char *native)
{
    struct inbound_actor actor;
    const char *why = NULL;
    enum remote_outcome met = remote_actor(push->gateway, push->arena, relation->reaction.actor_id,
                                           (int64_t)7 * 86400 * 1000, &actor, &why);
    if (met != REMOTE_OK)
        return met == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    const char *emoji = relation->kind == RELATION_EMOJI ? relation->value : NULL;
    const char *picture = emoji ? strchr(emoji, ' ') : NULL;
    const struct remote_relation remote = {
        .key = key_of(push, relation),
        .kind = relation->kind,
        .author = remote_author_of(push->gateway, push->arena, &actor),
        .target = native,
        .emoji = picture ? arena_copy(push->arena, emoji, (size_t)(picture - emoji)) : emoji,
        .emoji_url = picture ? picture + 1 : NULL,
        .choice = relation->kind == RELATION_VOTE ? relation->value : NULL,
        .revision = (uint64_t)clock_now_ms(), /* it may come again after it was taken back */
    };
    return push_run(push,
                    &(struct operation_input){.kind = OPERATION_PUSH_RELATION,
                                              .key = remote.key,
                                              .remote_relation = &remote,
                                              .puppet = relation->puppet},
                    NULL);
}

/* Who never answered has no puppet, and none is made for a like. LOOKUP_ABSENT: there is none. */
static enum lookup find_puppet(struct push *push, struct relation *relation)
{
    struct puppet *puppet = arena_alloc(push->arena, sizeof *puppet);
    char key[KEY_LENGTH + 1];
    if (!push_can(push, ADAPTER_PUPPET_ACCOUNTS))
        return LOOKUP_FOUND;
    remote_key_make("ra", relation->reaction.actor_id, NULL, key);
    enum lookup found = puppet_load(push->platform, push->arena, key, puppet);
    if (found == LOOKUP_FOUND && (!puppet->account.native || puppet->account.hidden))
        found = LOOKUP_ABSENT;
    relation->puppet = &puppet->account;
    return found;
}

enum work_result push_relation(struct push *push, char *const words[5])
{
    struct relation relation = {.aid = words[1], .oid = words[2]};
    struct post_record post;
    if (!reaction_named(words[0], &relation.reaction.kind))
        return WORK_DONE;
    relation.reaction.actor_id = words[3];
    relation.reaction.detail = strcmp(words[4], "-") == 0 ? "" : words[4];
    relation.kind = kind_for(push, relation.reaction.kind);
    if (!push_can(push, capability_of(relation.kind)))
        return WORK_DONE;
    enum lookup found = find_puppet(push, &relation);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    found = post_load(push->gateway->store, push->arena, relation.aid, relation.oid, &post);
    if (found != LOOKUP_FOUND || post.state != POST_LIVE)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (read_state(push, &relation) == LOOKUP_DOWN)
        return WORK_LATER;
    if (relation.stands)
        return push_standing(push, &relation, post.native);
    return push_run(push,
                    &(struct operation_input){.kind = OPERATION_DELETE_RELATION,
                                              .key = key_of(push, &relation),
                                              .relation = relation.kind,
                                              .puppet = relation.puppet},
                    NULL);
}
