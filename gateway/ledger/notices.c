#include "gateway/ledger/notices.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/ledger/ledger.h"
#include "gateway/log.h"

enum { BATCH = 500, PAGES_MAX = 10000, KEPT = 100, HOSTS_NAMED = 100, HOSTS_IN_LOG = 5, PLACE_SIZE = 64 };
static const int64_t DAY_MS = (int64_t)86400 * 1000;

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- what a notice says
 * --------------------------------------------------------------------------------------- */

static void add_host(json_t *hosts, const json_t *place)
{
    static const char *const shared[] = {"host",     "state",    "queued",  "unreachable_since",
                                         "failures", "software", "contact", "says"};
    json_t *known = json_object_get(hosts, text_of(place, "host"));
    json_int_t deletes = json_integer_value(json_object_get(known, "deletes")) + 1;
    if (!known) {
        known = json_object();
        (void)json_object_set_new(hosts, text_of(place, "host"), known);
        for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
            json_t *value = json_object_get(place, shared[i]);
            if (value)
                (void)json_object_set(known, shared[i], value);
        }
    }
    (void)json_object_set_new(known, "deletes", json_integer(deletes));
}

bool notice_add(json_t *notice, const json_t *ledger)
{
    size_t i;
    const json_t *place;
    bool unanswered = false;
    json_array_foreach(json_object_get(ledger, "hosts"), i, place)
    {
        const char *state = text_of(place, "state");
        if (strcmp(state, "queued") != 0 && strcmp(state, "unreachable") != 0)
            continue;
        add_host(json_object_get(notice, "hosts"), place);
        unanswered = true;
    }
    if (unanswered)
        (void)json_array_append(json_object_get(notice, "of"), json_object_get(ledger, "id"));
    return unanswered;
}

static json_t *advice_for(const json_t *hosts)
{
    json_t *advice = json_array();
    size_t i;
    const json_t *host;
    (void)json_array_append_new(
        advice,
        json_string("Nothing has to be done: each server is asked again until 180 days have passed since "
                    "the Delete, and at once when it is heard from."));
    json_array_foreach(hosts, i, host)
    {
        const char *contact = text_of(host, "contact");
        const char *name = text_of(host, "host");
        (void)json_array_append_new(
            advice, contact[0] ? json_sprintf("Write to whoever runs %s (%s) and ask for the deletion.", name,
                                              contact)
                               : json_sprintf("Write to whoever runs %s, who is named on its pages as a rule "
                                              "(https://%s/about), and ask for the deletion.",
                                              name, name));
    }
    (void)json_array_append_new(
        advice,
        json_string(
            "Block a server that does not answer ('drawbridge block add ACCOUNT SERVER'), so that it gets "
            "no more of this account; it is still asked to delete, and its copies are not reached by "
            "that. A block by the operator for all accounts ('drawbridge domain block') holds the "
            "Deletes back as well."));
    return advice;
}

static json_t *first_of(const json_t *table)
{
    json_t *list = json_array();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)table, name, value)
    {
        if (json_array_size(list) < HOSTS_NAMED)
            (void)json_array_append(list, value);
    }
    return list;
}

/* ---- writing
 * -------------------------------------------------------------------------------------------------- */

static void log_notice(const char *aid, const json_t *notice)
{
    size_t i;
    const json_t *host;
    json_array_foreach(json_object_get(notice, "hosts"), i, host)
    {
        if (i == HOSTS_IN_LOG)
            break;
        log_write(LOG_WARNING, "a Delete has been unanswered for days", "aid", aid, "host",
                  text_of(host, "host"), "says", text_of(host, "says"), (char *)NULL);
    }
}

static void write_notice(struct gateway *gateway, const char *aid, json_t *notice)
{
    size_t count = json_object_size(json_object_get(notice, "hosts"));
    json_t *hosts = first_of(json_object_get(notice, "hosts"));
    if (count > HOSTS_NAMED)
        (void)json_object_set_new(notice, "more_hosts", json_integer((json_int_t)(count - HOSTS_NAMED)));
    (void)json_object_set_new(notice, "time", json_integer(clock_now_ms()));
    (void)json_object_set_new(notice, "days", json_integer(gateway->config->notice_days));
    (void)json_object_set_new(notice, "advice", advice_for(hosts));
    (void)json_object_set_new(notice, "hosts", hosts);
    char *text = json_dumps(notice, JSON_COMPACT);
    char key[64];
    char last[16];
    if (!text)
        abort();
    (void)snprintf(key, sizeof key, "notices:%s", aid);
    (void)snprintf(last, sizeof last, "%d", KEPT - 1);
    reply_free(store_call(gateway->store, "LPUSH", key, text, (char *)NULL));
    reply_free(store_call(gateway->store, "LTRIM", key, "0", last, (char *)NULL));
    log_notice(aid, notice);
    free(text);
}

