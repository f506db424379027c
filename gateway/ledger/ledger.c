#include "gateway/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fed/local.h"
#include "gateway/ledger/exposure.h"
#include "gateway/store/posts.h"
#include "mapping/inbound.h"

enum { LEDGER_BUDGET = 4 << 20 };
static const char *const away = "the store does not answer";

/* ---- hosts
 * ---------------------------------------------------------------------------------------------------------
 */

static struct reply *host_fields(struct gateway *gateway, const char *number)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGETALL");
    arguments_format(arguments, "host:%s", number);
    return store_run(gateway->store, arguments);
}

static void set_number(json_t *object, const char *name, const char *value)
{
    if (value && value[0])
        (void)json_object_set_new(object, name, json_integer(strtoll(value, NULL, 10)));
}

static void set_text(json_t *object, const char *name, const char *value)
{
    if (value && value[0])
        (void)json_object_set_new(object, name, json_string(value));
}

/* "https://m.example" is shown as m.example. */
static const char *short_name(const char *origin)
{
    if (!origin)
        return "";
    return strncmp(origin, "https://", 8) == 0 ? origin + 8 : origin;
}

/* How many a set or a list of that host holds. */
static int64_t count_of(struct gateway *gateway, const char *command, const char *key, const char *number)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, command);
    arguments_format(arguments, "%s:%s", key, number);
    struct reply *reply = store_run(gateway->store, arguments);
    int64_t count = reply_failed(reply) ? 0 : reply_number(reply);
    reply_free(reply);
    return count;
}

static json_t *host_document(struct gateway *gateway, const char *number)
{
    struct reply *fields = host_fields(gateway, number);
    json_t *document = NULL;
    if (!reply_failed(fields) && reply_count(fields)) {
        const char *state = reply_field(fields, "state");
        document = json_object();
        set_text(document, "kind", "host");
        set_text(document, "host", short_name(reply_field(fields, "origin")));
        set_text(document, "state", state ? state : "healthy");
        set_number(document, "failures", reply_field(fields, "failures"));
        set_number(document, "unreachable_since", reply_field(fields, "down_since"));
        set_number(document, "next_probe", reply_field(fields, "open_until"));
        set_number(document, "last_accepted", reply_field(fields, "last_ok"));
        set_number(document, "last_status", reply_field(fields, "last_code"));
        set_text(document, "last_reason", reply_field(fields, "last_reason"));
        set_number(document, "seen", reply_field(fields, "seen"));
        set_number(document, "in_flight", reply_field(fields, "in_flight"));
        (void)json_object_set_new(document, "waiting_lanes",
                                  json_integer(count_of(gateway, "SCARD", "parked", number)));
        (void)json_object_set_new(document, "tried_in_vain",
                                  json_integer(count_of(gateway, "LLEN", "tried", number)));
    }
    reply_free(fields);
    return document;
}

json_t *ledger_host(struct gateway *gateway, const char *host, const char **why)
{
    struct arena *arena = arena_new(LEDGER_BUDGET);
    const char *url = strstr(host, "://") ? host : arena_format(arena, "https://%s", host);
    const char *origin = url_origin(arena, url);
    struct reply *reply =
        store_call(gateway->store, "HGET", "host_numbers", origin ? origin : "", (char *)NULL);
    json_t *document = NULL;
    *why = reply_failed(reply) ? away : "this host was never met";
    if (reply_kind(reply) == REPLY_TEXT)
        document = host_document(gateway, reply_text(reply));
    reply_free(reply);
    arena_free(arena);
    return document;
}

json_t *ledger_hosts(struct gateway *gateway, const char *state, const char **why)
{
    struct reply *last = store_call(gateway->store, "GET", "sequence:host", (char *)NULL);
    *why = away;
    if (reply_failed(last)) {
        reply_free(last);
        return NULL;
    }
    json_t *list = json_array();
    for (int64_t number = 1; number <= reply_number(last); number++) {
        char text[24];
        (void)snprintf(text, sizeof text, "%lld", (long long)number);
        json_t *document = host_document(gateway, text);
        const char *is = json_string_value(json_object_get(document, "state"));
        if (document && (!state || strcmp(state, is) == 0))
            (void)json_array_append(list, document);
        json_decref(document);
    }
    reply_free(last);
    return list;
}

/* ---- posts and accounts
 * ------------------------------------------------------------------------------------------- */

struct ledger {
    struct gateway *gateway;
    struct arena *arena;
    const char *account, *post; /* numbers; post "0": the account itself */
};

static void add_reasons(json_t *entry, const char *letters)
{
    static const struct {
        char letter;
        const char *name;
    } names[] = {{'m', "mentioned"}, {'r', "replied"}, {'b', "boosted"},
                 {'l', "liked"},     {'q', "quoted"},  {'f', "fetched"}};
    json_t *why = json_array();
    if (!letters || !letters[0])
        (void)json_array_append_new(why, json_string("delivered"));
    for (size_t i = 0; letters && i < sizeof names / sizeof names[0]; i++)
        if (strchr(letters, names[i].letter))
            (void)json_array_append_new(why, json_string(names[i].name));
    (void)json_object_set_new(entry, "why", why);
}

