/* The servers that deliveries go to, and how they answer. */
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/ledger/ledger.h"
#include "gateway/upstream/upstream.h"
#include "mapping/inbound.h"

enum act_outcome act_host_list(struct act *act)
{
    const char *why = NULL;
    json_t *items = ledger_hosts(act->gateway, act_word(act, "state"), &why);
    size_t index;
    json_t *host;
    if (!items)
        return act_away(act);
    json_array_foreach(items, index, host)
    {
        const char *state = json_string_value(json_object_get(host, "state"));
        bool given_up = strcmp(state, "open") == 0 || strcmp(state, "dead") == 0;
        (void)json_object_set_new(host, "given_up", json_string(given_up ? "yes" : "no"));
    }
    act->result = json_pack("{s:I, s:o}", "total", (json_int_t)json_array_size(items), "items", items);
    return ACT_DONE;
}

static enum act_outcome find(struct act *act, json_t **out)
{
    const char *why = NULL;
    *out = ledger_host(act->gateway, act_word(act, "host"), &why);
    if (*out)
        return ACT_DONE;
    if (strcmp(why, LEDGER_AWAY) == 0)
        return act_away(act);
    return act_fails(act, ACT_UNKNOWN, "host",
                     "no server of the name '%.200s' was ever met; write it as host.list does",
                     act_word(act, "host"));
}

/* People of that server who have an account on a platform by which they answer there. */
static void add_puppets(struct act *act, json_t *host)
{
    const struct config *config = act->gateway->config;
    const char *name = json_string_value(json_object_get(host, "host"));
    int64_t count = 0;
    for (size_t i = 0; i < config->platform_count; i++)
        count += upstream_puppet_count(act->gateway, config->platforms[i].name, name);
    if (count)
        (void)json_object_set_new(host, "puppets", json_integer(count));
}

enum act_outcome act_host_show(struct act *act)
{
    enum act_outcome outcome = find(act, &act->result);
    if (outcome == ACT_DONE)
        add_puppets(act, act->result);
    return outcome;
}

enum act_outcome act_host_revive(struct act *act)
{
    json_t *host;
    enum act_outcome outcome = find(act, &host);
    if (outcome != ACT_DONE)
        return outcome;
    const char *name = arena_string(act->arena, json_string_value(json_object_get(host, "host")));
    json_decref(host);
    static const char *const schemes[] = {"https", "http"};
    int64_t revived = -1;
    for (size_t i = 0; i < 2 && revived < 0; i++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments,
                       url_origin(act->arena, arena_format(act->arena, "%s://%s", schemes[i], name)));
        arguments_number(arguments, clock_now_ms());
        struct reply *reply = store_script(act->gateway->store, "host_revive", arguments);
        bool failed = reply_failed(reply);
        if (reply_kind(reply) == REPLY_NUMBER)
            revived = reply_number(reply);
        reply_free(reply);
        if (failed)
            return act_away(act);
    }
    if (revived != 1)
        return act_fails(act, ACT_REFUSED, "host", "%s was not given up; what waits for it is being sent",
                         name);
    delivery_kick(act->gateway);
    outcome = find(act, &act->result);
    if (outcome == ACT_DONE)
        (void)json_object_set_new(act->result, "said",
                                  json_string(arena_format(act->arena, "%s is tried again now", name)));
    return outcome;
}
