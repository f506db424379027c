/* The operator's pages: the other half of the table of views.c. */
#include <string.h>

#include "gateway/admin/page.h"
#include "gateway/admin/views.h"

static void draw_mode(struct buffer *page, const json_t *result, const char *path)
{
    (void)path;
    const char *mode = json_string_value(json_object_get(result, "mode"));
    buffer_add_string(
        page,
        mode && strcmp(mode, "allowlist") == 0
            ? "<p>The mode is <strong>allowlist</strong>: only servers that are allowed or limited here are "
              "dealt with.</p>"
            : "<p>The mode is <strong>open</strong>: all servers are dealt with that are not blocked "
              "here.</p>");
}

static void draw_accounts(struct buffer *page, const json_t *result, const char *path)
{
    (void)result;
    bool names = strcmp(path, "/names") == 0;
    page_format(page, "<p><a href=\"%s\">%s</a></p>", names ? "/accounts" : "/names",
                names ? "All accounts" : "Names of accounts that left");
}

static void draw_reports(struct buffer *page, const json_t *result, const char *path)
{
    long long total = json_integer_value(json_object_get(result, "total"));
    bool open = strcmp(path, "/reports") == 0;
    buffer_format(page, "<p>%lld %s. <a href=\"%s\">%s</a></p>", total, open ? "open" : "closed",
                  open ? "/reports/closed" : "/reports", open ? "Closed ones" : "Open ones");
}

const struct view operator_views[] = {
    {.path = "/",
     .title = "Health",
     .says = "What waits just now, and how the last hours went.",
     .act = "health.show",
     .scope = ACT_OPERATOR,
     .asks = "hours",
     .draw = view_draw_health},
    {.path = "/accounts",
     .title = "Accounts",
     .says = "Accounts that were ever switched on here.",
     .act = "account.list",
     .scope = ACT_OPERATOR,
     .opens = "/account",
     .draw = draw_accounts,
     .form = "account.add",
     .form_label = "Switch on"},
    {.path = "/account",
     .title = "Account",
     .says = "One account, and what you can do with it. A leave cannot be taken back: write its name@host.",
     .act = "account.show",
     .scope = ACT_OPERATOR,
     .buttons = {{"account.pause", "account", "account", "Pause", false, "state", "on"},
                 {"account.resume", "account", "account", "Resume", false, "state", "paused"}},
     .form = "account.leave",
     .form_label = "Take it out of the fediverse",
     .danger = true,
     .apart = true},
    {.path = "/hosts",
     .title = "Hosts",
     .says =
         "The servers that deliveries go to. One that fails again and again is tried by and by; one that is "
         "dead gets only its Deletes, when it comes back.",
     .act = "host.list",
     .scope = ACT_OPERATOR,
     .buttons = {{"host.revive", "host", "host", "Try again now", false, "given_up", "yes"},
                 {"domain.limit", "domain", "host", "Limit", false, NULL, NULL},
                 {"domain.block", "domain", "host", "Block", true, NULL, NULL}}},
    {.path = "/domains",
     .title = "Domains",
     .says = "Rules about servers. A rule is about the domain and all below it, for all accounts.",
     .act = "domain.list",
     .scope = ACT_OPERATOR,
     .buttons = {{"domain.remove", "domain", "domain", "Take back", false, NULL, NULL}},
     .form = "domain.block",
     .form_label = "Block",
     .others = {{"domain.limit", "Limit"}, {"domain.allow", "Allow"}},
     .draw = draw_mode},
    {.path = "/reports",
     .title = "Reports",
     .says = "“in”: what other servers report of accounts here. “out”: what people here report of people "
             "elsewhere.",
     .act = "report.list",
     .scope = ACT_OPERATOR,
     .fixed = "state",
     .value = "open",
     .buttons = {{"report.close", "report", "report", "Close", false, NULL, NULL},
                 {"report.forward", "report", "report", "Forward", false, "can_be_forwarded", "yes"},
                 {"domain.block", "domain", "server", "Block the server", true, NULL, NULL}},
     .draw = draw_reports},
    {.path = "/reports/closed",
     .title = "Closed reports",
     .says = "Reports that were dealt with; they are kept for 90 days.",
     .act = "report.list",
     .scope = ACT_OPERATOR,
     .fixed = "state",
     .value = "closed",
     .apart = true,
     .draw = draw_reports},
    {.path = "/names",
     .title = "Names",
     .says = "A name of an account that left is nobody else's until you give it free: other servers look "
             "accounts up by name.",
     .act = "account.list",
     .scope = ACT_OPERATOR,
     .fixed = "state",
     .value = "gone",
     .apart = true,
     .draw = draw_accounts,
     .form = "name.release",
     .form_label = "Give it free"},
    {.path = "/tokens",
     .title = "Tokens",
     .says = "Tokens of the admin API. A new one is shown once.",
     .act = "token.list",
     .scope = ACT_OPERATOR,
     .buttons = {{"token.remove", "name", "name", "Remove", true, NULL, NULL}},
     .form = "token.add",
     .form_label = "Make a token"},
    {.path = "/audit",
     .title = "What was done",
     .says = "What was done with this installation, by whom and when.",
     .act = "operator.audit",
     .scope = ACT_OPERATOR},
    {.path = NULL},
};
