#include "gateway/fed/moving.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/following.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/render.h"
#include "gateway/log.h"

enum { ALIAS_BYTES_MAX = 2048 };

/* Other servers take no second move of an account sooner. */
static const int64_t REST_MS = (int64_t)7 * 86400 * 1000;
static const char away[] = "the store does not answer just now; try again";

bool moving_is_same(const struct inbound_actor *actor, const char *id)
{
    for (size_t i = 0; i < actor->also_known_as_count; i++)
        if (strcmp(actor->also_known_as[i], id) == 0)
            return true;
    return false;
}

static enum moving_outcome refuse(const char **why, const char *reason)
{
    *why = reason;
    return MOVING_REFUSED;
}

static enum moving_outcome later(const char **why, const char *reason)
{
    *why = reason;
    return MOVING_LATER;
}

static bool set(struct gateway *gateway, struct arena *arena, const char *aid, const char *moved_to,
                int64_t when)
{
    const char *key = arena_format(arena, "account:%s", aid);
    struct reply *reply = moved_to ? store_call(gateway->store, "HSET", key, "moved_to", moved_to, "moved_at",
                                                arena_format(arena, "%" PRId64, when), (char *)NULL)
                                   : store_call(gateway->store, "HDEL", key, "moved_to", (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* ---- out
 * ---------------------------------------------------------------------------------------------------------
 */

static enum moving_outcome check_target(struct gateway *gateway, struct arena *arena,
                                        const struct account_record *record, const char *target,
                                        struct inbound_actor *actor, const char **why)
{
    const char *own = account_actor_id(gateway, arena, record);
    const char *refusal = following_server_refusal(gateway, arena, target);
    if (refusal)
        return refuse(why, refusal);
    enum remote_outcome met = remote_actor(gateway, arena, target, 0, actor, why);
    if (met == REMOTE_LATER)
        return later(why, arena_format(arena, "%s cannot be asked for just now: %s", target, *why));
    if (met != REMOTE_OK)
        return refuse(why, arena_format(arena, "there is no account %s: %s", target, *why));
    if (actor->suspended || actor->moved_to)
        return refuse(why, arena_format(arena, "%s is suspended there, or has moved on itself", target));
    if (!moving_is_same(actor, own))
        return refuse(why, arena_format(arena,
                                        "%s does not name %s as another account of the same person; say so "
                                        "there first (alsoKnownAs; on Mastodon: Account, Moving from a "
                                        "different account), then try again",
                                        target, own));
    return MOVING_DONE;
}

enum moving_outcome moving_out(struct gateway *gateway, struct arena *arena,
                               const struct account_record *record, const char *target, const char *trace,
                               const char **why)
{
    struct inbound_actor actor;
    int64_t now = clock_now_ms();
    if (record->consent != CONSENT_ON || record->account.status != ACCOUNT_ACTIVE)
        return refuse(why, "the account is not on; nobody can be told");
    if (target) {
        bool other = !record->account.moved_to || strcmp(record->account.moved_to, target) != 0;
        if (other && record->moved_at && now - record->moved_at < REST_MS)
            return refuse(why, "the account moved within the last seven days; other servers take no second "
                               "move so soon");
        enum moving_outcome checked = check_target(gateway, arena, record, target, &actor, why);
        if (checked != MOVING_DONE)
            return checked;
        target = actor.id;
    }
    const char *what = arena_format(arena, "%s-%" PRId64, target ? "moved" : "stays", now);
    if (!set(gateway, arena, record->aid, target, now) ||
        !publish_renewal(gateway, record->aid, what, trace) ||
        (target && !publish_move(gateway, record->aid, target, now, trace)))
        return later(why, away);
    log_write(LOG_INFO, target ? "an account moved" : "an account did not move after all", "trace", trace,
              "aid", record->aid, "target", target, (char *)NULL);
    return MOVING_DONE;
}

/* ---- in
 * ----------------------------------------------------------------------------------------------------------
 */

/* The owner's aliases without `alias`, with it at the end when it is added: URLs, divided by blanks. */
static const char *changed_list(struct arena *arena, const struct account_record *record, const char *alias,
                                bool add)
{
    const char *list = "";
    char *rest = NULL;
    char *known = arena_string(arena, record->aliases);
    for (char *one = strtok_r(known, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
        if (strcmp(one, alias) != 0)
            list = arena_format(arena, "%s%s%s", list, *list ? " " : "", one);
    return add ? arena_format(arena, "%s%s%s", list, *list ? " " : "", alias) : list;
}

enum moving_outcome moving_alias(struct gateway *gateway, struct arena *arena,
                                 const struct account_record *record, const char *alias, bool add,
                                 const char *trace, const char **why)
{
    if (record->consent != CONSENT_ON)
        return refuse(why, "the account is not on; nobody can be told");
    if (add && strcmp(alias, account_actor_id(gateway, arena, record)) == 0)
        return refuse(why, "that is the account itself");
    const char *list = changed_list(arena, record, alias, add);
    if (strlen(list) > ALIAS_BYTES_MAX || record->account.also_known_as_count + add > ALIASES_MAX)
        return refuse(why, "there are too many; remove one first");
    struct reply *reply = store_call(gateway->store, "HSET", arena_format(arena, "account:%s", record->aid),
                                     "aliases", list, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    const char *what = arena_format(arena, "aliases-%" PRId64, clock_now_ms());
    return good && publish_renewal(gateway, record->aid, what, trace) ? MOVING_DONE : later(why, away);
}
