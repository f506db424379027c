/* `drawbridge sweep`: compares accounts with what their platform has of them, now. */
#include <stdio.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/jobs.h"
#include "gateway/ledger/ledger.h"

enum { SWEEP_BUDGET = 1 << 20 };
static const char *const away = "the store does not answer; try again when it does";

static void tell_json(json_t *document)
{
    show_json(document);
    json_decref(document);
}

static int sweep_one(struct gateway *gateway, const char *what, bool json)
{
    char aid[AID_LENGTH + 1];
    const char *why = NULL;
    if (!ledger_account(gateway, what, aid, &why))
        return command_failed(what, why);
    if (!job_queue(gateway, "sweep", aid, ""))
        return command_failed(what, away);
    if (json)
        tell_json(json_pack("{s:s, s:i}", "account", aid, "queued", 1));
    else
        (void)printf("%s will be compared with its platform; what differs is corrected and told in the log\n",
                     what);
    return SESSION_GOOD;
}

static int sweep_platform(struct gateway *gateway, const char *platform, size_t *total)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SMEMBERS");
    arguments_format(arguments, "accounts:%s", platform);
    struct reply *reply = store_run(gateway->store, arguments);
    bool good = !reply_failed(reply);
    for (size_t i = 0; good && i < reply_count(reply); i++, (*total)++)
        good = job_queue(gateway, "sweep", reply_text(reply_at(reply, i)), "");
    reply_free(reply);
    return good ? SESSION_GOOD : command_failed(platform, away);
}

static int sweep_all(struct gateway *gateway, bool json)
{
    size_t total = 0;
    for (size_t i = 0; i < gateway->config->platform_count; i++)
        if (sweep_platform(gateway, gateway->config->platforms[i].name, &total) != SESSION_GOOD)
            return SESSION_FAILED;
    if (json)
        tell_json(json_pack("{s:I}", "queued", (json_int_t)total));
    else
        (void)printf(
            "%zu account(s) will be compared with their platforms; what differs is corrected and told in "
            "the log\n",
            total);
    return SESSION_GOOD;
}

int command_sweep(struct gateway *gateway, int count, char **words)
{
    bool all = false;
    bool json = false;
    struct words read;
    const struct word_option options[] = {{"--all", NULL, &all}, {"--json", NULL, &json}};
    if (!words_read("sweep", count, words, options, 2, 0, 1, &read))
        return SESSION_USAGE;
    if (all == (read.count == 1))
        return words_misused("sweep", "sweep wants an account or --all");
    return all ? sweep_all(gateway, json) : sweep_one(gateway, read.alone[0], json);
}
