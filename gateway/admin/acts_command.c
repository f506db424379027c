/* The first door: acts as words of the command line. `drawbridge GROUP VERB [ACCOUNT] [VALUE…] [--name VALUE]
 * [--json]`: what an act requires stands alone in its order, what it may have is an option. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/admin/commands.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/ledger/ledger.h"

enum { COMMAND_BUDGET = 64 << 20, NAME_MAX_LENGTH = 64, COLUMN_MAX = 32, MEMBER_WIDTH = 18 };

struct asked {
    const struct act_kind *kind;
    const char *account;
    json_t *words;
    bool json;
};

/* ---- what is shown ---- */

static void print_value(const char *name, const json_t *value)
{
    char when[TIME_TEXT_MAX];
    if (json_is_integer(value) && show_is_time(name)) {
        time_format(json_integer_value(value), when);
        (void)fputs(when, stdout);
    } else if (json_is_string(value)) {
        (void)fputs(json_string_value(value), stdout);
    } else if (json_is_integer(value)) {
        (void)printf("%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        (void)printf("%.3g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        (void)fputs(json_is_true(value) ? "yes" : "no", stdout);
    } else if (json_is_array(value)) {
        size_t index;
        json_t *inner;
        json_array_foreach((json_t *)(uintptr_t)value, index, inner)
        {
            (void)fputs(index ? " " : "", stdout);
            print_value("", inner);
        }
    } else if (json_is_object(value)) {
        const char *member;
        json_t *inner;
        size_t said = 0;
        json_object_foreach((json_t *)(uintptr_t)value, member, inner)
        {
            (void)printf("%s%s=", said++ ? " " : "", member);
            print_value(member, inner);
        }
    } else {
        (void)putchar('-');
    }
}

static void print_row(const char *columns, const json_t *item)
{
    char name[COLUMN_MAX];
    size_t said = 0;
    for (const char *at = columns; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, at);
        at += length;
        if (said++)
            (void)putchar('\t');
        print_value(name, json_object_get(item, name));
    }
    (void)putchar('\n');
}

static void print_items(const struct act_kind *kind, const json_t *result)
{
    const json_t *items = json_object_get(result, "items");
    size_t index;
    const json_t *item;
    for (const char *at = kind->columns; *at; at++)
        (void)putchar(*at == ' ' ? '\t' : *at);
    (void)putchar('\n');
    json_array_foreach(items, index, item) print_row(kind->columns, item);
    const json_t *next = json_object_get(result, "next");
    if (next)
        (void)printf("There are more: --cursor %s\n", json_string_value(next));
}

/* A row a line, such as a minute of a plot; one that has nothing but its time says nothing. */
static void print_rows(const json_t *rows)
{
    size_t index;
    json_t *row;
    json_array_foreach((json_t *)(uintptr_t)rows, index, row)
    {
        if (json_object_size(row) == 1 && json_object_get(row, "time"))
            continue;
        (void)fputs("  ", stdout);
        print_value("", row);
        (void)putchar('\n');
    }
}

static void print_member(const char *name, const json_t *value, int indent)
{
    const char *inner_name;
    json_t *inner;
    if (json_is_object(value) && json_object_size(value)) {
        (void)printf("%*s%s\n", indent, "", name);
        json_object_foreach((json_t *)(uintptr_t)value, inner_name, inner)
            print_member(inner_name, inner, indent + 2);
    } else if (json_is_object(json_array_get(value, 0))) {
        (void)printf("%*s%s\n", indent, "", name);
        print_rows(value);
    } else {
        (void)printf("%*s%-*s ", indent, "", MEMBER_WIDTH - indent, name);
        print_value(name, value);
        (void)putchar('\n');
    }
}

static void print_result(const struct asked *asked, const json_t *result)
{
    const char *name;
    json_t *value;
    if (asked->json) {
        show_json(result);
        return;
    }
    if (json_object_get(result, "said")) {
        (void)puts(json_string_value(json_object_get(result, "said")));
        return;
    }
    if (asked->kind->columns && json_object_get(result, "items")) {
        print_items(asked->kind, result);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)result, name, value) print_member(name, value, 0);
    if (json_object_size(result) == 0)
        (void)puts("done");
}

/* ---- the words ---- */

/* The first that is required and was not said yet; it may be said as an option too. */
static const struct act_parameter *next_required(const struct asked *asked)
{
    const struct act_parameter *parameters = asked->kind->parameters;
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && parameters[i].name; i++)
        if (parameters[i].required && !json_object_get(asked->words, parameters[i].name))
            return &parameters[i];
    return NULL;
}

