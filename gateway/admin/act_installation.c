/* The installation as a whole: how it fares, what its operator did, which names are free. */
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/health.h"

enum { AUDIT_SHOWN = 200 };

enum act_outcome act_health_show(struct act *act)
{
    const char *word = act_word(act, "hours");
    unsigned hours = word ? (unsigned)strtoul(word, NULL, 10) : 1;
    json_t *now = health_now(act->gateway);
    json_t *points = health_series(act->gateway, hours);
    if (!now || !points) {
        json_decref(now);
        json_decref(points);
        return act_away(act);
    }
    act->result = json_pack("{s:o, s:i, s:i, s:o}", "now", now, "hours", (int)hours, "step_minutes",
                            (int)hours, "points", points);
    return ACT_DONE;
}

enum act_outcome act_operator_audit(struct act *act)
{
    struct reply *acts =
        store_call(act->gateway->store, "LRANGE", "acts:", arena_format(act->arena, "%d", -AUDIT_SHOWN), "-1",
                   (char *)NULL);
    bool good = !reply_failed(acts);
    json_t *items = json_array();
    for (size_t i = reply_count(acts); i-- > 0;) {
        json_t *entry = json_loads(reply_text(reply_at(acts, i)), 0, NULL);
        if (entry)
            (void)json_array_append_new(items, entry);
    }
    reply_free(acts);
    act->result = json_pack("{s:o}", "items", items);
    return good ? ACT_DONE : act_away(act);
}

enum act_outcome act_name_release(struct act *act)
{
    const char *word = act_word(act, "handle");
    const char *name = word + (word[0] == '@');
    const char *at = strchr(name, '@');
    if (!at || at == name || !at[1])
        return act_fails(act, ACT_INVALID, "handle", "'%.200s' is no handle; write name@host", word);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, at + 1);
    arguments_bytes(arguments, name, (size_t)(at - name));
    struct reply *reply = store_script(act->gateway->store, "name_release", arguments);
    bool failed = reply_failed(reply);
    bool held = reply_kind(reply) == REPLY_TEXT;
    const char *aid = arena_string(act->arena, reply_text(reply));
    reply_free(reply);
    if (failed)
        return act_away(act);
    if (!held)
        return act_fails(act, ACT_UNKNOWN, "handle", "nobody has, or had, the name %s here", name);
    if (!aid[0])
        return act_fails(act, ACT_REFUSED, "handle",
                         "%s belongs to an account that is not gone; only after its Deletes are done and it "
                         "answers 410 a name can be another's",
                         name);
    act->result = json_pack("{s:s, s:s, s:s}", "handle", name, "account", aid, "said",
                            arena_format(act->arena,
                                         "%s is free; servers that remember who had it may take the next one "
                                         "for the same person",
                                         name));
    return ACT_DONE;
}
