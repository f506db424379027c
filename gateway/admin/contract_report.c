/* What `contract check` found, kept and told. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/contract.h"

void contract_wrong(struct contract *contract, const char *format, ...)
{
    struct contract_outcome *outcome = contract->outcome;
    outcome->state = CONTRACT_WRONG;
    if (outcome->finding_count < CONTRACT_FINDINGS_MAX) {
        char *finding = outcome->findings[outcome->finding_count];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(finding, CONTRACT_FINDING_MAX, format, arguments);
        va_end(arguments);
        for (char *at = finding; *at; at++)
            if ((unsigned char)*at < ' ' || *at == 0x7F)
                *at = '?'; /* the service's own words may stand in it */
    }
    outcome->finding_count++;
}

void contract_skip(struct contract *contract, const char *reason)
{
    if (contract->outcome->state == CONTRACT_WRONG)
        return;
    contract->outcome->state = CONTRACT_SKIPPED;
    (void)snprintf(contract->outcome->findings[0], CONTRACT_FINDING_MAX, "%s", reason);
}

bool contract_good(const struct contract *contract)
{
    return contract->outcome->state != CONTRACT_WRONG;
}

static const char *const words[] = {"not run", "ok", "WRONG", "skipped"};

static size_t kept(const struct contract_outcome *outcome)
{
    return outcome->finding_count < CONTRACT_FINDINGS_MAX ? outcome->finding_count : CONTRACT_FINDINGS_MAX;
}

static void print_one(const struct contract_check *check, const struct contract_outcome *outcome)
{
    (void)printf("  %-7s L%d %-16s %6.1f s  %s\n", words[outcome->state], check->level, check->name,
                 (double)outcome->took_ms / 1000, check->sentence);
    if (outcome->state != CONTRACT_WRONG)
        return;
    for (size_t i = 0; i < kept(outcome); i++)
        (void)printf("           - %s\n", outcome->findings[i]);
    if (outcome->finding_count > CONTRACT_FINDINGS_MAX)
        (void)printf("           - and %zu more\n", outcome->finding_count - CONTRACT_FINDINGS_MAX);
    (void)printf("           read docs/contract/README.md %s\n", check->section);
}

/* Those that follow one another and are skipped for the same reason, in one line; how many. */
static size_t print_skipped(const struct contract_check *checks, const struct contract_outcome *outcomes,
                            size_t count)
{
    size_t same = 0;
    (void)printf("  %-7s L%d", words[CONTRACT_SKIPPED], checks[0].level);
    while (same < count && outcomes[same].state == CONTRACT_SKIPPED &&
           strcmp(outcomes[same].findings[0], outcomes[0].findings[0]) == 0)
        (void)printf(" %s", checks[same++].name);
    (void)printf(": %s\n", outcomes[0].findings[0]);
    return same;
}

/* The highest level whose checks, and those below, found nothing wrong; -1 for none. */
static int level_reached(const struct contract_check *checks, const struct contract_outcome *outcomes,
                         size_t count, int level)
{
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].state == CONTRACT_WRONG && checks[i].level <= level)
            level = checks[i].level - 1;
    return level;
}

static size_t number_of(const struct contract_outcome *outcomes, size_t count, enum contract_state state)
{
    size_t number = 0;
    for (size_t i = 0; i < count; i++)
        number += outcomes[i].state == state;
    return number;
}

size_t contract_print(const struct contract_check *checks, const struct contract_outcome *outcomes,
                      size_t count, const struct contract *contract)
{
    size_t wrong = number_of(outcomes, count, CONTRACT_WRONG);
    (void)printf("%s against drawbridge-contract/1, levels 0 to %d\n", contract->base, contract->level);
    for (size_t i = 0; i < count;) {
        if (outcomes[i].state == CONTRACT_SKIPPED) {
            i += print_skipped(&checks[i], &outcomes[i], count - i);
            continue;
        }
        if (outcomes[i].state != CONTRACT_NOT_RUN)
            print_one(&checks[i], &outcomes[i]);
        i++;
    }
    (void)printf("%zu good, %zu wrong, %zu skipped", number_of(outcomes, count, CONTRACT_GOOD), wrong,
                 number_of(outcomes, count, CONTRACT_SKIPPED));
    int level = level_reached(checks, outcomes, count, contract->level);
    if (level >= 0)
        (void)printf("; nothing is wrong up to level %d\n", level);
    else
        (void)printf("; level 0 is not reached\n");
    return wrong;
}

static json_t *outcome_json(const struct contract_check *check, const struct contract_outcome *outcome)
{
    static const char *const states[] = {"not_run", "good", "wrong", "skipped"};
    json_t *findings = json_array();
    size_t count = outcome->state == CONTRACT_SKIPPED ? 1 : kept(outcome);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(findings,
                                    json_stringn_nocheck(outcome->findings[i], strlen(outcome->findings[i])));
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:I}", "check", check->name, "level", check->level,
                     "state", states[outcome->state], "section", check->section, "sentence", check->sentence,
                     "findings", findings, "finding_count", (json_int_t)outcome->finding_count);
}

size_t contract_print_json(const struct contract_check *checks, const struct contract_outcome *outcomes,
                           size_t count, const struct contract *contract)
{
    json_t *list = json_array();
    size_t wrong = number_of(outcomes, count, CONTRACT_WRONG);
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].state != CONTRACT_NOT_RUN)
            (void)json_array_append_new(list, outcome_json(&checks[i], &outcomes[i]));
    json_t *document = json_pack(
        "{s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:o}", "contract", "1", "url", contract->base, "checked_level",
        contract->level, "reached_level", level_reached(checks, outcomes, count, contract->level), "good",
        (json_int_t)number_of(outcomes, count, CONTRACT_GOOD), "wrong", (json_int_t)wrong, "skipped",
        (json_int_t)number_of(outcomes, count, CONTRACT_SKIPPED), "checks", list);
    char *text = json_dumps(document, JSON_INDENT(2));
    if (!text)
        abort();
    (void)puts(text);
    free(text);
    json_decref(document);
    return wrong;
}
