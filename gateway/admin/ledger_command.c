/* `drawbridge ledger` and `drawbridge host`: what is known of where things are, as tables or JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/words.h"
#include "gateway/ledger/ledger.h"
#include "mapping/model.h"

static void print_json(const json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (!text)
        abort();
    (void)puts(text);
    free(text);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void time_of(const json_t *object, const char *name, char out[TIME_TEXT_MAX])
{
    const json_t *value = json_object_get(object, name);
    out[0] = '\0';
    if (json_is_integer(value))
        time_format(json_integer_value(value), out);
}

/* ---- hosts
 * -------------------------------------------------------------------------------------------------- */

static void print_host(const json_t *host)
{
    char since[TIME_TEXT_MAX];
    char accepted[TIME_TEXT_MAX];
    time_of(host, "unreachable_since", since);
    time_of(host, "last_accepted", accepted);
    (void)printf("%-40s %-8s last accepted %-24s", text_of(host, "host"), text_of(host, "state"),
                 accepted[0] ? accepted : "never");
    if (since[0])
        (void)printf(" unreachable since %s (%s)", since, text_of(host, "last_reason"));
    (void)putchar('\n');
}

static void print_fact(const json_t *host, const char *name, const char *title)
{
    char when[TIME_TEXT_MAX];
    time_of(host, name, when);
    if (when[0])
        (void)printf("  %-20s %s\n", title, when);
}

static void print_count(const json_t *host, const char *name, const char *title)
{
    json_int_t count = json_integer_value(json_object_get(host, name));
    if (count)
        (void)printf("  %-20s %lld\n", title, (long long)count);
}

static void print_host_in_full(const json_t *host)
{
    (void)printf("host %s\n  %-20s %s\n", text_of(host, "host"), "state", text_of(host, "state"));
    print_fact(host, "last_accepted", "last accepted");
    print_fact(host, "unreachable_since", "unreachable since");
    print_fact(host, "next_probe", "tried again at");
    print_count(host, "failures", "failures in a row");
    print_count(host, "last_status", "last HTTP status");
    if (text_of(host, "unreachable_since")[0] || text_of(host, "last_reason")[0])
        (void)printf("  %-20s %s\n", "last failure", text_of(host, "last_reason"));
    print_fact(host, "seen", "last heard from");
    print_count(host, "in_flight", "requests in flight");
    print_count(host, "waiting_lanes", "lanes that wait");
}

static int list_hosts(struct gateway *gateway, const char *state, bool json)
{
    const char *why = NULL;
    size_t index;
    const json_t *host;
    json_t *list = ledger_hosts(gateway, state, &why);
    if (!list)
        return command_failed("host list", why);
    if (json) {
        print_json(list);
    } else {
        json_array_foreach(list, index, host) print_host(host);
        (void)printf("%zu host(s)\n", json_array_size(list));
    }
    json_decref(list);
    return SESSION_GOOD;
}

static int show_host(struct gateway *gateway, const char *name, bool json)
{
    const char *why = NULL;
    json_t *host = ledger_host(gateway, name, &why);
    if (!host)
        return command_failed(name, why);
    if (json)
        print_json(host);
    else
        print_host_in_full(host);
    json_decref(host);
    return SESSION_GOOD;
}

int command_host(struct gateway *gateway, int count, char **words)
{
    const char *state = NULL;
    bool json = false;
    struct words read;
    const struct word_option options[] = {{"--state", &state, NULL}, {"--json", NULL, &json}};
    if (!words_read("host", count, words, options, 2, 1, 2, &read))
        return SESSION_USAGE;
    if (strcmp(read.alone[0], "list") == 0 && read.count == 1) {
        if (state && !ledger_is_host_state(state))
            return words_misused("host", "there is no state '%s'", state);
        return list_hosts(gateway, state, json);
    }
    if (strcmp(read.alone[0], "show") == 0 && read.count == 2 && !state)
        return show_host(gateway, read.alone[1], json);
    return words_misused("host", "wrong words for host");
}

/* ---- posts and accounts
 * ------------------------------------------------------------------------------------- */

static void print_place(const json_t *place)
{
    char when[TIME_TEXT_MAX];
    char since[TIME_TEXT_MAX];
    size_t index;
    const json_t *reason;
    time_of(place, "time", when);
    time_of(place, "unreachable_since", since);
    (void)printf("  %-40s ", text_of(place, "host"));
    json_array_foreach(json_object_get(place, "why"), index, reason)(void)
        printf("%s%s", index ? "," : "", json_string_value(reason));
    if (text_of(place, "delete")[0]) {
        (void)printf("  delete %s", text_of(place, "delete"));
        if (json_integer_value(json_object_get(place, "code")))
            (void)printf(" (%d)", (int)json_integer_value(json_object_get(place, "code")));
        (void)printf(" %s", when);
    }
    if (since[0])
        (void)printf("  unreachable since %s", since);
    (void)putchar('\n');
}

static void print_places(const json_t *document, const char *what)
{
    const json_t *hosts = json_object_get(document, "hosts");
    size_t index;
    const json_t *place;
    (void)printf("%s %s\n", text_of(document, "kind"), what);
    (void)printf("state: %s\n", text_of(document, "state"));
    (void)printf("servers that may hold a copy: %zu\n", json_array_size(hosts));
    json_array_foreach(hosts, index, place) print_place(place);
}

int command_ledger(struct gateway *gateway, int count, char **words)
{
    const char *why = NULL;
    bool json = false;
    struct words read;
    const struct word_option options[] = {{"--json", NULL, &json}};
    if (!words_read("ledger", count, words, options, 1, 1, 1, &read))
        return SESSION_USAGE;
    json_t *document = ledger_query(gateway, read.alone[0], &why);
    if (!document)
        return command_failed(read.alone[0], why);
    if (json)
        print_json(document);
    else if (json_object_get(document, "hosts"))
        print_places(document, read.alone[0]);
    else
        print_host_in_full(document);
    json_decref(document);
    return SESSION_GOOD;
}
