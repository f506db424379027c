/* The acts that are about the installation: the other half of the table of acts.c. */
#include "gateway/admin/acts.h"

#define DOMAIN                                                                                               \
    {                                                                                                        \
        "domain", true, "the server's name alone, such as spam.example; all below it is meant too"           \
    }
#define REASON                                                                                               \
    {                                                                                                        \
        "reason", false, "why, in one line: for whoever reads the list later"                                \
    }

const struct act_kind operator_acts[] = {
    {.name = "domain.list",
     .says = "servers that a rule is about: blocked, limited or allowed",
     .scope = ACT_OPERATOR,
     .columns = "domain rule since reason",
     .run = act_domain_list},
    {.name = "domain.show",
     .says = "what holds for one server, by its own rule, one above it or the mode",
     .scope = ACT_OPERATOR,
     .parameters = {DOMAIN},
     .run = act_domain_show},
    {.name = "domain.block",
     .says = "has nothing to do with a server any more, in both directions",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {DOMAIN, REASON},
     .run = act_domain_block},
    {.name = "domain.limit",
     .says = "whoever follows or answers from a server waits for the owner's approval",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {DOMAIN, REASON},
     .run = act_domain_limit},
    {.name = "domain.allow",
     .says = "lifts a block or limit, or makes an exception below one; lists a server in allow-list mode",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {DOMAIN, REASON},
     .run = act_domain_allow},
    {.name = "domain.remove",
     .says = "takes the rule for a server back",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {DOMAIN},
     .run = act_domain_remove},
    {.name = NULL},
};
