/* Accounts themselves: what they are, how they are set, where their posts are. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/admin/acts.h"
#include "gateway/clock.h"
#include "gateway/fed/render.h"
#include "gateway/jobs.h"
#include "gateway/ledger/ledger.h"
#include "mapping/marker.h"

enum {
    HOLD_MAX_S = 86400,
    RETENTION_MAX_DAYS = 3650,
    DIGITS_MAX = 5,
    ACCOUNTS_MAX = 10000,
    AUDIT_SHOWN = 200,
    HOST_FIELDS = 4
};

static json_t *account_document(struct act *act, const struct account_record *record)
{
    const char *name = record->account.name;
    return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "account", record->aid,
                     "handle", arena_format(act->arena, "@%s@%s", record->name, record->host), "actor",
                     url_actor(act->arena, account_base(act->gateway, record), record->aid), "name", name,
                     "platform", record->platform, "native", record->native, "state",
                     consent_name(record->consent), "since", (json_int_t)record->consent_since, "created",
                     (json_int_t)record->created, "followers", (json_int_t)record->follower_count, "posts",
                     (json_int_t)record->post_count);
}

static bool list_platform(struct act *act, const char *platform, const char *state, json_t *items)
{
    struct reply *reply = store_call(act->gateway->store, "SMEMBERS",
                                     arena_format(act->arena, "accounts:%s", platform), (char *)NULL);
    bool good = !reply_failed(reply);
    for (size_t i = 0; good && i < reply_count(reply) && json_array_size(items) < ACCOUNTS_MAX; i++) {
        struct arena *arena = act->arena;
        struct account_record record;
        enum lookup found = account_load(act->gateway->store, arena, reply_text(reply_at(reply, i)), &record);
        good = found != LOOKUP_DOWN;
        if (found == LOOKUP_FOUND && (!state || strcmp(consent_name(record.consent), state) == 0))
            (void)json_array_append_new(items, account_document(act, &record));
    }
    reply_free(reply);
    return good;
}

enum act_outcome act_account_list(struct act *act)
{
    const struct config *config = act->gateway->config;
    json_t *items = json_array();
    bool good = true;
    for (size_t i = 0; good && i < config->platform_count; i++)
        good = list_platform(act, config->platforms[i].name, act_word(act, "state"), items);
    if (!good) {
        json_decref(items);
        return act_away(act);
    }
    act->result = json_pack("{s:I, s:o}", "total", (json_int_t)json_array_size(items), "items", items);
    return ACT_DONE;
}

static const char *setting(struct act *act, const char *name)
{
    struct reply *reply =
        store_call(act->gateway->store, "HGET", arena_format(act->arena, "account:%s", act->account.aid),
                   name, (char *)NULL);
    const char *text = arena_string(act->arena, reply_text(reply));
    (void)reply_failed(reply);
    reply_free(reply);
    return text;
}

enum act_outcome act_account_show(struct act *act)
{
    const char *approves = setting(act, "approves");
    json_t *document = account_document(act, &act->account);
    (void)json_object_set_new(document, "hold_seconds", json_integer(act->account.hold_ms / 1000));
    (void)json_object_set_new(document, "authorized_fetch", json_boolean(act->account.authorized_fetch));
    (void)json_object_set_new(document, "approve_followers",
                              json_string(*approves == '1'   ? "yes"
                                          : *approves == '0' ? "no"
                                                             : "platform"));
    const char *replies = setting(act, "approve_replies");
    (void)json_object_set_new(document, "approve_replies", json_string(*replies ? replies : "off"));
    (void)json_object_set_new(document, "home_marker",
                              json_string(act->account.home_marker ? act->account.home_marker : "none"));
    (void)json_object_set_new(document, "retention_days", json_integer(act->account.retention_days));
    struct reply *reply = store_call(act->gateway->store, "HLEN",
                                     arena_format(act->arena, "requests:%s", act->account.aid), (char *)NULL);
    bool failed = reply_failed(reply);
    (void)json_object_set_new(document, "requests", json_integer(reply_number(reply)));
    reply_free(reply);
    reply = store_call(act->gateway->store, "ZCARD", arena_format(act->arena, "held:%s", act->account.aid),
                       (char *)NULL);
    failed |= reply_failed(reply);
    (void)json_object_set_new(document, "held_replies", json_integer(reply_number(reply)));
    reply_free(reply);
    act->result = document;
    return failed ? act_away(act) : ACT_DONE;
}

static bool is_number(const char *text, int maximum)
{
    return strspn(text, "0123456789") == strlen(text) && strlen(text) <= DIGITS_MAX && atoi(text) <= maximum;
}

static enum act_outcome check_settings(struct act *act)
{
    const char *hold = act_word(act, "hold_seconds");
    if (json_object_size(act->words) == 0)
        return act_fails(act, ACT_INVALID, NULL, "nothing to set was named; see --help for what there is");
    if (hold && !is_number(hold, HOLD_MAX_S))
        return act_fails(act, ACT_INVALID, "hold_seconds", "'%s' is no number of seconds from 0 to %d", hold,
                         HOLD_MAX_S);
    const char *marker = act_word(act, "home_marker");
    if (marker && strcasecmp(marker, "none") != 0 && !marker_is_valid(marker))
        return act_fails(act, ACT_INVALID, "home_marker",
                         "'%s' is no hashtag: write # and letters or digits, such as #nofed, or none",
                         marker);
    if (act_word(act, "retention_days") && !is_number(act_word(act, "retention_days"), RETENTION_MAX_DAYS))
        return act_fails(act, ACT_INVALID, "retention_days", "'%s' is no number of days from 0 to %d",
                         act_word(act, "retention_days"), RETENTION_MAX_DAYS);
    return ACT_DONE;
}

enum act_outcome act_account_set(struct act *act)
{
    enum act_outcome outcome = check_settings(act);
    if (outcome != ACT_DONE)
        return outcome;
    const char *hold = act_word(act, "hold_seconds");
    const char *approve = act_word(act, "approve_followers");
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, act->account.aid);
    arguments_text(arguments, hold ? arena_format(act->arena, "%s000", hold) : "");
    arguments_text(arguments, !approve                          ? ""
                              : strcasecmp(approve, "yes") == 0 ? "1"
                              : strcasecmp(approve, "no") == 0  ? "0"
                                                                : "platform");
    arguments_text(arguments, !act_word(act, "authorized_fetch")         ? ""
                              : act_flag(act, "authorized_fetch", false) ? "1"
                                                                         : "0");
    arguments_text(arguments, act_word(act, "approve_replies"));
    arguments_text(arguments, act_word(act, "home_marker"));
    arguments_text(arguments, act_word(act, "retention_days"));
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(act->gateway->store, "account_set", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    if (!good ||
        account_load(act->gateway->store, act->arena, act->account.aid, &act->account) != LOOKUP_FOUND)
        return act_away(act);
    return act_account_show(act);
}

enum act_outcome act_account_rotate_key(struct act *act)
{
    if (act->account.consent != CONSENT_ON)
        return act_fails(act, ACT_REFUSED, NULL,
                         "the account is not switched on; nobody can be told of a key");
    if (!job_queue(act->gateway, "rotate-key", act->account.aid, act->trace))
        return act_away(act);
    act->result = json_pack("{s:s, s:s}", "account", act->account.aid, "key",
                            "a new one is told to all who know the account, then it takes over");
    return ACT_DONE;
}

/* "TIME FROM TO" of audit:AID as what is shown; NULL when it is none. */
static json_t *state_entry(struct act *act, const char *text)
{
    char *rest = NULL;
    char *entry = arena_string(act->arena, text);
    const char *time = strtok_r(entry, " ", &rest);
    const char *from = strtok_r(NULL, " ", &rest);
    const char *to = strtok_r(NULL, " ", &rest);
    return to ? json_pack("{s:I, s:s, s:s, s:{s:s, s:s}}", "time", (json_int_t)strtoll(time, NULL, 10), "who",
                          "consent", "act", "account.state", "words", "from", from, "to", to)
              : NULL;
}

