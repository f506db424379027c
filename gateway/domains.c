#include "gateway/domains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/client/address_guard.h"
#include "gateway/log.h"

#define KEY "domain_rules"
#define CHANNEL "domains"

enum { AGAIN_MS = 1000 };

struct rule {
    UT_hash_handle hh;
    bool blocks;
    char domain[];
};

struct domains {
    struct gateway *gateway;
    struct rule *rules;
    struct loop_timer *again;
    bool known;           /* read once at least */
    bool asking, changed; /* changed: while an answer was under way */
};

/* ---- the rules in memory
 * ---------------------------------------------------------------------------------------- */

bool domain_rule_read(const char *text, struct domain_rule *out)
{
    char *end = NULL;
    out->blocks = strncmp(text, "block ", 6) == 0;
    if (!out->blocks && strncmp(text, "allow ", 6) != 0)
        return false;
    out->since = strtoll(text + 6, &end, 10);
    out->reason = *end == ' ' ? end + 1 : "";
    return end != text + 6;
}

static void forget(struct domains *domains)
{
    struct rule *rule;
    struct rule *next;
    HASH_ITER(hh, domains->rules, rule, next)
    {
        HASH_DEL(domains->rules, rule);
        free(rule);
    }
}

static void add(struct domains *domains, const char *domain, const char *text)
{
    struct domain_rule read;
    size_t length = strlen(domain);
    if (!domain_rule_read(text, &read) || length >= DOMAIN_SIZE) {
        log_write(LOG_ERROR, "a rule for a domain cannot be read and is passed over", "domain", domain,
                  (char *)NULL);
        return;
    }
    struct rule *rule = calloc(1, sizeof *rule + length + 1);
    if (!rule)
        abort();
    rule->blocks = read.blocks;
    memcpy(rule->domain, domain, length + 1);
    HASH_ADD_KEYPTR(hh, domains->rules, rule->domain, length, rule);
}

/* What is known stays while the store is away. */
static bool take(struct domains *domains, const struct reply *reply)
{
    if (reply_failed(reply))
        return false;
    forget(domains);
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
    forget(domains);
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
    return good;
}

/* ---- asking
 * ---------------------------------------------------------------------------------------------------------
 */

bool domains_block(const struct gateway *gateway, const char *domain)
{
    size_t length = strlen(domain);
    if (length && domain[length - 1] == '.')
        length--;
    while (gateway->domains && length) {
        struct rule *rule;
        HASH_FIND(hh, gateway->domains->rules, domain, length, rule);
        if (rule)
            return rule->blocks;
        const char *dot = memchr(domain, '.', length);
        if (!dot)
            return false;
        length -= (size_t)(dot + 1 - domain);
        domain = dot + 1;
    }
    return false;
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
    if (!gateway->domains->rules || !address_guard_url(NULL, url, true, &place, &why))
        return DOMAIN_OPEN;
    return domains_block(gateway, place.host) ? DOMAIN_BLOCKED : DOMAIN_OPEN;
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
    return domains_block(gateway, host) ? FETCH_FORBIDDEN : FETCH_OK;
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
