/* Somebody elsewhere moved to another account (FEP-7628). It counts when both accounts say so on their own
 * servers; then a follower of ours goes on under the new name, and who is followed is asked anew there. */
#include <inttypes.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/domains.h"
#include "gateway/fed/following.h"
#include "gateway/fed/handle.h"
#include "gateway/fed/moving.h"
#include "gateway/fed/separation.h"
#include "gateway/log.h"

enum { ATTEMPTS_MAX = 8, ACCOUNTS_MAX = 10000, PAGES_MAX = 1000, REST_S = 7 * 86400, DAY_MS = 86400000 };

struct move {
    struct incoming *incoming;
    struct gateway *gateway;
    struct arena *arena;
    const char *from, *trace;
    char from_hash[23];
    struct inbound_actor to;
};

/* Whether anybody here has to do with who moves, and it is no move right after another one. Nobody is asked.
 */
static enum lookup concerns_us(struct move *move)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, move->from_hash);
    struct reply *reply = store_script(move->gateway->store, "move_concerns", arguments);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

static enum work_result drop(struct move *move, const char *target, const char *why)
{
    log_write(LOG_INFO, "a move is not believed", "trace", move->trace, "actor", move->from, "target", target,
              "reason", why, (char *)NULL);
    return WORK_DONE;
}

/* Both sides are asked on their own servers: what an activity says could be said by whoever has one key. The
 * other one only when the first says so, so that nobody has us ask whom he likes. */
static enum work_result verify(struct move *move, const char *target, bool *good)
{
    struct inbound_actor from;
    const char *why = NULL;
    enum remote_outcome met = remote_actor(move->gateway, move->arena, move->from, 0, &from, &why);
    if (met == REMOTE_OK && (!from.moved_to || strcmp(from.moved_to, target) != 0))
        return drop(move, target, "the account does not say that it moved there");
    if (met == REMOTE_OK)
        met = remote_actor(move->gateway, move->arena, target, 0, &move->to, &why);
    if (met == REMOTE_LATER && move->incoming->attempt < ATTEMPTS_MAX)
        return WORK_LATER;
    if (met != REMOTE_OK)
        return drop(move, target, why);
    if (strcmp(move->to.id, target) != 0)
        return drop(move, target, "the other account is called otherwise by its own server");
    if (!moving_is_same(&move->to, move->from))
        return drop(move, target, "the other account does not name this one as its own");
    *good = true;
    return WORK_DONE;
}

/* ---- followers
 * ------------------------------------------------------------------------------------------------------- */

static bool carry_follower(struct move *move, const char *aid, const char *follow)
{
    char hash[23];
    int64_t now = clock_now_ms();
    const struct inbound_actor *to = &move->to;
    bool shared = to->shared_inbox && url_same_origin(to->shared_inbox, to->id);
    id_hash(to->id, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, move->from);
    arguments_text(arguments, move->from_hash);
    arguments_text(arguments, to->id);
    arguments_text(arguments, hash);
    arguments_text(arguments, follow);
    arguments_text(arguments, url_origin(move->arena, to->id));
    arguments_text(arguments, shared ? to->shared_inbox : to->inbox);
    arguments_text(arguments, shared ? "1" : "0");
    arguments_number(arguments, now / DAY_MS);
    struct reply *reply = store_script(move->gateway->store, "follower_move", arguments);
    bool good = !reply_failed(reply);
    if (reply_number(reply) == 1)
        log_write(LOG_INFO, "a follower moved", "trace", move->trace, "aid", aid, "from", move->from, "to",
                  to->id, (char *)NULL);
    reply_free(reply);
    return good;
}

/* Whether the owner approves each follower. False: the store is away. */
static bool is_approving(struct move *move, const char *aid, bool *out)
{
    struct account_record record;
    enum lookup found = account_load(move->gateway->store, move->arena, aid, &record);
    *out = found == LOOKUP_FOUND && record.account.approve_followers;
    return found != LOOKUP_DOWN;
}

