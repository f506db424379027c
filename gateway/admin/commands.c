#include "gateway/admin/commands.h"

#include <string.h>

static const struct command commands[] = {
    {"ledger", command_ledger,
     "drawbridge ledger POST|ACCOUNT|HOST [--json|--csv] [--summary] [FILTER…] -c FILE\n"
     "drawbridge ledger receipt POST|ACCOUNT [--html] -c FILE\n"
     "drawbridge ledger verify FILE -c FILE\n"
     "\n"
     "Which servers may hold a copy of a post or know an account, why, and what each was told of its Delete "
     "and\n"
     "answered. POST and ACCOUNT are ids of ours (https://HOST/u/AID/p/OID) or name@host; HOST is another "
     "server.\n"
     "A server that accepted a Delete has said so; nobody can prove that it removed its copy.\n"
     "\n"
     "  --summary         by server software instead of server by server\n"
     "  --state STATE     exposed, queued, unreachable, accepted, refused, observed or no-inbox\n"
     "  --host HOST, --software NAME (or unknown)\n"
     "  --why REASON      delivered, mentioned, replied, boosted, liked, quoted or fetched\n"
     "\n"
     "receipt prints what became of a Delete as JSON that the instance actor signs (FEP-8b32), or as a page "
     "for people;\n"
     "of a post, or of an account that leaves or left. verify checks such a file, also one of another "
     "drawbridge.\n"
     "\n"
     "Examples:\n"
     "  drawbridge ledger https://social.example/u/k3v…/p/w2z… -c drawbridge.ini\n"
     "  drawbridge ledger alice@social.example --summary -c drawbridge.ini\n"
     "  drawbridge ledger https://social.example/u/k3v…/p/w2z… --state unreachable --csv -c drawbridge.ini\n"
     "  drawbridge ledger receipt https://social.example/u/k3v…/p/w2z… -c drawbridge.ini > receipt.json\n"
     "  drawbridge ledger verify receipt.json -c drawbridge.ini\n",
     NULL},
    {"host", command_host,
     "drawbridge host list [--state healthy|failing|open|dead] [--json] -c FILE\n"
     "drawbridge host show HOST [--json] -c FILE\n"
     "\n"
     "The servers that deliveries go to and how they answer.\n"
     "\n"
     "Examples:\n"
     "  drawbridge host list --state dead -c drawbridge.ini\n"
     "  drawbridge host show mastodon.example -c drawbridge.ini\n",
     NULL},
    {"sweep", command_sweep,
     "drawbridge sweep ACCOUNT|--all -c FILE\n"
     "\n"
     "Compares accounts with what their platform has of them, as it is done once a day by itself: edits and "
     "deletes "
     "that no\n"
     "event told are found and sent on. ACCOUNT is an actor's id or name@host. The gateway must be serving; "
     "it does "
     "the work,\n"
     "and its log says what differed.\n"
     "\n"
     "Examples:\n"
     "  drawbridge sweep alice@social.example -c drawbridge.ini\n"
     "  drawbridge sweep --all -c drawbridge.ini\n",
     NULL},
    {"contract", NULL,
     "drawbridge contract check URL --token-file FILE [--level N] [--only CHECK] [--json]\n"
     "\n"
     "Asks a platform's service, found below URL/.well-known/drawbridge, all that docs/contract says a "
     "service must\n"
     "do, level by level, and says what is wrong with the section to read. It writes: people and replies of "
     "other\n"
     "servers, which it deletes again at the end. Where the service offers its sandbox (docs/contract §9; "
     "only on\n"
     "test installations) it makes an account and posts of its own, expires events and begins a new epoch;\n"
     "without, what needs these is skipped and said.\n"
     "\n"
     "  --token-file FILE  holds the bearer token that the service gave to the gateway\n"
     "  --level N          checks levels 0 to N (default: the level that the service says it has)\n"
     "  --only CHECK       this check alone, and what it stands on\n"
     "  --list             the checks\n"
     "  --json             the result as one JSON object\n"
     "\n"
     "Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage, 3 the service cannot be reached.\n"
     "\n"
     "Examples:\n"
     "  drawbridge contract check https://pinboard.example --token-file token\n"
     "  drawbridge contract check http://127.0.0.1:8081 --token-file plaza.token --level 1 --json\n",
     command_contract},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}
