/* The operator's rules about servers, in memory. Pure. The longest rule that covers a host decides; a rule
 * covers the domain and all below it. Domains are in lower case and punycode, without port and without a dot
 * at their end: domain_canonical makes them so (PROTOCOL §3.5 line 16). */
#ifndef DRAWBRIDGE_GATEWAY_DOMAIN_RULES_H
#define DRAWBRIDGE_GATEWAY_DOMAIN_RULES_H

#include <stdbool.h>
#include <stddef.h>

enum { DOMAIN_SIZE = 256, DOMAIN_REASON_MAX = 500 };

enum domain_rule_kind {
    RULE_NONE,
    RULE_ALLOW, /* dealt with, though a rule above or the mode says otherwise */
    RULE_LIMIT, /* dealt with, and nothing from there is shown or follows before somebody here approved it */
    RULE_BLOCK, /* not dealt with at all */
};

/* What a rule says in the store: "block MS REASON", "limit MS REASON" or "allow MS REASON". */
struct domain_rule {
    enum domain_rule_kind kind;
    long long since;    /* ms */
    const char *reason; /* borrowed from the text; one line */
};
bool domain_rule_read(const char *text, struct domain_rule *out);
/* "block", "limit", "allow"; "" for none. */
const char *domain_rule_name(enum domain_rule_kind kind);

/* "m.example" of "M.Example.": false when it is no server's name alone. */
bool domain_canonical(const char *text, char out[DOMAIN_SIZE]);

struct domain_rules;

/* `listed_only`: whom no rule covers is blocked (mode = allowlist). */
struct domain_rules *domain_rules_new(bool listed_only);
void domain_rules_free(struct domain_rules *rules);
void domain_rules_clear(struct domain_rules *rules);
/* One rule as the store has it, in the place of one for the same domain. False: it cannot be read. */
bool domain_rules_put(struct domain_rules *rules, const char *domain, const char *text);
/* The rule that covers a canonical domain; RULE_NONE when none does. */
enum domain_rule_kind domain_rules_find(const struct domain_rules *rules, const char *domain);
/* What comes of it: RULE_ALLOW, RULE_LIMIT or RULE_BLOCK. */
enum domain_rule_kind domain_rules_judge(const struct domain_rules *rules, const char *domain);

#endif
