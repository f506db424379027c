/* Who on the platform follows whom, as the store says now. */
#include <stdio.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/following.h"
#include "gateway/fed/remote.h"
#include "gateway/upstream/push.h"

enum { PAGES_MAX = 10000, CURSOR_LENGTH_MAX = 24 };
static const int64_t ACTOR_AGE_MS = (int64_t)7 * 86400 * 1000;

static const char *key_of(struct push *push, const char *aid, const char *actor_id)
{
    char *key = arena_alloc(push->arena, KEY_LENGTH + 1);
    remote_key_make("rr", actor_id, arena_format(push->arena, "followed %s", aid), key);
    return key;
}

static enum work_result tell(struct push *push, const struct account_record *record, const char *actor_id,
                             const struct following *following)
{
    struct inbound_actor actor;
    const char *why = NULL;
    enum remote_outcome met = remote_actor(push->gateway, push->arena, actor_id, ACTOR_AGE_MS, &actor, &why);
    if (met != REMOTE_OK)
        return met == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    const struct remote_relation relation = {
        .key = key_of(push, record->aid, actor_id),
        .kind = RELATION_FOLLOWED,
        .author = remote_author_of(push->gateway, push->arena, &actor),
        .target = record->native,
        .state = following_state_name(following->state),
        .revision = (uint64_t)clock_now_ms(), /* it may come again after it was taken back */
    };
    return push_run(push,
                    &(struct operation_input){
                        .kind = OPERATION_PUSH_RELATION, .key = relation.key, .remote_relation = &relation},
                    NULL);
}

/* What was shown only because somebody followed goes with the last who did. */
static enum work_result remove_posts(struct push *push, const char *actor_id)
{
    char hash[23];
    char cursor[CURSOR_LENGTH_MAX] = "0";
    id_hash(actor_id, hash);
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, actor_id);
        arguments_text(arguments, hash);
        arguments_text(arguments, push->platform->config->name);
        arguments_number(arguments, clock_now_ms());
        arguments_text(arguments, cursor);
        struct reply *reply = store_script(push->gateway->store, "timeline_remove", arguments);
        bool good = !reply_failed(reply);
        (void)snprintf(cursor, sizeof cursor, "%s", reply_text(reply));
        reply_free(reply);
        if (!good)
            return WORK_LATER;
        if (strcmp(cursor, "0") == 0)
            break;
    }
    return WORK_DONE;
}

enum work_result push_followed(struct push *push, const char *aid, const char *actor_id)
{
    struct account_record record;
    struct following following;
    if (!push_can(push, ADAPTER_TIMELINE))
        return WORK_DONE;
    enum lookup found = account_load(push->gateway->store, push->arena, aid, &record);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    found = following_find(push->gateway, push->arena, aid, actor_id, &following);
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    enum work_result result = found == LOOKUP_FOUND
                                  ? tell(push, &record, actor_id, &following)
                                  : push_run(push,
                                             &(struct operation_input){.kind = OPERATION_DELETE_RELATION,
                                                                       .key = key_of(push, aid, actor_id)},
                                             NULL);
    bool stands = found == LOOKUP_FOUND && following.state == FOLLOWING_ACCEPTED;
    return result == WORK_DONE && !stands ? remove_posts(push, actor_id) : result;
}
