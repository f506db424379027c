#include "gateway/admin/commands.h"

#include <string.h>

static const struct command commands[] = {
    {"ledger", command_ledger,
     "drawbridge ledger POST|ACCOUNT|HOST [--json] -c FILE\n"
     "\n"
     "Which servers may hold a copy of a post or know an account, why, and what each was told of its Delete "
     "and\n"
     "answered. POST and ACCOUNT are ids of ours (https://HOST/u/AID/p/OID) or name@host; HOST is another "
     "server.\n"
     "A server that accepted a Delete has said so; nobody can prove that it removed its copy.\n"
     "\n"
     "Examples:\n"
     "  drawbridge ledger https://social.example/u/k3v…/p/w2z… -c drawbridge.ini\n"
     "  drawbridge ledger alice@social.example --json -c drawbridge.ini\n"
     "  drawbridge ledger mastodon.example -c drawbridge.ini\n"},
    {"host", command_host,
     "drawbridge host list [--state healthy|failing|open|dead] [--json] -c FILE\n"
     "drawbridge host show HOST [--json] -c FILE\n"
     "\n"
     "The servers that deliveries go to and how they answer.\n"
     "\n"
     "Examples:\n"
     "  drawbridge host list --state dead -c drawbridge.ini\n"
     "  drawbridge host show mastodon.example -c drawbridge.ini\n"},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}
