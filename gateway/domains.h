/* Which servers this gateway deals with: never with itself, and with no domain that the operator blocked
 * (PROTOCOL §3.5 line 16, §6.2). The rules stand in the store and are kept in memory, so that they are asked
 * before any network action; until they were read once, nobody is dealt with. The longest rule that covers a
 * host decides; a rule covers the domain and all below it. */
#ifndef DRAWBRIDGE_GATEWAY_DOMAINS_H
#define DRAWBRIDGE_GATEWAY_DOMAINS_H

#include <stdbool.h>

#include "gateway/client/fetch.h"
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
/* The host of a web URL, whatever it is written like. A URL that has none is open: nobody can ask it. */
enum domain_verdict domains_judge(const struct gateway *gateway, const char *url);

/* The client's fetch_refusal; `gateway` is its context. */
enum fetch_error domains_refusal(void *gateway, const char *host, unsigned port, const char **why);

enum { DOMAIN_SIZE = 256 };
/* A domain as rules know it: lower case, punycode, no dot at its end. False when it is none. */
bool domain_canonical(const char *text, char out[DOMAIN_SIZE]);

/* What a rule says in the store: "block MS REASON" or "allow MS REASON". */
struct domain_rule {
    bool blocks;
    long long since; /* ms */
    const char *reason;
};
bool domain_rule_read(const char *text, struct domain_rule *out);
/* Whether `domain`, canonical, is blocked by the rules that are known. */
bool domains_block(const struct gateway *gateway, const char *domain);
/* Sets or (text NULL) takes back a rule and tells all workers. Waits. */
bool domains_set(struct gateway *gateway, const char *domain, const char *text);

#endif
