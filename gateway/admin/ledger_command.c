/* `drawbridge ledger`: what is known of where things are, as tables, JSON or CSV; receipts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/ledger/ledger.h"
#include "gateway/ledger/ledger_view.h"
#include "gateway/ledger/notices.h"

enum { CSV_MAX = 64 << 20 };

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

struct asked {
    struct ledger_filter filter;
    enum form form;
    bool summary;
};

/* ---- tables
 * -------------------------------------------------------------------------------------------------- */

static void print_counts(const json_t *counts)
{
    const char *state;
    json_t *count;
    size_t said = 0;
    json_object_foreach((json_t *)(uintptr_t)counts, state, count)(void)
        printf("%s%lld %s", said++ ? ", " : "", (long long)json_integer_value(count), state);
    (void)putchar('\n');
}

static void print_place(const json_t *place)
{
    char when[TIME_TEXT_MAX];
    char since[TIME_TEXT_MAX];
    size_t index;
    const json_t *reason;
    show_time(place, "time", when);
    show_time(place, "unreachable_since", since);
    (void)printf("  %-40s %-12s ", show_text(place, "host"), show_text(place, "software"));
    json_array_foreach(json_object_get(place, "why"), index, reason)(void)
        printf("%s%s", index ? "," : "", json_string_value(reason));
    if (show_text(place, "delete")[0]) {
        (void)printf("  delete %s", show_text(place, "delete"));
        if (json_integer_value(json_object_get(place, "code")))
            (void)printf(" (%d)", (int)json_integer_value(json_object_get(place, "code")));
        (void)printf(" %s", when);
    }
    if (since[0])
        (void)printf("  unreachable since %s", since);
    if (json_integer_value(json_object_get(place, "failures")))
        (void)printf("  %lld in vain", (long long)json_integer_value(json_object_get(place, "failures")));
    if (show_text(place, "copy")[0])
        (void)printf("  public page: %s", show_text(place, "copy"));
    (void)putchar('\n');
}

static void print_heads(const json_t *document)
{
    char until[TIME_TEXT_MAX];
    show_time(document, "asked_until", until);
    (void)printf("%s %s\nstate: %s\n", show_text(document, "kind"), show_text(document, "id"),
                 show_text(document, "state"));
    if (json_object_get(document, "posts"))
        (void)printf("posts: %lld, followers: %lld\n",
                     (long long)json_integer_value(json_object_get(document, "posts")),
                     (long long)json_integer_value(json_object_get(document, "followers")));
    if (json_object_size(json_object_get(document, "deletes"))) {
        (void)printf("Deletes of its posts and of itself, one for each and server: ");
        print_counts(json_object_get(document, "deletes"));
    }
    if (json_is_true(json_object_get(document, "forgotten")))
        (void)puts("what was known of servers was dropped 180 days after the Delete");
    else
        (void)printf("servers that may hold a copy: %zu\n",
                     json_array_size(json_object_get(document, "hosts")));
    if (until[0])
        (void)printf("asked until: %s\n", until);
    if (json_object_size(json_object_get(document, "counts"))) {
        (void)printf("of these: ");
        print_counts(json_object_get(document, "counts"));
    }
}

static void print_summary(const json_t *summary)
{
    size_t index;
    const json_t *row;
    json_array_foreach(summary, index, row)
    {
        (void)printf("  %-20s %6lld  ", show_text(row, "software"),
                     (long long)json_integer_value(json_object_get(row, "hosts")));
        print_counts(json_object_get(row, "counts"));
    }
}

/* ---- what is printed
 * ------------------------------------------------------------------------------------------ */

static void print_csv(const json_t *document, const json_t *summary)
{
    struct buffer csv;
    buffer_init(&csv, CSV_MAX);
    if (summary)
        ledger_summary_csv(summary, &csv);
    else
        ledger_csv(document, &csv);
    (void)fputs(buffer_text(&csv), stdout);
    buffer_clear(&csv);
}

static void print_document(json_t *document, const struct asked *asked)
{
    json_t *summary = asked->summary ? ledger_by_software(document) : NULL;
    size_t index;
    const json_t *place;
    if (summary && asked->form == FORM_JSON) {
        (void)json_object_del(document, "hosts");
        (void)json_object_set(document, "software", summary);
        show_json(document);
    } else if (asked->form == FORM_JSON) {
        show_json(document);
    } else if (asked->form == FORM_CSV) {
        print_csv(document, summary);
    } else {
        print_heads(document);
        if (summary)
            print_summary(summary);
        else
            json_array_foreach(json_object_get(document, "hosts"), index, place) print_place(place);
    }
    json_decref(summary);
}

static bool is_about_places(const struct asked *asked)
{
    const struct ledger_filter *filter = &asked->filter;
    return asked->form == FORM_CSV || asked->summary || filter->state || filter->host || filter->software ||
           filter->why;
}

