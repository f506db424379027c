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

#define HOST                                                                                                 \
    {                                                                                                        \
        "host", true, "the server's name, as host.list writes it"                                            \
    }
#define REPORT                                                                                               \
    {                                                                                                        \
        "report", true, "its number, as report.list writes it"                                               \
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
    {.name = "report.list",
     .says = "reports that wait for you, or closed ones; the newest first",
     .scope = ACT_OPERATOR,
     .parameters = {{"state", false, "open (if not said) or closed", "open closed"},
                    {"cursor", false, "where the page before ended"}},
     .columns = "report direction time server about posts comment times forwarded",
     .run = act_report_list},
    {.name = "report.show",
     .says = "all that is known of one report",
     .scope = ACT_OPERATOR,
     .parameters = {REPORT},
     .run = act_report_show},
    {.name = "report.close",
     .says = "a report was dealt with",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {REPORT, {"note", false, "what was done, for whoever reads it later"}},
     .run = act_report_close},
    {.name = "report.forward",
     .says = "hands a report on: one from elsewhere to the member's platform, one from here to the person's "
             "server",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {REPORT},
     .run = act_report_forward},
    {.name = "report.add",
     .says = "reports a person or a reply of another server",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"subject", true,
                     "@name@server, the address of an actor, or a reply (its address or key)"},
                    {"comment", false, "what is wrong, for whoever decides"},
                    {"forward", false,
                     "yes: their server hears of it too, without your name; no: the operator here only",
                     "yes no"}},
     .run = act_report_add},
    {.name = "host.list",
     .says = "the servers that deliveries go to",
     .scope = ACT_OPERATOR,
     .parameters = {{"state", false, "only those that are", "healthy failing open dead"}},
     .columns =
         "host software state last_accepted unreachable_since last_reason deletes_waiting waiting_lanes",
     .run = act_host_list},
    {.name = "host.show",
     .says = "how one server answers",
     .scope = ACT_OPERATOR,
     .parameters = {HOST},
     .run = act_host_show},
    {.name = "host.revive",
     .says = "tries a server again now that was given up",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {HOST},
     .run = act_host_revive},
    {.name = "health.show",
     .says = "what waits now, and how deliveries and inboxes fared in the last hours",
     .scope = ACT_OPERATOR,
     .parameters = {{"hours", false, "how far back, in 60 steps (1)", "1 3 6 12 24"}},
     .run = act_health_show},
    {.name = "operator.audit",
     .says = "what was done with the installation, by whom and when; the newest first",
     .scope = ACT_OPERATOR,
     .columns = "time who act words",
     .run = act_operator_audit},
    {.name = "name.release",
     .says = "lets another account have the name of one that is gone",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {{"handle", true, "name@host, of an account that answers 410 by now"}},
     .run = act_name_release},
    {.name = NULL},
};