/* "S CODE TIME" */
static void add_delete_state(json_t *entry, const char *state, const char *down_since)
{
    static const struct {
        char letter;
        const char *name;
    } names[] = {
        {'q', "queued"}, {'a', "accepted"}, {'r', "refused"}, {'v', "observed"}, {'n', "no inbox known"}};
    if (!state)
        return;
    char *rest = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].letter == state[0])
            set_text(entry, "delete", names[i].name);
    long code = strtol(state + 1, &rest, 10);
    if (code)
        (void)json_object_set_new(entry, "code", json_integer(code));
    set_number(entry, "time", rest);
    if (state[0] == 'q')
        set_number(entry, "unreachable_since", down_since);
}

static struct reply *field_of(struct ledger *ledger, const char *key, const char *host)
{
    return store_call(ledger->gateway->store, "HGET",
                      arena_format(ledger->arena, "%s:%s:%s", key, ledger->account, ledger->post), host,
                      (char *)NULL);
}

static json_t *host_entry(struct ledger *ledger, uint32_t number)
{
    const char *host = arena_format(ledger->arena, "%u", number);
    struct reply *fields = host_fields(ledger->gateway, host);
    struct reply *reasons = field_of(ledger, "exposure_why", host);
    struct reply *state = field_of(ledger, "delete_state", host);
    json_t *entry = NULL;
    if (!reply_failed(fields) && !reply_failed(reasons) && !reply_failed(state)) {
        entry = json_object();
        set_text(entry, "host", short_name(reply_field(fields, "origin")));
        if (strcmp(ledger->post, "0") != 0)
            add_reasons(entry, reply_text(reasons));
        add_delete_state(entry, reply_kind(state) == REPLY_TEXT ? reply_text(state) : NULL,
                         reply_field(fields, "down_since"));
    }
    reply_free(fields);
    reply_free(reasons);
    reply_free(state);
    return entry;
}

static json_t *host_entries(struct ledger *ledger)
{
    struct host_list hosts;
    bool good = strcmp(ledger->post, "0") == 0
                    ? exposure_of_account(ledger->gateway, ledger->account, &hosts)
                    : exposure_of_post(ledger->gateway, ledger->account, ledger->post, &hosts);
    json_t *list = good ? json_array() : NULL;
    for (size_t i = 0; list && i < hosts.count; i++) {
        json_t *entry = host_entry(ledger, hosts.numbers[i]);
        if (entry) {
            (void)json_array_append_new(list, entry);
        } else {
            json_decref(list);
            list = NULL;
        }
    }
    if (good)
        host_list_clear(&hosts);
    return list;
}

static json_t *account_or_post(struct ledger *ledger, const char *aid, const char *oid, const char **why)
{
    static const char *const post_states[] = {"held", "live", "deleted"};
    struct account_record record;
    struct post_record post = {0};
    enum lookup found = account_load(ledger->gateway->store, ledger->arena, aid, &record);
    if (found == LOOKUP_FOUND && oid)
        found = post_load(ledger->gateway->store, ledger->arena, aid, oid, &post);
    *why = found == LOOKUP_DOWN ? away : "there is no such account or post";
    if (found != LOOKUP_FOUND)
        return NULL;
    ledger->account = arena_format(ledger->arena, "%lld", (long long)record.number);
    ledger->post = arena_format(ledger->arena, "%lld", (long long)post.number);
    json_t *hosts = host_entries(ledger);
    *why = away;
    if (!hosts)
        return NULL;
    json_t *document = json_object();
    set_text(document, "kind", oid ? "post" : "account");
    set_text(document, "account", aid);
    set_text(document, "post", oid);
    set_text(document, "state", oid ? post_states[post.state] : consent_name(record.consent));
    (void)json_object_set_new(document, "hosts", hosts);
    return document;
}

/* AID of "name@host" or "@name@host"; "" when it is none of ours. */
static bool find_handle(struct gateway *gateway, struct arena *arena, const char *what,
                        char aid[AID_LENGTH + 1])
{
    what += what[0] == '@';
    const char *at = strchr(what, '@');
    return at && account_of_name(gateway->store, at + 1, arena_copy(arena, what, (size_t)(at - what)), aid) ==
                     LOOKUP_FOUND;
}

json_t *ledger_query(struct gateway *gateway, const char *what, const char **why)
{
    struct ledger ledger = {.gateway = gateway, .arena = arena_new(LEDGER_BUDGET)};
    struct local_id id = local_parse(gateway->config, what);
    char aid[AID_LENGTH + 1];
    json_t *document;
    if (id.kind == LOCAL_POST)
        document = account_or_post(&ledger, id.aid, id.oid, why);
    else if (id.kind == LOCAL_ACTOR)
        document = account_or_post(&ledger, id.aid, NULL, why);
    else if (find_handle(gateway, ledger.arena, what, aid))
        document = account_or_post(&ledger, aid, NULL, why);
    else
        document = ledger_host(gateway, what, why);
    arena_free(ledger.arena);
    return document;
}