static int take_option(struct asked *asked, const char *group, int count, char **words, int *at)
{
    const char *name = words[*at] + 2;
    if (strcmp(name, "json") == 0) {
        asked->json = true;
        return SESSION_GOOD;
    }
    char parameter[NAME_MAX_LENGTH];
    (void)snprintf(parameter, sizeof parameter, "%s", name);
    for (char *letter = parameter; *letter; letter++)
        if (*letter == '-')
            *letter = '_';
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && asked->kind->parameters[i].name; i++) {
        if (strcmp(asked->kind->parameters[i].name, parameter) != 0)
            continue;
        if (*at + 1 == count)
            return words_misused(group, "--%s wants a value: %s", name, asked->kind->parameters[i].says);
        (void)json_object_set_new(asked->words, parameter, json_string(words[++*at]));
        return SESSION_GOOD;
    }
    return words_misused(group, "%s has no option --%s", asked->kind->name, name);
}

static int read_words(struct asked *asked, const char *group, int count, char **words)
{
    for (int i = 1; i < count; i++) {
        int code = SESSION_GOOD;
        const struct act_parameter *parameter;
        if (strncmp(words[i], "--", 2) == 0)
            code = take_option(asked, group, count, words, &i);
        else if (asked->kind->scope == ACT_OWNER && !asked->account)
            asked->account = words[i];
        else if ((parameter = next_required(asked)) != NULL)
            (void)json_object_set_new(asked->words, parameter->name, json_string(words[i]));
        else
            code = words_misused(group, "'%s' is a word too many for %s %s", words[i], group, words[0]);
        if (code != SESSION_GOOD)
            return code;
    }
    if (asked->kind->scope == ACT_OWNER && !asked->account)
        return words_misused(group, "say which account: name@host, as in %s %s name@host", group, words[0]);
    const struct act_parameter *missing = next_required(asked);
    if (missing)
        return words_misused(group, "a word is missing: %s", missing->says);
    return SESSION_GOOD;
}

static int run_act(struct gateway *gateway, const struct asked *asked)
{
    struct act act = {.gateway = gateway,
                      .arena = arena_new(COMMAND_BUDGET),
                      .kind = asked->kind,
                      .words = asked->words,
                      .who = "cli"};
    char aid[AID_LENGTH + 1] = "";
    const char *why = NULL;
    int code = SESSION_GOOD;
    if (asked->account && !ledger_account(gateway, asked->account, aid, &why))
        code = command_failed(asked->account, why);
    else if (act_run(&act, aid) != ACT_DONE)
        code = command_failed(asked->kind->name, act.problem);
    else if (act.file.text)
        (void)printf("%s%s", act.file.text, act.file.text[act.file.length - 1] == '\n' ? "" : "\n");
    else
        print_result(asked, act.result);
    act_end(&act);
    arena_free(act.arena);
    return code;
}

int command_acts(struct gateway *gateway, const char *group, int count, char **words)
{
    char name[NAME_MAX_LENGTH];
    if (count < 1)
        return words_misused(group, "a word is missing for %s", group);
    (void)snprintf(name, sizeof name, "%s.%s", group, words[0]);
    struct asked asked = {.kind = act_find(name), .words = json_object()};
    if (!asked.kind) {
        json_decref(asked.words);
        return words_misused(group, "%s has no '%s'", group, words[0]);
    }
    int code = read_words(&asked, group, count, words);
    if (code == SESSION_GOOD)
        code = run_act(gateway, &asked);
    json_decref(asked.words);
    return code;
}

int command_follower(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "follower", count, words);
}

int command_following(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "following", count, words);
}

int command_alias(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "alias", count, words);
}

int command_block(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "block", count, words);
}

int command_where(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "where", count, words);
}

int command_account(struct gateway *gateway, int count, char **words)
{
    return count && enrol_takes(words[0]) ? command_enrol(gateway, count, words)
                                          : command_acts(gateway, "account", count, words);
}

int command_token(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "token", count, words);
}

int command_operator(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "operator", count, words);
}

int command_post(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "post", count, words);
}

int command_domain(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "domain", count, words);
}

int command_host(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "host", count, words);
}

int command_health(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "health", count, words);
}

int command_name(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "name", count, words);
}

int command_report(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "report", count, words);
}

int command_reply(struct gateway *gateway, int count, char **words)
{
    return command_acts(gateway, "reply", count, words);
}
