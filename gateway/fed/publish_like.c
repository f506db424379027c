/* Likes of people here for what was written elsewhere: a Like to its author, and the Undo of just that Like
 * (PROTOCOL §3.3). Which likes stand is kept in liked:AID. */
#include <string.h>

#include "gateway/fed/publishing.h"

/* To the author alone: who likes is nobody else's business. */
static bool queue_like(struct publishing *publishing, const struct like *like, const char *kept, bool undo)
{
    char order[23];
    struct delivery_target target;
    const char *actor = publishing_actor(publishing);
    if (!publishing_target(publishing, like->author, &target))
        return true; /* nobody is there to be told */
    id_hash(arena_format(publishing->arena, "%s like %s", publishing->aid, like->object), order);
    struct delivery_activity activity = {.kind = DELIVERY_ANSWER,
                                         .priority = undo ? PRIORITY_DELETE : PRIORITY_ANSWER,
                                         .order_key = order,
                                         .targets = &target,
                                         .target_count = 1};
    json_t *document = like_activity(arena_format(publishing->arena, "%s#like-%s", actor, kept), actor,
                                     like->object, like->author);
    if (undo) {
        json_t *whole = document;
        document = undo_activity(whole, arena_format(publishing->arena, "%s#unlike-%s", actor, kept));
        json_decref(whole);
    }
    return publishing_queue(publishing, document, &activity);
}

static struct reply *ask(struct publishing *publishing, const char *verb, const struct like *like,
                         const char *value)
{
    char field[23];
    id_hash(like->object, field);
    return store_call(publishing->gateway->store, verb,
                      arena_format(publishing->arena, "liked:%s", publishing->aid), field, value,
                      (char *)NULL);
}

/* The name of the Like that stands; "" for none. False: the store is away. */
static bool read_kept(struct publishing *publishing, const struct like *like, const char **kept)
{
    struct reply *reply = ask(publishing, "HGET", like, NULL);
    bool good = !reply_failed(reply);
    *kept = arena_string(publishing->arena, good ? reply_text(reply) : "");
    reply_free(reply);
    return good;
}

static bool done(struct reply *reply)
{
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool publish_like(struct gateway *gateway, const char *aid, const struct like *like, const char *trace)
{
    struct publishing publishing;
    char name[23];
    const char *kept;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && publishing.record.consent == CONSENT_ON &&
        publishing.record.account.status == ACCOUNT_ACTIVE) {
        /* A like that was taken back and given anew is another one; the same event told twice is not. */
        id_hash(arena_format(publishing.arena, "%s %s", like->object, like->event), name);
        good = read_kept(&publishing, like, &kept);
        if (good && !kept[0])
            good = done(ask(&publishing, "HSET", like, name)) && queue_like(&publishing, like, name, false);
        else if (good && strcmp(kept, name) == 0)
            good = queue_like(&publishing, like, name, false);
    }
    publishing_end(&publishing);
    return good;
}

bool publish_unlike(struct gateway *gateway, const char *aid, const struct like *like, const char *trace)
{
    struct publishing publishing;
    const char *kept;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN && read_kept(&publishing, like, &kept);
    if (good && found == LOOKUP_FOUND && kept[0])
        good = queue_like(&publishing, like, kept, true) && done(ask(&publishing, "HDEL", like, NULL));
    publishing_end(&publishing);
    return good;
}
