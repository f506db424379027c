/* Followers of an account: with their server, in and out. */
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/fed/followers.h"
#include "gateway/fed/separation.h"

enum { FIELDS = 6, REQUESTS_MAX = 1000 };

static void put(json_t *object, const char *name, const char *text)
{
    if (text && *text)
        (void)json_object_set_new(object, name, json_string(text));
}

static json_t *follower_document(struct act *act, const struct reply *reply, size_t at)
{
    json_t *person = act_person_document(act, reply_text(reply_at(reply, at)));
    long long since = strtoll(reply_text(reply_at(reply, at + 1)), NULL, 10);
    if (since)
        (void)json_object_set_new(person, "since", json_integer(since * 1000));
    put(person, "software", reply_text(reply_at(reply, at + 2)));
    put(person, "version", reply_text(reply_at(reply, at + 3)));
    put(person, "server_state", reply_text(reply_at(reply, at + 4)));
    put(person, "followed", reply_text(reply_at(reply, at + 5)));
    return person;
}

enum act_outcome act_people_page(struct act *act, const char *script, size_t fields, int64_t total,
                                 json_t *(*document)(struct act *act, const struct reply *reply, size_t at))
{
    const char *cursor = act_word(act, "cursor");
    if (cursor && strspn(cursor, "0123456789") != strlen(cursor))
        return act_fails(act, ACT_INVALID, "cursor", "a cursor is a number that a page before gave");
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, act->account.aid);
    arguments_text(arguments, cursor ? cursor : "0");
    struct reply *reply = store_script(act->gateway->store, script, arguments);
    if (reply_failed(reply)) {
        reply_free(reply);
        return act_away(act);
    }
    json_t *items = json_array();
    for (size_t i = 1; i + fields <= reply_count(reply); i += fields)
        (void)json_array_append_new(items, document(act, reply, i));
    act->result = json_pack("{s:I, s:o}", "total", (json_int_t)total, "items", items);
    if (strcmp(reply_text(reply_at(reply, 0)), "0") != 0)
        put(act->result, "next", reply_text(reply_at(reply, 0)));
    reply_free(reply);
    return ACT_DONE;
}

enum act_outcome act_follower_list(struct act *act)
{
    return act_people_page(act, "followers_page", FIELDS, (int64_t)act->account.follower_count,
                           follower_document);
}

enum act_outcome act_follower_remove(struct act *act)
{
    const char *actor_id;
    enum act_outcome outcome = act_person(act, act_word(act, "person"), &actor_id);
    if (outcome != ACT_DONE)
        return outcome;
    struct reply *reply =
        store_call(act->gateway->store, "HEXISTS", arena_format(act->arena, "followers:%s", act->account.aid),
                   actor_id, (char *)NULL);
    bool failed = reply_failed(reply);
    bool follows = reply_number(reply) == 1;
    reply_free(reply);
    if (failed)
        return act_away(act);
    if (!follows)
        return act_fails(act, ACT_UNKNOWN, "person", "%s does not follow this account", actor_id);
    return separation_end_follow(act->gateway, act->account.aid, actor_id, true, act->trace) ? ACT_DONE
                                                                                             : act_away(act);
}

/* ---- those who wait for approval: requests:AID, actor → "SINCE_MS FOLLOW_ID" ---- */

enum act_outcome act_follower_requests(struct act *act)
{
    struct reply *reply = store_call(act->gateway->store, "HGETALL",
                                     arena_format(act->arena, "requests:%s", act->account.aid), (char *)NULL);
    if (reply_failed(reply)) {
        reply_free(reply);
        return act_away(act);
    }
    json_t *items = json_array();
    for (size_t i = 0; i + 1 < reply_count(reply) && i < 2 * REQUESTS_MAX; i += 2) {
        json_t *person = act_person_document(act, reply_text(reply_at(reply, i)));
        (void)json_object_set_new(person, "since",
                                  json_integer(strtoll(reply_text(reply_at(reply, i + 1)), NULL, 10)));
        (void)json_array_append_new(items, person);
    }
    act->result = json_pack("{s:I, s:o}", "total", (json_int_t)(reply_count(reply) / 2), "items", items);
    reply_free(reply);
    return ACT_DONE;
}

static enum act_outcome answer_request(struct act *act, bool accept)
{
    const char *actor_id;
    const char *why = NULL;
    enum act_outcome outcome = act_person(act, act_word(act, "person"), &actor_id);
    if (outcome != ACT_DONE)
        return outcome;
    switch (follower_decide(act->gateway, act->arena, &act->account, actor_id, accept, act->trace, &why)) {
    case LOOKUP_FOUND:
        break;
    case LOOKUP_ABSENT:
        return act_fails(act, ACT_UNKNOWN, "person", "%s did not ask to follow this account", actor_id);
    case LOOKUP_DOWN:
        return why ? act_fails(act, ACT_AWAY, "person", "%s cannot be asked for just now: %s", actor_id, why)
                   : act_away(act);
    }
    act->result = act_person_document(act, actor_id);
    return ACT_DONE;
}

enum act_outcome act_follower_approve(struct act *act)
{
    if (act->account.consent != CONSENT_ON)
        return act_fails(act, ACT_REFUSED, NULL, "the account is not on; nobody can follow it now");
    return answer_request(act, true);
}

enum act_outcome act_follower_refuse(struct act *act)
{
    return answer_request(act, false);
}
