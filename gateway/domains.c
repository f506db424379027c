#include "gateway/domains.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/client/address_guard.h"
#include "gateway/jobs.h"
#include "gateway/log.h"

#define KEY "domain_rules"
#define CHANNEL "domains"

enum { AGAIN_MS = 1000 };

struct domains {
    struct gateway *gateway;
    struct domain_rules *rules;
    struct loop_timer *again;
    bool known;           /* read once at least */
    bool asking, changed; /* changed: while an answer was under way */
};

static void add(struct domains *domains, const char *domain, const char *text)
{
    if (!domain_rules_put(domains->rules, domain, text))
        log_write(LOG_ERROR, "a rule for a domain cannot be read and is passed over", "domain", domain,
                  (char *)NULL);
}

/* What is known stays while the store is away. */
static bool take(struct domains *domains, const struct reply *reply)
{
    if (reply_failed(reply))
        return false;
    domain_rules_clear(domains->rules);
    for (size_t i = 0; i + 1 < reply_count(reply); i += 2)
        add(domains, reply_text(reply_at(reply, i)), reply_text(reply_at(reply, i + 1)));
    domains->known = true;
    return true;
}

/* ---- reading
 * -------------------------------------------------------------------------------------------------------- */

static void ask(void *context);

static void answered(void *context, const struct reply *reply)
{
    struct domains *domains = context;
    domains->asking = false;
    if (!take(domains, reply))
        loop_timer_set(domains->again, AGAIN_MS);
    else if (domains->changed)
        ask(domains);
}

static void ask(void *context)
{
    struct domains *domains = context;
    domains->changed = domains->asking;
    if (domains->asking)
        return;
    domains->asking = true;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGETALL");
    arguments_text(arguments, KEY);
    store_start(domains->gateway->store, arguments, answered, domains);
}

static void heard(void *context, const char *message)
{
    (void)message; /* NULL, after a gap, is a reason to ask as well */
    ask(context);
}

static struct domains *domains_of(struct gateway *gateway)
{
    if (!gateway->domains) {
        gateway->domains = calloc(1, sizeof *gateway->domains);
        if (!gateway->domains)
            abort();
        gateway->domains->gateway = gateway;
        gateway->domains->rules = domain_rules_new(gateway->config->listed_only);
        gateway->domains->again = loop_timer_new(gateway->loop, ask, gateway->domains);
    }
    return gateway->domains;
}

void domains_start(struct gateway *gateway)
{
    struct domains *domains = domains_of(gateway);
    ask(domains);
    store_listen(gateway->store, CHANNEL, heard, domains);
}

bool domains_load(struct gateway *gateway)
{
    struct reply *reply = store_call(gateway->store, "HGETALL", KEY, (char *)NULL);
    bool good = take(domains_of(gateway), reply);
    reply_free(reply);
    return good;
}

void domains_free(struct gateway *gateway)
{
    struct domains *domains = gateway->domains;
    if (!domains)
        return;
    domain_rules_free(domains->rules);
    loop_timer_free(domains->again);
    free(domains);
    gateway->domains = NULL;
}

bool domains_set(struct gateway *gateway, const char *domain, const char *text)
{
    struct reply *reply = text ? store_call(gateway->store, "HSET", KEY, domain, text, (char *)NULL)
                               : store_call(gateway->store, "HDEL", KEY, domain, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    if (!good)
        return false;
    reply = store_call(gateway->store, "PUBLISH", CHANNEL, domain, (char *)NULL);
    good = !reply_failed(reply);
    reply_free(reply);
    /* What people of a domain that is blocked now wrote is looked up by the gateway that serves. */
    struct domain_rule rule;
    bool lets_in = text && domain_rule_read(text, &rule) && rule.kind != RULE_BLOCK;
    return good && (lets_in || job_queue(gateway, "domains-blocked", "", NULL));
}

/* ---- asking
 * ---------------------------------------------------------------------------------------------------------
 */

enum domain_rule_kind domains_rule(const struct gateway *gateway, const char *domain)
{
    return domain_rules_judge(gateway->domains->rules, domain);
}

static bool is_known(const struct gateway *gateway)
{
    return gateway->domains && gateway->domains->known;
}

enum domain_verdict domains_judge(const struct gateway *gateway, const char *url)
{
    struct guarded_url place;
    const char *why;
    if (!is_known(gateway))
        return DOMAIN_UNKNOWN;
    if (!address_guard_url(NULL, url, true, &place, &why))
        return gateway->config->listed_only ? DOMAIN_BLOCKED : DOMAIN_OPEN;
    return domains_rule(gateway, place.host) == RULE_BLOCK ? DOMAIN_BLOCKED : DOMAIN_OPEN;
}

bool domains_limit(const struct gateway *gateway, const char *url)
{
    struct guarded_url place;
    const char *why;
    return is_known(gateway) && address_guard_url(NULL, url, true, &place, &why) &&
           domains_rule(gateway, place.host) == RULE_LIMIT;
}

static bool is_ours(const struct config *config, const char *host, unsigned port)
{
    for (size_t i = 0; i < config->host_count; i++) {
        struct guarded_url ours;
        const char *why;
        if (address_guard_url(NULL, config->hosts[i].base, true, &ours, &why) && ours.port == port &&
            strcmp(ours.host, host) == 0)
            return true;
    }
    return false;
}

enum fetch_error domains_refusal(void *context, const char *host, unsigned port, const char **why)
{
    const struct gateway *gateway = context;
    *why = "which domains are blocked is not known yet";
    if (!is_known(gateway))
        return FETCH_BUSY;
    *why = "it is this gateway itself";
    if (is_ours(gateway->config, host, port))
        return FETCH_FORBIDDEN;
    *why = "its domain is blocked here";
    return domains_rule(gateway, host) == RULE_BLOCK ? FETCH_FORBIDDEN : FETCH_OK;
}
