#include "gateway/admin/commands.h"

#include <string.h>

static const struct command commands[] = {
    {.name = "ledger", .run = command_ledger},
    {.name = "host", .run = command_host},
    {.name = "account", .run = command_account, .asks = true},
    {.name = "follower", .run = command_follower, .asks = true},
    {.name = "alias", .run = command_alias, .asks = true},
    {.name = "following", .run = command_following, .asks = true},
    {.name = "block", .run = command_block, .asks = true},
    {.name = "post", .run = command_post},
    {.name = "where", .run = command_where},
    {.name = "reply", .run = command_reply},
    {.name = "token", .run = command_token},
    {.name = "operator", .run = command_operator},
    {.name = "domain", .run = command_domain},
    {.name = "health", .run = command_health},
    {.name = "name", .run = command_name},
    {.name = "report", .run = command_report, .asks = true},
    {.name = "sweep", .run = command_sweep},
    {.name = "preview", .run = command_preview, .asks = true},
    {.name = "contract", .standalone = command_contract},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

const char *command_help(const char *name)
{
    for (const struct help_text *help = help_texts; help->name; help++)
        if (strcmp(help->name, name) == 0)
            return help->text;
    return NULL;
}
