/* Follows: ours of people elsewhere, and the answers to theirs. */
#include <inttypes.h>

#include "gateway/fed/following.h"
#include "gateway/fed/publishing.h"

/* To the person's own inbox, in the order of the two (DESIGN §5): an Undo must not overtake its Follow. */
static bool queue_to_person(struct publishing *publishing, json_t *document, const char *actor_id,
                            const char *inbox)
{
    char pair[23];
    id_hash(arena_format(publishing->arena, "%s %s", publishing->aid, actor_id), pair);
    struct delivery_target target = {.actor_id = actor_id, .inbox = inbox};
    struct delivery_activity activity = {.kind = DELIVERY_ANSWER,
                                         .priority = PRIORITY_ANSWER,
                                         .order_key = pair,
                                         .targets = &target,
                                         .target_count = 1};
    return publishing_queue(publishing, document, &activity);
}

bool publish_follow_answer(struct gateway *gateway, const char *aid, bool accept, const char *follow_id,
                           const char *follower_id, const char *follow_object, const char *inbox,
                           const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND) {
        char hash[23];
        id_hash(follow_id, hash);
        const char *actor = publishing_actor(&publishing);
        const char *id =
            arena_format(publishing.arena, "%s#%s-%s", actor, accept ? "accept" : "reject", hash);
        good = queue_to_person(&publishing,
                               follow_answer(accept, id, actor, follow_id, follower_id, follow_object),
                               follower_id, inbox);
    }
    publishing_end(&publishing);
    return good;
}

bool publish_follow(struct gateway *gateway, const char *aid, const struct follow_request *request,
                    const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND) {
        char hash[23];
        id_hash(request->actor_id, hash);
        const char *actor = publishing_actor(&publishing);
        const char *id =
            arena_format(publishing.arena, "%s" FOLLOW_MARK "%s-%" PRId64, actor, hash, request->asked);
        json_t *document = follow_activity(id, actor, request->actor_id);
        if (request->undo) {
            json_t *follow = document;
            document = undo_activity(follow, arena_format(publishing.arena, "%s#unfollow-%s-%" PRId64, actor,
                                                          hash, request->asked));
            json_decref(follow);
        }
        good = queue_to_person(&publishing, document, request->actor_id, request->inbox);
    }
    publishing_end(&publishing);
    return good;
}
