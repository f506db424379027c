/* What people of the fediverse wrote to an account: shown on the platform, or waiting for its owner. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/clock.h"
#include "gateway/domains.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/upstream/upstream.h"

enum { PAGE = 50, TEXT_MAX = 500 };

static void put_text(struct act *act, json_t *item, const char *source)
{
    struct inbound_note note;
    json_t *document = json_loads(source, 0, NULL);
    if (document && !inbound_note_read(document, NULL, act->arena, &note)) {
        struct loss loss = {.entries = json_array()};
        struct rich_text text =
            text_from_html(act->arena, note.content_html, &note, NULL, 0, TEXT_MAX, &loss);
        json_decref(loss.entries);
        (void)json_object_set_new(item, "text", json_stringn(text.text, text.length));
        (void)json_object_set_new(item, "url", json_string(note.url ? note.url : note.id));
    }
    json_decref(document);
}

static bool add_reply(struct act *act, const char *hash, int64_t time, json_t *items)
{
    struct remote_object object;
    const char *key = arena_format(act->arena, "rp_%s", hash);
    enum lookup found = remote_object_find(act->gateway, act->arena, key, &object);
    if (found != LOOKUP_FOUND || !object.id || !object.actor)
        return found != LOOKUP_DOWN;
    json_t *item = act_person_document(act, object.actor);
    (void)json_object_set_new(item, "reply", json_string(key));
    (void)json_object_set_new(item, "time", json_integer(time));
    if (object.source)
        put_text(act, item, object.source);
    else /* kept no longer (retention.h) */
        (void)json_object_set_new(item, "url", json_string(object.id));
    if (object.refused)
        (void)json_object_set_new(item, "refused", json_string(object.refused));
    (void)json_array_append_new(items, item);
    return true;
}

static enum act_outcome list(struct act *act, const char *kind, const char *before)
{
    const char *key = arena_format(act->arena, "%s:%s", kind, act->account.aid);
    struct reply *reply = store_call(act->gateway->store, "ZRANGE", key, before ? before : "+inf", "-inf",
                                     "BYSCORE", "REV", "LIMIT", "0", "50", "WITHSCORES", (char *)NULL);
    bool good = !reply_failed(reply);
    json_t *items = json_array();
    int64_t last = 0;
    for (size_t i = 0; good && i + 1 < reply_count(reply); i += 2) {
        last = strtoll(reply_text(reply_at(reply, i + 1)), NULL, 10);
        good = add_reply(act, reply_text(reply_at(reply, i)), last, items);
    }
    act->result = json_pack("{s:o}", "items", items);
    if (good && reply_count(reply) == (size_t)2 * PAGE)
        (void)json_object_set_new(act->result, "next",
                                  json_string(arena_format(act->arena, "(%lld", (long long)last)));
    reply_free(reply);
    return good ? ACT_DONE : act_away(act);
}

enum act_outcome act_reply_list(struct act *act)
{
    const char *before = act_word(act, "cursor");
    if (before && (before[0] != '(' || strspn(before + 1, "0123456789") != strlen(before + 1)))
        return act_fails(act, ACT_INVALID, "cursor", "write what 'next' of the page before said");
    return list(act, "inbound", before);
}

enum act_outcome act_reply_held(struct act *act)
{
    return list(act, "held", NULL);
}

static const char *hash_of(struct act *act)
{
    const char *word = act_word(act, "reply");
    char hash[23];
    if (strncmp(word, "rp_", 3) == 0)
        return word + 3;
    id_hash(word, hash);
    return arena_string(act->arena, hash);
}

static enum act_outcome decide(struct act *act, const char *script, const char *problem)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, act->account.aid);
    arguments_text(arguments, hash_of(act));
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(act->gateway->store, script, arguments);
    bool failed = reply_failed(reply);
    const char *platform = arena_string(act->arena, reply_text(reply));
    reply_free(reply);
    if (failed)
        return act_away(act);
    if (!*platform)
        return act_fails(act, ACT_UNKNOWN, "reply", "%s", problem);
    upstream_push_kick(act->gateway, platform);
    return ACT_DONE;
}

enum act_outcome act_reply_approve(struct act *act)
{
    struct remote_object object;
    const char *key = arena_format(act->arena, "rp_%s", hash_of(act));
    if (!domains_load(act->gateway))
        return act_away(act);
    if (remote_object_find(act->gateway, act->arena, key, &object) == LOOKUP_FOUND && object.actor &&
        (domains_judge(act->gateway, object.actor) == DOMAIN_BLOCKED ||
         separation_find(act->gateway, act->account.aid, object.actor, false) == LOOKUP_FOUND))
        return act_fails(act, ACT_REFUSED, "reply", "its author is blocked, or wants nothing shown here");
    return decide(act, "reply_approve", "no such reply waits for approval");
}

enum act_outcome act_reply_remove(struct act *act)
{
    return decide(act, "reply_remove", "there is no such reply to this account");
}
