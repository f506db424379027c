/* Hosts as the ledger shows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ledger/ledger.h"
#include "gateway/ledger/ledger_private.h"
#include "mapping/inbound.h"

static const char *const unmet =
    "no post or account of ours has that id or name, and no server of that name was ever met";

void ledger_put_text(json_t *object, const char *name, const char *value)
{
    if (value && value[0])
        (void)json_object_set_new(object, name, json_string(value));
}

void ledger_put_number(json_t *object, const char *name, int64_t value)
{
    if (value)
        (void)json_object_set_new(object, name, json_integer(value));
}

const char *ledger_short_name(const char *origin)
{
    const char *end = origin ? strstr(origin, "://") : NULL;
    return end ? end + 3 : origin ? origin : "";
}

/* Deletes that the host has not answered. */
static int64_t deletes_waiting(struct gateway *gateway, const char *number)
{
    struct reply *reply = store_call(gateway->store, "HGET", "deletes_waiting", number, (char *)NULL);
    int64_t count = reply_number(reply);
    reply_free(reply);
    return count;
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

static json_t *document_of(struct gateway *gateway, const char *number, const struct reply *fields)
{
    static const struct {
        const char *name, *field;
    } numbers[] = {{"failures", "failures"},     {"unreachable_since", "down_since"},
                   {"next_probe", "open_until"}, {"last_accepted", "last_ok"},
                   {"last_status", "last_code"}, {"seen", "seen"},
                   {"in_flight", "in_flight"}};
    static const char *const texts[] = {"last_reason", "software", "software_version", "contact"};
    const char *state = reply_field(fields, "state");
    json_t *document = json_object();
    ledger_put_text(document, "kind", "host");
    ledger_put_text(document, "host", ledger_short_name(reply_field(fields, "origin")));
    ledger_put_text(document, "state", state ? state : "healthy");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *value = reply_field(fields, numbers[i].field);
        ledger_put_number(document, numbers[i].name, value ? strtoll(value, NULL, 10) : 0);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ledger_put_text(document, strcmp(texts[i], "software_version") == 0 ? "version" : texts[i],
                        reply_field(fields, texts[i]));
    (void)json_object_set_new(document, "deletes_waiting", json_integer(deletes_waiting(gateway, number)));
    (void)json_object_set_new(document, "waiting_lanes",
                              json_integer(count_of(gateway, "SCARD", "parked", number)));
    (void)json_object_set_new(document, "tried_in_vain",
                              json_integer(count_of(gateway, "LLEN", "tried", number)));
    return document;
}

static json_t *host_document(struct gateway *gateway, const char *number)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGETALL");
    arguments_format(arguments, "host:%s", number);
    struct reply *fields = store_run(gateway->store, arguments);
    json_t *document =
        !reply_failed(fields) && reply_count(fields) ? document_of(gateway, number, fields) : NULL;
    reply_free(fields);
    return document;
}

static struct reply *number_of(struct gateway *gateway, struct arena *arena, const char *url)
{
    const char *origin = url_origin(arena, url);
    return store_call(gateway->store, "HGET", "host_numbers", origin ? origin : "", (char *)NULL);
}

json_t *ledger_host(struct gateway *gateway, const char *host, const char **why)
{
    struct arena *arena = arena_new(LEDGER_BUDGET);
    bool is_url = strstr(host, "://") != NULL;
    struct reply *reply = number_of(gateway, arena, is_url ? host : arena_format(arena, "https://%s", host));
    if (reply_kind(reply) == REPLY_NIL && !is_url && gateway->config->lab) {
        reply_free(reply);
        reply = number_of(gateway, arena, arena_format(arena, "http://%s", host));
    }
    json_t *document = NULL;
    *why = reply_failed(reply) ? LEDGER_AWAY : unmet;
    if (reply_kind(reply) == REPLY_TEXT)
        document = host_document(gateway, reply_text(reply));
    reply_free(reply);
    arena_free(arena);
    return document;
}

bool ledger_is_host_state(const char *state)
{
    static const char *const states[] = {"healthy", "failing", "open", "dead"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(states[i], state) == 0)
            return true;
    return false;
}

json_t *ledger_hosts(struct gateway *gateway, const char *state, const char **why)
{
    struct reply *last = store_call(gateway->store, "GET", "sequence:host", (char *)NULL);
    int64_t count = reply_kind(last) == REPLY_TEXT ? strtoll(reply_text(last), NULL, 10) : reply_number(last);
    bool failed = reply_failed(last);
    reply_free(last);
    *why = LEDGER_AWAY;
    if (failed)
        return NULL;
    json_t *list = json_array();
    for (int64_t number = 1; number <= count; number++) {
        char text[24];
        (void)snprintf(text, sizeof text, "%lld", (long long)number);
        json_t *document = host_document(gateway, text);
        const char *is = json_string_value(json_object_get(document, "state"));
        if (document && (!state || strcmp(state, is) == 0))
            (void)json_array_append(list, document);
        json_decref(document);
    }
    return list;
}
