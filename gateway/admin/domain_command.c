/* `drawbridge domain`: the domains that this gateway does not deal with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/clock.h"
#include "gateway/domains.h"
#include "gateway/jobs.h"

enum { REASON_MAX = 500 };

static const char store_away[] = "the store does not answer; try again";

struct stored {
    const char *domain, *text;
};

static int by_domain(const void *left, const void *right)
{
    return strcmp(((const struct stored *)left)->domain, ((const struct stored *)right)->domain);
}

static void append(json_t *list, const struct stored *stored)
{
    struct domain_rule rule;
    if (domain_rule_read(stored->text, &rule))
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "domain", stored->domain, "rule",
                                                    rule.blocks ? "block" : "allow", "since",
                                                    (json_int_t)rule.since, "reason", rule.reason));
}

/* In the order of their names; NULL when the store does not answer. */
static json_t *read_rules(struct gateway *gateway)
{
    struct reply *reply = store_call(gateway->store, "HGETALL", "domain_rules", (char *)NULL);
    size_t count = reply_count(reply) / 2;
    struct stored *stored = calloc(count + 1, sizeof *stored);
    json_t *list = reply_failed(reply) ? NULL : json_array();
    if (!stored)
        abort();
    for (size_t i = 0; i < count; i++)
        stored[i] = (struct stored){.domain = reply_text(reply_at(reply, 2 * i)),
                                    .text = reply_text(reply_at(reply, 2 * i + 1))};
    qsort(stored, count, sizeof *stored, by_domain);
    for (size_t i = 0; list && i < count; i++)
        append(list, &stored[i]);
    free(stored);
    reply_free(reply);
    return list;
}

static int list_rules(struct gateway *gateway, bool json)
{
    size_t index;
    const json_t *rule;
    json_t *list = read_rules(gateway);
    if (!list)
        return command_failed("domain list", store_away);
    if (json) {
        show_json(list);
    } else {
        json_array_foreach(list, index, rule)
        {
            char since[TIME_TEXT_MAX];
            show_time(rule, "since", since);
            (void)printf("%-6s %-40s since %s  %s\n", show_text(rule, "rule"), show_text(rule, "domain"),
                         since, show_text(rule, "reason"));
        }
        (void)printf("%zu rule(s)\n", json_array_size(list));
    }
    json_decref(list);
    return SESSION_GOOD;
}

static bool set(struct gateway *gateway, const char *domain, const char *rule, const char *reason)
{
    char text[REASON_MAX + 64];
    (void)snprintf(text, sizeof text, "%s %lld %s", rule, (long long)clock_now_ms(), reason);
    return domains_set(gateway, domain, text);
}

static int block(struct gateway *gateway, const char *domain, const char *reason)
{
    /* Whose puppets there are is looked up by the gateway that serves. */
    if (!set(gateway, domain, "block", reason) || !job_queue(gateway, "domains-blocked", "", NULL))
        return command_failed("domain block", store_away);
    (void)printf("%s and all below it are blocked\n", domain);
    return SESSION_GOOD;
}

static int allow(struct gateway *gateway, const char *domain, const char *reason)
{
    const char *parent = strchr(domain, '.');
    if (parent && domains_block(gateway, parent + 1)) {
        if (!set(gateway, domain, "allow", reason))
            return command_failed("domain allow", store_away);
        (void)printf("%s is allowed although %s is blocked\n", domain, parent + 1);
        return SESSION_GOOD;
    }
    bool blocked = domains_block(gateway, domain);
    if (!domains_set(gateway, domain, NULL))
        return command_failed("domain allow", store_away);
    (void)printf(blocked ? "%s is not blocked any more\n" : "%s was not blocked\n", domain);
    return SESSION_GOOD;
}

/* One line, since that is how it is listed. */
static bool is_reason(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return strlen(text) <= REASON_MAX;
}

int command_domain(struct gateway *gateway, int count, char **words)
{
    const char *reason = "";
    bool json = false;
    struct words read;
    char domain[DOMAIN_SIZE];
    const struct word_option options[] = {{"--reason", &reason, NULL}, {"--json", NULL, &json}};
    if (!words_read("domain", count, words, options, 2, 1, 2, &read))
        return SESSION_USAGE;
    if (strcmp(read.alone[0], "list") == 0 && read.count == 1 && !*reason)
        return list_rules(gateway, json);
    bool blocks = strcmp(read.alone[0], "block") == 0;
    if ((!blocks && strcmp(read.alone[0], "allow") != 0) || read.count != 2 || json)
        return words_misused("domain", "wrong words for domain");
    if (!domain_canonical(read.alone[1], domain))
        return words_misused("domain",
                             "'%s' is no domain; write the server's name alone, such as spam.example",
                             read.alone[1]);
    if (!is_reason(reason))
        return words_misused("domain", "--reason wants one line of at most %d bytes", REASON_MAX);
    if (!domains_load(gateway))
        return command_failed(read.alone[0], store_away);
    return (blocks ? block : allow)(gateway, domain, reason);
}
