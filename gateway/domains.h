/* Which servers this gateway deals with: never with itself, and with none that the operator's rules speak
 * against (PROTOCOL §3.5 line 16, §6.2). The rules stand in the store and are kept in memory, so that they
 * are asked before any network action; until they were read once, nobody is dealt with. */
#ifndef DRAWBRIDGE_GATEWAY_DOMAINS_H
#define DRAWBRIDGE_GATEWAY_DOMAINS_H

#include <stdbool.h>

#include "gateway/client/fetch.h"
#include "gateway/domain_rules.h"
#include "gateway/gateway.h"

struct domains;

/* Reads the rules in the background, at once and whenever they change. */
void domains_start(struct gateway *gateway);
/* Reads them now. Waits. False when the store does not answer. */
bool domains_load(struct gateway *gateway);
void domains_free(struct gateway *gateway);

enum domain_verdict {
    DOMAIN_OPEN,
    DOMAIN_BLOCKED,
    DOMAIN_UNKNOWN, /* the rules are not known yet: come again */
};
/* The host of a web URL, whatever it is written like. A URL that has none is open, since nobody can ask it;
 * where only listed domains are dealt with, it is blocked. */
enum domain_verdict domains_judge(const struct gateway *gateway, const char *url);
/* Whether the host of a web URL is limited: what comes from there waits for somebody's approval. */
bool domains_limit(const struct gateway *gateway, const char *url);

/* The client's fetch_refusal; `gateway` is its context. */
enum fetch_error domains_refusal(void *gateway, const char *host, unsigned port, const char **why);

/* What the rules that are known say of a canonical domain: RULE_ALLOW, RULE_LIMIT or RULE_BLOCK. */
enum domain_rule_kind domains_rule(const struct gateway *gateway, const char *domain);
/* Sets or (text NULL) takes back a rule and tells all workers. Waits. */
bool domains_set(struct gateway *gateway, const char *domain, const char *text);

#endif
