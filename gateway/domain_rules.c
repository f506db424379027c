#include "gateway/domain_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/client/address_guard.h"

struct rule {
    UT_hash_handle hh;
    enum domain_rule_kind kind;
    char domain[];
};

struct domain_rules {
    struct rule *rules;
    bool listed_only;
};

static const char *const names[] = {
    [RULE_NONE] = "", [RULE_ALLOW] = "allow", [RULE_LIMIT] = "limit", [RULE_BLOCK] = "block"};

const char *domain_rule_name(enum domain_rule_kind kind)
{
    return names[kind];
}

bool domain_rule_read(const char *text, struct domain_rule *out)
{
    char *end = NULL;
    size_t length = strcspn(text, " ");
    *out = (struct domain_rule){.kind = RULE_NONE, .reason = ""};
    for (int kind = RULE_ALLOW; kind <= RULE_BLOCK; kind++)
        if (strlen(names[kind]) == length && strncmp(text, names[kind], length) == 0)
            out->kind = (enum domain_rule_kind)kind;
    if (out->kind == RULE_NONE || text[length] != ' ')
        return false;
    out->since = strtoll(text + length, &end, 10);
    out->reason = *end == ' ' ? end + 1 : "";
    return end != text + length && (*end == ' ' || !*end);
}

bool domain_canonical(const char *text, char out[DOMAIN_SIZE])
{
    struct guarded_url place;
    const char *why;
    char url[DOMAIN_SIZE + 16];
    if (!*text || strpbrk(text, "/?#@:[]") ||
        snprintf(url, sizeof url, "https://%s/", text) >= (int)sizeof url ||
        !address_guard_url(NULL, url, true, &place, &why))
        return false;
    size_t length = strlen(place.host);
    if (length && place.host[length - 1] == '.')
        place.host[--length] = '\0';
    memcpy(out, place.host, length + 1);
    return length > 0;
}

struct domain_rules *domain_rules_new(bool listed_only)
{
    struct domain_rules *rules = calloc(1, sizeof *rules);
    if (!rules)
        abort();
    rules->listed_only = listed_only;
    return rules;
}

void domain_rules_clear(struct domain_rules *rules)
{
    struct rule *rule;
    struct rule *next;
    HASH_ITER(hh, rules->rules, rule, next)
    {
        HASH_DEL(rules->rules, rule);
        free(rule);
    }
}

void domain_rules_free(struct domain_rules *rules)
{
    domain_rules_clear(rules);
    free(rules);
}

bool domain_rules_put(struct domain_rules *rules, const char *domain, const char *text)
{
    struct domain_rule read;
    struct rule *rule;
    size_t length = strlen(domain);
    if (!domain_rule_read(text, &read) || !length || length >= DOMAIN_SIZE)
        return false;
    HASH_FIND(hh, rules->rules, domain, length, rule);
    if (!rule) {
        rule = calloc(1, sizeof *rule + length + 1);
        if (!rule)
            abort();
        memcpy(rule->domain, domain, length + 1);
        HASH_ADD_KEYPTR(hh, rules->rules, rule->domain, length, rule);
    }
    rule->kind = read.kind;
    return true;
}

enum domain_rule_kind domain_rules_find(const struct domain_rules *rules, const char *domain)
{
    size_t length = strlen(domain);
    if (length && domain[length - 1] == '.')
        length--;
    while (length) {
        struct rule *rule;
        HASH_FIND(hh, rules->rules, domain, length, rule);
        if (rule)
            return rule->kind;
        const char *dot = memchr(domain, '.', length);
        if (!dot)
            break;
        length -= (size_t)(dot + 1 - domain);
        domain = dot + 1;
    }
    return RULE_NONE;
}

enum domain_rule_kind domain_rules_judge(const struct domain_rules *rules, const char *domain)
{
    enum domain_rule_kind kind = domain_rules_find(rules, domain);
    if (kind != RULE_NONE)
        return kind;
    return rules->listed_only ? RULE_BLOCK : RULE_ALLOW;
}
