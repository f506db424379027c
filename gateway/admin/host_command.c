/* `drawbridge host`: the servers that deliveries go to, as tables or JSON. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/ledger/ledger.h"
#include "gateway/upstream/upstream.h"

static void print_line(const json_t *host)
{
    char since[TIME_TEXT_MAX];
    char accepted[TIME_TEXT_MAX];
    show_time(host, "unreachable_since", since);
    show_time(host, "last_accepted", accepted);
    (void)printf("%-40s %-8s last accepted %-24s", show_text(host, "host"), show_text(host, "state"),
                 accepted[0] ? accepted : "never");
    if (since[0])
        (void)printf(" unreachable since %s (%s)", since, show_text(host, "last_reason"));
    (void)putchar('\n');
}

static void print_time(const json_t *host, const char *name, const char *title)
{
    char when[TIME_TEXT_MAX];
    show_time(host, name, when);
    if (when[0])
        (void)printf("  %-20s %s\n", title, when);
}

static void print_count(const json_t *host, const char *name, const char *title)
{
    json_int_t count = json_integer_value(json_object_get(host, name));
    if (count)
        (void)printf("  %-20s %lld\n", title, (long long)count);
}

static void print_text(const json_t *host, const char *name, const char *title)
{
    if (show_text(host, name)[0])
        (void)printf("  %-20s %s\n", title, show_text(host, name));
}

void show_host(const json_t *host)
{
    (void)printf("host %s\n", show_text(host, "host"));
    print_text(host, "state", "state");
    print_text(host, "software", "software");
    print_text(host, "version", "version");
    print_time(host, "last_accepted", "last accepted");
    print_time(host, "unreachable_since", "unreachable since");
    print_time(host, "next_probe", "tried again at");
    print_count(host, "failures", "failures in a row");
    print_count(host, "last_status", "last HTTP status");
    print_text(host, "last_reason", "last failure");
    print_time(host, "seen", "last heard from");
    print_count(host, "in_flight", "requests in flight");
    print_count(host, "deletes_waiting", "Deletes that wait");
    print_count(host, "waiting_lanes", "lanes that wait");
    print_count(host, "tried_in_vain", "tried in vain");
    print_count(host, "puppets", "puppets");
    print_text(host, "contact", "contact");
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
        show_json(list);
    } else {
        json_array_foreach(list, index, host) print_line(host);
        (void)printf("%zu host(s)\n", json_array_size(list));
    }
    json_decref(list);
    return SESSION_GOOD;
}

/* People of that server who have an account on a platform by which they answer there. */
static void add_puppets(struct gateway *gateway, json_t *host)
{
    const char *name = strstr(show_text(host, "host"), "://");
    int64_t count = 0;
    for (size_t i = 0; i < gateway->config->platform_count; i++)
        count += upstream_puppet_count(gateway, gateway->config->platforms[i].name,
                                       name ? name + 3 : show_text(host, "host"));
    if (count)
        (void)json_object_set_new(host, "puppets", json_integer(count));
}

static int one_host(struct gateway *gateway, const char *name, bool json)
{
    const char *why = NULL;
    json_t *host = ledger_host(gateway, name, &why);
    if (!host)
        return command_failed(name, why);
    add_puppets(gateway, host);
    if (json)
        show_json(host);
    else
        show_host(host);
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
        return one_host(gateway, read.alone[1], json);
    return words_misused("host", "wrong words for host");
}
