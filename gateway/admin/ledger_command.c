/* `drawbridge ledger` and `drawbridge host`: what is known of where things are, as tables or JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/ledger/ledger.h"
#include "mapping/model.h"

static bool has_option(int count, char **words, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

static const char *value_of(int count, char **words, const char *name)
{
    for (int i = 0; i + 1 < count; i++)
        if (strcmp(words[i], name) == 0)
            return words[i + 1];
    return NULL;
}

static int fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "drawbridge: %s: %s\n", what, why);
    return SESSION_FAILED;
}

static int misused(const char *name)
{
    (void)fprintf(stderr, "drawbridge: wrong words for '%s'\n\n%s", name, command_find(name)->help);
    return SESSION_USAGE;
}

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

int command_host(struct gateway *gateway, int count, char **words)
{
    const char *why = NULL;
    json_t *document = NULL;
    if (count >= 1 && strcmp(words[0], "list") == 0)
        document = ledger_hosts(gateway, value_of(count, words, "--state"), &why);
    else if (count >= 2 && strcmp(words[0], "show") == 0)
        document = ledger_host(gateway, words[1], &why);
    else
        return misused("host");
    if (!document)
        return fail(words[count >= 2 ? 1 : 0], why);
    if (has_option(count, words, "--json")) {
        print_json(document);
    } else if (json_is_array(document)) {
        size_t index;
        const json_t *host;
        json_array_foreach(document, index, host) print_host(host);
        (void)printf("%zu host(s)\n", json_array_size(document));
    } else {
        print_host(document);
    }
    json_decref(document);
    return SESSION_GOOD;
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

int command_ledger(struct gateway *gateway, int count, char **words)
{
    const char *why = NULL;
    if (count < 1 || words[0][0] == '-')
        return misused("ledger");
    json_t *document = ledger_query(gateway, words[0], &why);
    if (!document)
        return fail(words[0], why);
    const json_t *hosts = json_object_get(document, "hosts");
    if (has_option(count, words, "--json")) {
        print_json(document);
    } else if (!hosts) {
        print_host(document);
    } else {
        size_t index;
        const json_t *place;
        (void)printf("%s %s\n", text_of(document, "kind"), words[0]);
        if (text_of(document, "state")[0])
            (void)printf("state: %s\n", text_of(document, "state"));
        (void)printf("servers that may hold a copy: %zu\n", json_array_size(hosts));
        json_array_foreach(hosts, index, place) print_place(place);
    }
    json_decref(document);
    return SESSION_GOOD;
}
