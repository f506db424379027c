#include "gateway/fed/following.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/domains.h"
#include "gateway/fed/local.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/log.h"
#include "mapping/url_text.h"

enum { FOLLOWING_BUDGET = 1 << 20, PAGES_MAX = 10000, CURSOR_LENGTH_MAX = 24, DAY_MS = 86400000 };

static const char *const state_names[] = {"asked", "accepted", "rejected"};

const char *following_state_name(enum following_state state)
{
    return state_names[state];
}

bool following_read(struct arena *arena, const char *kept, struct following *out)
{
    char state[16];
    int at = 0;
    *out = (struct following){0};
    if (sscanf(kept, "%15s %" SCNd64 " %" SCNd64 " %u %n", state, &out->asked, &out->decided, &out->times,
               &at) != 4 ||
        !at || !kept[at])
        return false;
    out->inbox = arena_string(arena, kept + at);
    for (size_t i = 0; i < sizeof state_names / sizeof state_names[0]; i++)
        if (strcmp(state, state_names[i]) == 0) {
            out->state = (enum following_state)i;
            return true;
        }
    return false;
}

enum lookup following_find(struct gateway *gateway, struct arena *arena, const char *aid,
                           const char *actor_id, struct following *out)
{
    struct reply *reply =
        store_call(gateway->store, "HGET", arena_format(arena, "following:%s", aid), actor_id, (char *)NULL);
    enum lookup result = reply_failed(reply)                             ? LOOKUP_DOWN
                         : following_read(arena, reply_text(reply), out) ? LOOKUP_FOUND
                                                                         : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

enum lookup following_on(struct gateway *gateway, struct arena *arena, const char *platform,
                         const char *actor_id)
{
    char hash[23];
    id_hash(actor_id, hash);
    struct reply *reply = store_call(gateway->store, "HEXISTS", arena_format(arena, "followed:%s", hash),
                                     platform, (char *)NULL);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

/* ---- asking
 * ---------------------------------------------------------------------------------------------------------
 */

const char *following_server_refusal(struct gateway *gateway, struct arena *arena, const char *person)
{
    const char *at = strstr(person, "://") ? NULL : strrchr(person, '@');
    const char *url = at ? arena_format(arena, "https://%s/", at + 1) : person;
    if (local_is_ours(gateway->config, url))
        return arena_format(arena, "%s is an account of this bridge; follow it on its platform", person);
    if (domains_judge(gateway, url) == DOMAIN_BLOCKED)
        return arena_format(arena, "the operator blocks the server of %s", person);
    return NULL;
}

/* What can be said without a request to anybody. */
static const char *refusal_before(struct gateway *gateway, struct arena *arena,
                                  const struct account_record *record, const char *actor_id)
{
    if (record->consent != CONSENT_ON || record->account.status != ACCOUNT_ACTIVE)
        return "the account is not on";
    return following_server_refusal(gateway, arena, actor_id);
}

static const char *refusal_of(struct arena *arena, const struct inbound_actor *actor)
{
    if (actor->suspended)
        return arena_format(arena, "%s is suspended on their server", actor->id);
    if (actor->moved_to)
        return arena_format(arena, "%s has moved to %s; follow that account", actor->id, actor->moved_to);
    if (actor->refuses_bridges)
        return arena_format(arena, "%s says in the profile that no bridge is wanted", actor->id);
    return NULL;
}

static enum following_outcome refuse(const char **why, const char *reason)
{
    *why = reason;
    return FOLLOWING_REFUSED;
}

static enum following_outcome later(const char **why, const char *reason)
{
    *why = reason;
    return FOLLOWING_LATER;
}

static enum following_outcome put_request(struct gateway *gateway, struct arena *arena,
                                          const struct account_record *record,
                                          const struct inbound_actor *actor, const char *trace,
                                          const char **why)
{
    char hash[23];
    int64_t now = clock_now_ms();
    id_hash(actor->id, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, record->aid);
    arguments_text(arguments, actor->id);
    arguments_text(arguments, hash);
    arguments_text(arguments, actor->inbox);
    arguments_number(arguments, now);
    arguments_number(arguments, now / DAY_MS);
    struct reply *reply = store_script(gateway->store, "following_ask", arguments);
    bool failed = reply_failed(reply);
    const char *word = arena_string(arena, reply_text(reply_at(reply, 0)));
    int64_t asked = strtoll(reply_text(reply_at(reply, 1)), NULL, 10);
    reply_free(reply);
    if (failed)
        return later(why, "the store does not answer just now; try again");
    if (strcmp(word, "stands") == 0)
        return FOLLOWING_STANDS;
    if (strcmp(word, "off") == 0)
        return refuse(why, "the account is not on");
    if (strcmp(word, "full") == 0)
        return refuse(why, "the account follows 5,000 already; end one first");
    if (strcmp(word, "fast") == 0)
        return refuse(why, "400 were asked today already; go on tomorrow");
    const struct follow_request request = {.actor_id = actor->id, .inbox = actor->inbox, .asked = asked};
    if (!publish_follow(gateway, record->aid, &request, trace))
        return later(why, "the store does not answer just now; try again");
    log_write(LOG_INFO, "an account asks to follow", "trace", trace, "aid", record->aid, "actor", actor->id,
              (char *)NULL);
    return FOLLOWING_SENT;
}

enum following_outcome following_ask_actor(struct gateway *gateway, struct arena *arena,
                                           const struct account_record *record,
                                           const struct inbound_actor *actor, const char *trace,
                                           const char **why)
{
    const char *refusal = refusal_before(gateway, arena, record, actor->id);
    if (!refusal)
        refusal = refusal_of(arena, actor);
    if (refusal)
        return refuse(why, refusal);
    switch (separation_find(gateway, record->aid, actor->id, false)) {
    case LOOKUP_DOWN:
        return later(why, "the store does not answer just now; try again");
    case LOOKUP_FOUND:
        return refuse(why, arena_format(arena,
                                        "the account and %s have nothing to do with each other: one of them "
                                        "blocks; see block list",
                                        actor->id));
    case LOOKUP_ABSENT:
        break;
    }
    return put_request(gateway, arena, record, actor, trace, why);
}

enum following_outcome following_ask(struct gateway *gateway, struct arena *arena,
                                     const struct account_record *record, const char *actor_id,
                                     const char *trace, const char **why)
{
    struct inbound_actor actor;
    const char *refusal = refusal_before(gateway, arena, record, actor_id);
    if (refusal)
        return refuse(why, refusal);
    /* Asked anew: whoever moved or was suspended since must not be followed by an old profile. */
    switch (remote_actor(gateway, arena, actor_id, 0, &actor, why)) {
    case REMOTE_OK:
        break;
    case REMOTE_LATER:
        return later(why, arena_format(arena, "%s cannot be asked for just now: %s", actor_id, *why));
    case REMOTE_GONE:
    case REMOTE_MISSING:
        return refuse(why, arena_format(arena, "%s is not there any more", actor_id));
    case REMOTE_REFUSED:
        return refuse(why, arena_format(arena, "%s cannot be followed: %s", actor_id, *why));
    }
    return following_ask_actor(gateway, arena, record, &actor, trace, why);
}

bool following_answered(struct gateway *gateway, const char *aid, const char *actor_id, bool accepted,
                        const char *trace)
{
    char hash[23];
    id_hash(actor_id, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, actor_id);
    arguments_text(arguments, hash);
    arguments_text(arguments, accepted ? "1" : "0");
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(gateway->store, "following_answer", arguments);
    bool good = !reply_failed(reply);
    if (reply_number(reply) == 1)
        log_write(LOG_INFO, accepted ? "a follow was accepted" : "a follow was rejected", "trace", trace,
                  "aid", aid, "actor", actor_id, (char *)NULL);
    reply_free(reply);
    return good;
}

/* ---- ending
 * ---------------------------------------------------------------------------------------------------------
 */

static bool forget(struct gateway *gateway, const char *aid, const char *actor_id)
{
    char hash[23];
    id_hash(actor_id, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, actor_id);
    arguments_text(arguments, hash);
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(gateway->store, "following_end", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool following_end(struct gateway *gateway, const char *aid, const char *actor_id, bool tell,
                   const char *trace)
{
    struct arena *arena = arena_new(FOLLOWING_BUDGET);
    struct following following;
    enum lookup found = following_find(gateway, arena, aid, actor_id, &following);
    bool good = found != LOOKUP_DOWN;
    /* The Undo first: what is forgotten could not be undone any more. */
    if (found == LOOKUP_FOUND && tell && following.state != FOLLOWING_REJECTED)
        good = publish_follow(
            gateway, aid,
            &(struct follow_request){
                .actor_id = actor_id, .inbox = following.inbox, .asked = following.asked, .undo = true},
            trace);
    arena_free(arena);
    return good && forget(gateway, aid, actor_id);
}

static bool is_below(struct arena *arena, const char *actor_id, const char *domain)
{
    const char *origin = url_origin(arena, actor_id);
    const char *host = origin ? strstr(origin, "://") : NULL;
    size_t length = host ? strcspn(host + 3, ":") : 0;
    size_t wanted = strlen(domain);
    if (!wanted)
        return true;
    return length >= wanted && memcmp(host + 3 + length - wanted, domain, wanted) == 0 &&
           (length == wanted || host[3 + length - wanted - 1] == '.');
}

/* A page of the account's follows; the cursor moves on. */
static bool end_page(struct gateway *gateway, const char *aid, const char *domain, bool tell,
                     const char *trace, char cursor[CURSOR_LENGTH_MAX])
{
    struct arena *arena = arena_new(FOLLOWING_BUDGET);
    struct reply *reply = store_call(gateway->store, "HSCAN", arena_format(arena, "following:%s", aid),
                                     cursor, "COUNT", "100", (char *)NULL);
    bool good = !reply_failed(reply);
    (void)snprintf(cursor, CURSOR_LENGTH_MAX, "%s", reply_text(reply_at(reply, 0)));
    const struct reply *fields = reply_at(reply, 1);
    for (size_t i = 0; good && i + 1 < reply_count(fields); i += 2) {
        const char *actor_id = reply_text(reply_at(fields, i));
        if (is_below(arena, actor_id, domain))
            good = following_end(gateway, aid, actor_id, tell, trace);
    }
    reply_free(reply);
    arena_free(arena);
    return good;
}

bool following_end_below(struct gateway *gateway, const char *aid, const char *domain, bool tell,
                         const char *trace)
{
    char cursor[CURSOR_LENGTH_MAX] = "0";
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        if (!end_page(gateway, aid, domain, tell, trace, cursor))
            return false;
        if (strcmp(cursor, "0") == 0)
            return true;
    }
    return false;
}

bool following_forget(struct gateway *gateway, const char *actor_id, bool tell, const char *trace)
{
    char hash[23];
    char key[48];
    id_hash(actor_id, hash);
    (void)snprintf(key, sizeof key, "followed_by:%s", hash);
    /* Each round takes away what it finds. */
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        struct reply *reply = store_call(gateway->store, "SRANDMEMBER", key, "100", (char *)NULL);
        bool good = !reply_failed(reply);
        size_t count = reply_count(reply);
        for (size_t i = 0; good && i < count; i++)
            good = following_end(gateway, reply_text(reply_at(reply, i)), actor_id, tell, trace);
        reply_free(reply);
        if (!good || count == 0)
            return good;
    }
    return false;
}