static json_int_t time_of(const json_t *entry)
{
    return json_integer_value(json_object_get(entry, "time"));
}

/* Both lists have the oldest first; out comes the newest first. */
static json_t *entries(struct act *act, const struct reply *acts, const struct reply *states)
{
    json_t *items = json_array();
    size_t act_count = reply_count(acts);
    size_t state_count = reply_count(states);
    json_t *done = NULL;
    json_t *changed = NULL;
    while (done || changed || act_count || state_count) {
        if (!done && act_count)
            done = json_loads(reply_text(reply_at(acts, --act_count)), 0, NULL);
        if (!changed && state_count)
            changed = state_entry(act, reply_text(reply_at(states, --state_count)));
        json_t **newer = done && (!changed || time_of(done) > time_of(changed)) ? &done : &changed;
        if (*newer)
            (void)json_array_append_new(items, *newer);
        *newer = NULL;
    }
    return items;
}

enum act_outcome act_account_audit(struct act *act)
{
    struct reply *acts =
        store_call(act->gateway->store, "LRANGE", arena_format(act->arena, "acts:%s", act->account.aid),
                   arena_format(act->arena, "%d", -AUDIT_SHOWN), "-1", (char *)NULL);
    struct reply *states =
        store_call(act->gateway->store, "LRANGE", arena_format(act->arena, "audit:%s", act->account.aid),
                   arena_format(act->arena, "%d", -AUDIT_SHOWN), "-1", (char *)NULL);
    bool good = !reply_failed(acts) && !reply_failed(states);
    act->result = json_pack("{s:o}", "items", entries(act, acts, states));
    reply_free(acts);
    reply_free(states);
    return good ? ACT_DONE : act_away(act);
}

