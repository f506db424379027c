/* With which servers this installation has anything to do. */
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/clock.h"
#include "gateway/domains.h"

enum { DOMAINS_SHOWN = 10000 };

struct stored {
    const char *domain, *text;
};

static int by_domain(const void *left, const void *right)
{
    return strcmp(((const struct stored *)left)->domain, ((const struct stored *)right)->domain);
}

static void append(json_t *items, const struct stored *stored)
{
    struct domain_rule rule;
    if (!domain_rule_read(stored->text, &rule))
        return;
    (void)json_array_append_new(items, json_pack("{s:s, s:s, s:I, s:s}", "domain", stored->domain, "rule",
                                                 domain_rule_name(rule.kind), "since", (json_int_t)rule.since,
                                                 "reason", rule.reason));
}

static const char *mode_of(const struct act *act)
{
    return act->gateway->config->listed_only ? "allowlist" : "open";
}

enum act_outcome act_domain_list(struct act *act)
{
    struct reply *reply = store_call(act->gateway->store, "HGETALL", "domain_rules", (char *)NULL);
    if (reply_failed(reply)) {
        reply_free(reply);
        return act_away(act);
    }
    size_t count = reply_count(reply) / 2;
    struct stored *stored = calloc(count + 1, sizeof *stored);
    json_t *items = json_array();
    if (!stored)
        abort();
    for (size_t i = 0; i < count; i++)
        stored[i] = (struct stored){.domain = reply_text(reply_at(reply, 2 * i)),
                                    .text = reply_text(reply_at(reply, 2 * i + 1))};
    qsort(stored, count, sizeof *stored, by_domain);
    for (size_t i = 0; i < count && i < DOMAINS_SHOWN; i++)
        append(items, &stored[i]);
    free(stored);
    reply_free(reply);
    act->result =
        json_pack("{s:s, s:I, s:o}", "mode", mode_of(act), "total", (json_int_t)count, "items", items);
    return ACT_DONE;
}

/* One line, since that is how it is listed. */
static bool is_reason(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return strlen(text) <= DOMAIN_REASON_MAX;
}

/* A rule is about all ports of a server. */
static const char *without_port(struct arena *arena, const char *word)
{
    const char *colon = strrchr(word, ':');
    bool port = colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
    return port ? arena_copy(arena, word, (size_t)(colon - word)) : word;
}

/* The domain that is meant, canonical, and the rules as they are just now. */
static enum act_outcome domain_of(struct act *act, char domain[DOMAIN_SIZE])
{
    const char *reason = act_word(act, "reason");
    if (!domain_canonical(without_port(act->arena, act_word(act, "domain")), domain))
        return act_fails(act, ACT_INVALID, "domain",
                         "'%.200s' is no domain; write the server's name alone, such as spam.example",
                         act_word(act, "domain"));
    if (reason && !is_reason(reason))
        return act_fails(act, ACT_INVALID, "reason", "reason wants one line of at most %d bytes",
                         DOMAIN_REASON_MAX);
    return domains_load(act->gateway) ? ACT_DONE : act_away(act);
}

static json_t *told(struct act *act, const char *domain, const char *rule, const char *said)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "domain", domain, "rule", rule, "mode", mode_of(act), "said",
                     arena_format(act->arena, "%s %s", domain, said));
}

static enum act_outcome put(struct act *act, const char *domain, enum domain_rule_kind kind, const char *said)
{
    const char *reason = act_word(act, "reason");
    const char *name = domain_rule_name(kind);
    if (!domains_set(
            act->gateway, domain,
            arena_format(act->arena, "%s %lld %s", name, (long long)clock_now_ms(), reason ? reason : "")))
        return act_away(act);
    act->result = told(act, domain, name, said);
    return ACT_DONE;
}

enum act_outcome act_domain_block(struct act *act)
{
    char domain[DOMAIN_SIZE];
    enum act_outcome outcome = domain_of(act, domain);
    return outcome == ACT_DONE ? put(act, domain, RULE_BLOCK, "and all below it are blocked") : outcome;
}

enum act_outcome act_domain_limit(struct act *act)
{
    char domain[DOMAIN_SIZE];
    enum act_outcome outcome = domain_of(act, domain);
    return outcome == ACT_DONE ? put(act, domain, RULE_LIMIT,
                                     "and all below it are limited: who follows or answers from there waits "
                                     "for approval")
                               : outcome;
}

static enum act_outcome take_back(struct act *act, const char *domain, bool *was)
{
    struct reply *reply = store_call(act->gateway->store, "HEXISTS", "domain_rules", domain, (char *)NULL);
    bool failed = reply_failed(reply);
    *was = reply_number(reply) == 1;
    reply_free(reply);
    return !failed && domains_set(act->gateway, domain, NULL) ? ACT_DONE : act_away(act);
}

/* A rule of its own only where something above it, or the mode, speaks against the domain. */
enum act_outcome act_domain_allow(struct act *act)
{
    char domain[DOMAIN_SIZE];
    bool was = false;
    enum act_outcome outcome = domain_of(act, domain);
    if (outcome != ACT_DONE)
        return outcome;
    const char *parent = strchr(domain, '.');
    enum domain_rule_kind above = domains_rule(act->gateway, parent ? parent + 1 : "");
    if (above != RULE_ALLOW)
        return put(act, domain, RULE_ALLOW,
                   act->gateway->config->listed_only ? "and all below it are allowed"
                   : above == RULE_BLOCK
                       ? arena_format(act->arena, "is allowed although %s is blocked", parent + 1)
                       : arena_format(act->arena, "is allowed although %s is limited", parent + 1));
    outcome = take_back(act, domain, &was);
    if (outcome == ACT_DONE)
        act->result =
            told(act, domain, "allow",
                 was ? "is neither blocked nor limited any more" : "was neither blocked nor limited");
    return outcome;
}

enum act_outcome act_domain_remove(struct act *act)
{
    char domain[DOMAIN_SIZE];
    bool was = false;
    enum act_outcome outcome = domain_of(act, domain);
    if (outcome == ACT_DONE)
        outcome = take_back(act, domain, &was);
    if (outcome == ACT_DONE && !was)
        return act_fails(act, ACT_UNKNOWN, "domain",
                         "there is no rule for %s; 'domain list' shows those there are", domain);
    if (outcome == ACT_DONE)
        act->result = told(act, domain, "", "has no rule of its own any more");
    return outcome;
}

enum act_outcome act_domain_show(struct act *act)
{
    char domain[DOMAIN_SIZE];
    static const char *const says[] = {[RULE_ALLOW] = "is dealt with",
                                       [RULE_LIMIT] =
                                           "is limited: who follows or answers from there waits for "
                                           "approval",
                                       [RULE_BLOCK] = "is not dealt with"};
    enum act_outcome outcome = domain_of(act, domain);
    if (outcome != ACT_DONE)
        return outcome;
    enum domain_rule_kind kind = domains_rule(act->gateway, domain);
    act->result = told(act, domain, domain_rule_name(kind), says[kind]);
    return ACT_DONE;
}