/* The ledger of what Delete activity A takes back. */
static json_t *ledger_of(struct gateway *gateway, const char *activity)
{
    char key[32];
    const char *why = NULL;
    (void)snprintf(key, sizeof key, "activity:%s", activity);
    struct reply *reply = store_call(gateway->store, "HGET", key, "id", (char *)NULL);
    char *id = reply_kind(reply) == REPLY_TEXT ? strdup(reply_text(reply)) : NULL;
    reply_free(reply);
    if (!id)
        return NULL;
    id[strcspn(id, "#")] = '\0';
    json_t *ledger = ledger_query(gateway, id, &why);
    free(id);
    return ledger;
}

/* How far the Deletes were looked at: the time when one was queued, and its activity (of the same moment the
 * activities are in the order of their numbers as texts). */
struct place {
    char queued[24], activity[24];
};

static bool read_place(struct gateway *gateway, struct place *out)
{
    *out = (struct place){.queued = "0"};
    struct reply *reply = store_call(gateway->store, "GET", "notices_until", (char *)NULL);
    bool good = !reply_failed(reply);
    const char *text = reply_text(reply);
    size_t length = strcspn(text, " ");
    if (length > 0 && length < sizeof out->queued) {
        (void)snprintf(out->queued, sizeof out->queued, "%.*s", (int)length, text);
        (void)snprintf(out->activity, sizeof out->activity, "%s", text[length] ? text + length + 1 : "");
    }
    reply_free(reply);
    return good;
}

static void keep_place(struct gateway *gateway, const struct place *place)
{
    char text[PLACE_SIZE];
    (void)snprintf(text, sizeof text, "%s %s", place->queued, place->activity);
    reply_free(store_call(gateway->store, "SET", "notices_until", text, (char *)NULL));
}

/* Unanswered Deletes that were queued at that moment or later, but not after `until`: activity, score, … */
static struct reply *page_of(struct gateway *gateway, const char *queued, int64_t until, int64_t offset)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZRANGEBYSCORE");
    arguments_text(arguments, "deletes_owed");
    arguments_text(arguments, queued);
    arguments_number(arguments, until);
    arguments_text(arguments, "WITHSCORES");
    arguments_text(arguments, "LIMIT");
    arguments_number(arguments, offset);
    arguments_number(arguments, BATCH);
    return store_run(gateway->store, arguments);
}

static bool is_behind(const char *activity, const char *queued, const struct place *place)
{
    return strcmp(queued, place->queued) != 0 || strcmp(activity, place->activity) > 0;
}

static void collect(struct gateway *gateway, const char *activity, json_t *by_account)
{
    json_t *ledger = ledger_of(gateway, activity);
    const char *aid = text_of(ledger, "account");
    json_t *notice = json_object_get(by_account, aid);
    if (ledger && !notice) {
        notice = json_pack("{s[] s{}}", "of", "hosts");
        (void)json_object_set_new(by_account, aid, notice);
    }
    if (ledger)
        (void)notice_add(notice, ledger);
    json_decref(ledger);
}

static void write_all(struct gateway *gateway, const json_t *by_account)
{
    const char *aid;
    json_t *notice;
    json_object_foreach((json_t *)(uintptr_t)by_account, aid, notice)
    {
        if (json_array_size(json_object_get(notice, "of")) > 0)
            write_notice(gateway, aid, notice);
    }
}

void notices_write(struct gateway *gateway)
{
    struct place place;
    if (!read_place(gateway, &place))
        return;
    const struct place begin = place;
    int64_t until = clock_now_ms() - gateway->config->notice_days * DAY_MS;
    json_t *by_account = json_object();
    size_t taken = 0;
    bool more = true;
    /* As a rule one page; those of the moment where the last round ended are passed over. */
    for (int pages = 0; more && taken < BATCH && pages < PAGES_MAX; pages++) {
        struct reply *list = page_of(gateway, begin.queued, until, (int64_t)pages * BATCH);
        size_t count = reply_failed(list) ? 0 : reply_count(list) / 2;
        more = count == BATCH;
        for (size_t i = 0; i < count && taken < BATCH; i++) {
            const char *activity = reply_text(reply_at(list, 2 * i));
            const char *queued = reply_text(reply_at(list, 2 * i + 1));
            if (!is_behind(activity, queued, &begin))
                continue;
            collect(gateway, activity, by_account);
            (void)snprintf(place.queued, sizeof place.queued, "%s", queued);
            (void)snprintf(place.activity, sizeof place.activity, "%s", activity);
            taken++;
        }
        reply_free(list);
    }
    write_all(gateway, by_account);
    if (taken)
        keep_place(gateway, &place);
    json_decref(by_account);
}

json_t *notices_of(struct gateway *gateway, const char *aid)
{
    char key[64];
    (void)snprintf(key, sizeof key, "notices:%s", aid);
    struct reply *reply = store_call(gateway->store, "LRANGE", key, "0", "-1", (char *)NULL);
    json_t *list = reply_failed(reply) ? NULL : json_array();
    for (size_t i = 0; list && i < reply_count(reply); i++) {
        json_t *notice = json_loads(reply_text(reply_at(reply, i)), 0, NULL);
        if (notice)
            (void)json_array_append_new(list, notice);
    }
    reply_free(reply);
    return list;
}