/* ---- where ---- */

static void put_followers(const struct reply *reply, json_t *hosts)
{
    size_t index;
    json_t *host;
    for (size_t i = 0; i + HOST_FIELDS <= reply_count(reply); i += HOST_FIELDS) {
        const char *origin = strstr(reply_text(reply_at(reply, i)), "://");
        json_array_foreach(hosts, index, host)
        {
            if (!origin || strcmp(origin + 3, json_string_value(json_object_get(host, "host"))) != 0)
                continue;
            (void)json_object_set_new(host, "followers", json_integer(reply_number(reply_at(reply, i + 1))));
            (void)json_object_set_new(host, "open_deletes",
                                      json_integer(reply_number(reply_at(reply, i + 3))));
            if (reply_number(reply_at(reply, i + 2)))
                (void)json_object_set_new(host, "last_accepted",
                                          json_integer(reply_number(reply_at(reply, i + 2))));
        }
    }
}

enum act_outcome act_where_list(struct act *act)
{
    const char *why = NULL;
    const char *actor = url_actor(act->arena, account_base(act->gateway, &act->account), act->account.aid);
    json_t *ledger = ledger_query(act->gateway, actor, &why);
    if (!ledger)
        return act_fails(act, ACT_AWAY, NULL, "%s", why);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, act->account.aid);
    struct reply *reply = store_script(act->gateway->store, "followers_by_host", arguments);
    bool good = !reply_failed(reply);
    json_t *hosts = json_object_get(ledger, "hosts");
    put_followers(reply, hosts);
    reply_free(reply);
    act->result = json_pack("{s:I, s:O, s:O?}", "total", (json_int_t)json_array_size(hosts), "items", hosts,
                            "deletes", json_object_get(ledger, "deletes"));
    json_decref(ledger);
    return good ? ACT_DONE : act_away(act);
}