static int show_ledger(struct gateway *gateway, const char *what, const struct asked *asked)
{
    const char *why = NULL;
    json_t *document = ledger_query(gateway, what, &why);
    if (!document)
        return command_failed(what, why);
    if (json_object_get(document, "hosts")) {
        ledger_filter_apply(document, &asked->filter);
        print_document(document, asked);
    } else if (is_about_places(asked)) {
        json_decref(document);
        return words_misused("ledger",
                             "%s is a server: --csv, --summary and filters are for posts and accounts", what);
    } else if (asked->form == FORM_JSON) {
        show_json(document);
    } else {
        show_host(document);
    }
    json_decref(document);
    return SESSION_GOOD;
}

static int check_filter(struct ledger_filter *filter)
{
    static const char *const reasons[] = {"delivered", "mentioned", "replied", "boosted",
                                          "liked",     "quoted",    "fetched"};
    enum evidence_state state;
    bool known = !filter->why;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        known = known || strcmp(filter->why, reasons[i]) == 0;
    if (!known)
        return words_misused("ledger", "there is no reason '%s'", filter->why);
    if (filter->state && !evidence_of_name(filter->state, &state))
        return words_misused("ledger", "there is no state '%s'", filter->state);
    if (filter->state)
        filter->state = evidence_name(state);
    return SESSION_GOOD;
}

static int show_receipt(struct gateway *gateway, int count, char **words)
{
    bool html = false;
    struct words read;
    const struct word_option options[] = {{"--html", NULL, &html}};
    if (!words_read("ledger", count, words, options, 1, 1, 1, &read))
        return SESSION_USAGE;
    return command_receipt(gateway, read.alone[0], html);
}

static int verify_receipt(struct gateway *gateway, int count, char **words)
{
    bool json = false;
    struct words read;
    const struct word_option options[] = {{"--json", NULL, &json}};
    if (!words_read("ledger", count, words, options, 1, 1, 1, &read))
        return SESSION_USAGE;
    return command_verify(gateway, read.alone[0], json);
}

static void print_notice(const json_t *notice)
{
    char when[TIME_TEXT_MAX];
    size_t i;
    const json_t *one;
    show_time(notice, "time", when);
    (void)printf("%s  unanswered for more than %lld days: Deletes of\n", when,
                 (long long)json_integer_value(json_object_get(notice, "days")));
    json_array_foreach(json_object_get(notice, "of"), i, one)(void) printf("  %s\n", json_string_value(one));
    json_array_foreach(json_object_get(notice, "hosts"), i, one)(void)
        printf("  %s (%lld): %s\n", show_text(one, "host"),
               (long long)json_integer_value(json_object_get(one, "deletes")), show_text(one, "says"));
    if (json_object_get(notice, "more_hosts"))
        (void)printf(
            "  and %lld more; 'drawbridge ledger POST --state queued' and '--state unreachable' name all\n",
            (long long)json_integer_value(json_object_get(notice, "more_hosts")));
    (void)printf("What can be done:\n");
    json_array_foreach(json_object_get(notice, "advice"), i, one)(void)
        printf("  - %s\n", json_string_value(one));
}

static int show_notices(struct gateway *gateway, int count, char **words)
{
    bool json = false;
    struct words read;
    char aid[AID_LENGTH + 1];
    const char *why = NULL;
    size_t i;
    const json_t *notice;
    const struct word_option options[] = {{"--json", NULL, &json}};
    if (!words_read("ledger", count, words, options, 1, 1, 1, &read))
        return SESSION_USAGE;
    if (!ledger_account(gateway, read.alone[0], aid, &why))
        return command_failed(read.alone[0], why);
    json_t *notices = notices_of(gateway, aid);
    if (!notices)
        return command_failed(read.alone[0], "the store does not answer; try again when it does");
    if (json)
        show_json(notices);
    else if (json_array_size(notices) == 0)
        (void)puts("no Delete has been unanswered for too long");
    else
        json_array_foreach(notices, i, notice) print_notice(notice);
    json_decref(notices);
    return SESSION_GOOD;
}

int command_ledger(struct gateway *gateway, int count, char **words)
{
    if (count > 0 && strcmp(words[0], "notices") == 0)
        return show_notices(gateway, count - 1, words + 1);
    if (count > 0 && strcmp(words[0], "receipt") == 0)
        return show_receipt(gateway, count - 1, words + 1);
    if (count > 0 && strcmp(words[0], "verify") == 0)
        return verify_receipt(gateway, count - 1, words + 1);
    struct asked asked = {.form = FORM_TABLE};
    bool json = false;
    bool csv = false;
    struct words read;
    const struct word_option options[] = {
        {"--json", NULL, &json},
        {"--csv", NULL, &csv},
        {"--summary", NULL, &asked.summary},
        {"--state", &asked.filter.state, NULL},
        {"--host", &asked.filter.host, NULL},
        {"--software", &asked.filter.software, NULL},
        {"--why", &asked.filter.why, NULL},
    };
    if (!words_read("ledger", count, words, options, sizeof options / sizeof options[0], 1, 1, &read))
        return SESSION_USAGE;
    if (json && csv)
        return words_misused("ledger", "--json and --csv are two forms; take one");
    if (check_filter(&asked.filter) != SESSION_GOOD)
        return SESSION_USAGE;
    asked.form = json ? FORM_JSON : csv ? FORM_CSV : FORM_TABLE;
    return show_ledger(gateway, read.alone[0], &asked);
}
