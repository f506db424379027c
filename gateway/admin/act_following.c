/* Whom an account follows elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/clock.h"
#include "gateway/domains.h"
#include "gateway/fed/following.h"

enum { FIELDS = 5 };

static const int64_t UNANSWERED_MS = (int64_t)86400 * 1000;

static void put(json_t *object, const char *name, const char *text)
{
    if (text && *text)
        (void)json_object_set_new(object, name, json_string(text));
}

static bool is_unanswered(const struct following *following)
{
    return following->state == FOLLOWING_ASKED && clock_now_ms() - following->asked >= UNANSWERED_MS;
}

static void put_following(json_t *person, const struct following *following)
{
    put(person, "state", is_unanswered(following) ? "unanswered" : following_state_name(following->state));
    (void)json_object_set_new(person, "asked", json_integer(following->asked));
    if (following->decided)
        (void)json_object_set_new(person, "decided", json_integer(following->decided));
    (void)json_object_set_new(person, "times", json_integer(following->times));
    if (is_unanswered(following))
        put(person, "hint",
            "no answer for a day: their server may be away, or they decide by hand; you may ask again");
}

static json_t *following_document(struct act *act, const struct reply *reply, size_t at)
{
    struct following following;
    json_t *person = act_person_document(act, reply_text(reply_at(reply, at)));
    if (following_read(act->arena, reply_text(reply_at(reply, at + 1)), &following))
        put_following(person, &following);
    put(person, "software", reply_text(reply_at(reply, at + 2)));
    put(person, "version", reply_text(reply_at(reply, at + 3)));
    put(person, "server_state",
        domains_judge(act->gateway, reply_text(reply_at(reply, at))) == DOMAIN_BLOCKED
            ? "blocked"
            : reply_text(reply_at(reply, at + 4)));
    return person;
}

enum act_outcome act_following_list(struct act *act)
{
    enum act_outcome outcome = act_people_page(act, "following_page", FIELDS,
                                               (int64_t)act->account.following_count, following_document);
    if (outcome == ACT_DONE)
        (void)json_object_set_new(act->result, "shown", json_boolean(act->account.show_following));
    return outcome;
}

enum act_outcome act_following_add(struct act *act)
{
    const char *actor_id;
    const char *why = NULL;
    const char *word = act_word(act, "person");
    const char *refusal = following_server_refusal(act->gateway, act->arena, word);
    if (refusal)
        return act_fails(act, ACT_REFUSED, "person", "%s", refusal);
    enum act_outcome outcome = act_person(act, word, &actor_id);
    if (outcome != ACT_DONE)
        return outcome;
    switch (following_ask(act->gateway, act->arena, &act->account, actor_id, act->trace, &why)) {
    case FOLLOWING_SENT:
        break;
    case FOLLOWING_STANDS:
        return act_fails(act, ACT_REFUSED, "person", "the account follows %s already", actor_id);
    case FOLLOWING_REFUSED:
        return act_fails(act, ACT_REFUSED, "person", "%s", why);
    case FOLLOWING_LATER:
        return act_fails(act, ACT_AWAY, "person", "%s", why);
    }
    struct following following;
    act->result = act_person_document(act, actor_id);
    if (following_find(act->gateway, act->arena, act->account.aid, actor_id, &following) == LOOKUP_FOUND)
        put_following(act->result, &following);
    return ACT_DONE;
}

enum act_outcome act_following_remove(struct act *act)
{
    const char *actor_id;
    struct following following;
    enum act_outcome outcome = act_person(act, act_word(act, "person"), &actor_id);
    if (outcome != ACT_DONE)
        return outcome;
    enum lookup found = following_find(act->gateway, act->arena, act->account.aid, actor_id, &following);
    if (found == LOOKUP_DOWN)
        return act_away(act);
    if (found == LOOKUP_ABSENT)
        return act_fails(act, ACT_UNKNOWN, "person", "this account does not follow %s", actor_id);
    act->result = act_person_document(act, actor_id);
    return following_end(act->gateway, act->account.aid, actor_id, true, act->trace) ? ACT_DONE
                                                                                     : act_away(act);
}

enum act_outcome act_following_set(struct act *act)
{
    bool shown = act_flag(act, "shown", false);
    struct reply *reply =
        store_call(act->gateway->store, "HSET", arena_format(act->arena, "account:%s", act->account.aid),
                   "show_following", shown ? "1" : "0", (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    act->result = json_pack("{s:b}", "shown", shown);
    return good ? ACT_DONE : act_away(act);
}
