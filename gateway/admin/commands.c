#include "gateway/admin/commands.h"

#include <string.h>

static const struct command commands[] = {
    {"ledger", command_ledger, false,
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
    {"host", command_host, false,
     "drawbridge host list [--state healthy|failing|open|dead] [--json] -c FILE\n"
     "drawbridge host show HOST [--json] -c FILE\n"
     "\n"
     "The servers that deliveries go to and how they answer.\n"
     "\n"
     "Examples:\n"
     "  drawbridge host list --state dead -c drawbridge.ini\n"
     "  drawbridge host show mastodon.example -c drawbridge.ini\n"},
    {"preview", command_preview, true,
     "drawbridge preview PLATFORM:POST [--as SERVER] [--json] -c FILE\n"
     "drawbridge preview - [--platform PLATFORM] [--as SERVER] [--json] -c FILE\n"
     "\n"
     "What the fediverse gets of a post: the exact ActivityPub JSON, how it reads as text, the servers that "
     "it "
     "would\n"
     "go to, and what was changed, shortened or left out on the way. Nothing is sent. POST is the platform's "
     "own "
     "id;\n"
     "with '-' the post comes as JSON on standard input, as the platform's API writes it or as drawbridge "
     "keeps "
     "it.\n"
     "People whom the post mentions are looked up, so their servers may be asked about them.\n"
     "\n"
     "  --as SERVER   also says what that kind of server is known to drop, with the source: mastodon, "
     "lemmy,\n"
     "                misskey, … (an unknown name lists all)\n"
     "  --json        one JSON document instead of text\n"
     "\n"
     "Examples:\n"
     "  drawbridge preview pinboard:p_901 -c drawbridge.ini\n"
     "  drawbridge preview pinboard:p_901 --as mastodon -c drawbridge.ini\n"
     "  curl -s https://pinboard.example/v1/posts/p_901 | drawbridge preview - --json -c drawbridge.ini\n"},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}
