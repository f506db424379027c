#include "gateway/admin/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void show_json(const json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    if (!text)
        abort();
    (void)puts(text);
    free(text);
}

const char *show_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

void show_time(const json_t *object, const char *name, char out[TIME_TEXT_MAX])
{
    const json_t *value = json_object_get(object, name);
    out[0] = '\0';
    if (json_is_integer(value))
        time_format(json_integer_value(value), out);
}

/* ---- a host in full ---- */

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
    print_count(host, "puppets", "puppets");
    print_count(host, "tried_in_vain", "tried in vain");
    print_text(host, "contact", "contact");
}

bool show_is_time(const char *name)
{
    static const char *const names[] = {
        "since",     "time",      "created", "last_accepted", "unreachable_since",
        "asked",     "decided",   "last",    "closed",        "forwarded_at",
        "seen",      "published", "deleted", "until",         "asked_until",
        "next_probe"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}