static bool move_follower(struct move *move, const char *aid)
{
    struct reply *reply =
        store_call(move->gateway->store, "HGET", arena_format(move->arena, "followers:%s", aid), move->from,
                   (char *)NULL);
    bool good = !reply_failed(reply);
    const char *follow = separation_follow_id(move->arena, move->from, reply_text(reply));
    reply_free(reply);
    if (!good || !follow)
        return good;
    switch (separation_find(move->gateway, aid, move->to.id, true)) {
    case LOOKUP_DOWN:
        return false;
    case LOOKUP_FOUND: /* the owner blocked the new account */
        return delivery_follower_remove(move->gateway, aid, move->from);
    case LOOKUP_ABSENT:
        break;
    }
    bool asks = domains_limit(move->gateway, move->to.id);
    if (!asks && !is_approving(move, aid, &asks))
        return false;
    /* Whom the owner has to approve asks anew from there. */
    if (asks)
        return delivery_follower_remove(move->gateway, aid, move->from);
    return carry_follower(move, aid, follow);
}

/* The account numbers that the actor follows, as include/audience keeps them. */
static bool move_followers(struct move *move)
{
    struct reply *reply = store_call(move->gateway->store, "HGET",
                                     arena_format(move->arena, "following_us:%.2s", move->from_hash),
                                     move->from_hash, (char *)NULL);
    bool good = !reply_failed(reply);
    char *rest = NULL;
    char *numbers = arena_string(move->arena, reply_text(reply));
    reply_free(reply);
    int count = 0;
    for (char *number = strtok_r(numbers, " ", &rest); good && number && count < ACCOUNTS_MAX;
         number = strtok_r(NULL, " ", &rest), count++) {
        struct reply *aid = store_call(move->gateway->store, "HGET", "account_numbers", number, (char *)NULL);
        good = !reply_failed(aid) && (reply_kind(aid) == REPLY_NIL ||
                                      move_follower(move, arena_string(move->arena, reply_text(aid))));
        reply_free(aid);
    }
    return good;
}

/* ---- who is followed
 * --------------------------------------------------------------------------------------------- */

static bool move_followed(struct move *move, const char *aid)
{
    struct account_record record;
    struct following following;
    const char *why = NULL;
    enum lookup found = account_load(move->gateway->store, move->arena, aid, &record);
    if (found == LOOKUP_FOUND)
        found = following_find(move->gateway, move->arena, aid, move->from, &following);
    if (found == LOOKUP_DOWN)
        return false;
    if (found == LOOKUP_FOUND && following.state != FOLLOWING_REJECTED &&
        following_ask_actor(move->gateway, move->arena, &record, &move->to, move->trace, &why) ==
            FOLLOWING_LATER)
        return false;
    return following_end(move->gateway, aid, move->from, true, move->trace);
}

static bool move_all_followed(struct move *move)
{
    const char *key = arena_format(move->arena, "followed_by:%s", move->from_hash);
    /* Each round takes away what it finds. */
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        struct reply *reply = store_call(move->gateway->store, "SRANDMEMBER", key, "20", (char *)NULL);
        bool good = !reply_failed(reply);
        size_t count = reply_count(reply);
        for (size_t i = 0; good && i < count; i++)
            good = move_followed(move, reply_text(reply_at(reply, i)));
        reply_free(reply);
        if (!good || count == 0)
            return good;
    }
    return true;
}

static bool rest(struct move *move)
{
    struct reply *reply =
        store_call(move->gateway->store, "SET", arena_format(move->arena, "moved:%s", move->from_hash),
                   move->to.id, "EX", arena_format(move->arena, "%d", REST_S), (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

enum work_result handle_move(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    const char *target = activity->target;
    struct move move = {.incoming = incoming,
                        .gateway = incoming->gateway,
                        .arena = incoming->arena,
                        .from = activity->actor,
                        .trace = incoming->trace};
    /* Only of oneself. Nobody here follows accounts of this bridge through it. */
    if (!activity->object_id || strcmp(activity->object_id, activity->actor) != 0 || !target ||
        strcmp(target, activity->actor) == 0 || local_is_ours(incoming->gateway->config, target))
        return WORK_DONE;
    id_hash(activity->actor, move.from_hash);
    enum lookup found = concerns_us(&move);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (domains_judge(incoming->gateway, target) == DOMAIN_BLOCKED)
        return drop(&move, target, "the operator blocks that server");
    bool good = false;
    enum work_result verified = verify(&move, target, &good);
    if (!good)
        return verified;
    return move_followers(&move) && move_all_followed(&move) && rest(&move) ? WORK_DONE : WORK_LATER;
}
