/* `drawbridge account`: a new key for an account, and who may read it. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/words.h"
#include "gateway/jobs.h"
#include "gateway/ledger/ledger.h"
#include "gateway/store/accounts.h"

enum { ACCOUNT_BUDGET = 1 << 20 };
static const char *const away = "the store does not answer; try again when it does";

/* NULL when it is one that federates, else why not. */
static const char *find(struct gateway *gateway, const char *what, char aid[AID_LENGTH + 1])
{
    const char *why = NULL;
    if (!ledger_account(gateway, what, aid, &why))
        return why;
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    struct account_record record;
    enum lookup found = account_load(gateway->store, arena, aid, &record);
    bool on = record.consent == CONSENT_ON;
    arena_free(arena);
    if (found == LOOKUP_DOWN)
        return away;
    return found == LOOKUP_FOUND && on ? NULL : "the account is not switched on";
}

static int rotate_key(struct gateway *gateway, const char *what)
{
    char aid[AID_LENGTH + 1];
    const char *why = find(gateway, what, aid);
    if (!why && !job_queue(gateway, "rotate-key", aid, ""))
        why = away;
    if (why)
        return command_failed(what, why);
    (void)printf("%s gets a new key: the servers that know it are told first; the log says when it is done\n",
                 what);
    return SESSION_GOOD;
}

static int authorized_fetch(struct gateway *gateway, const char *what, bool on)
{
    char aid[AID_LENGTH + 1];
    const char *why = find(gateway, what, aid);
    if (!why && account_set_authorized_fetch(gateway->store, aid, on) == LOOKUP_DOWN)
        why = away;
    if (why)
        return command_failed(what, why);
    (void)printf(on ? "%s is shown to servers only that sign their requests\n"
                    : "%s is shown to everybody who asks\n",
                 what);
    return SESSION_GOOD;
}

int command_account(struct gateway *gateway, int count, char **words)
{
    struct words read;
    if (!words_read("account", count, words, NULL, 0, 2, 3, &read))
        return SESSION_USAGE;
    if (strcmp(read.alone[0], "rotate-key") == 0 && read.count == 2)
        return rotate_key(gateway, read.alone[1]);
    if (strcmp(read.alone[0], "authorized-fetch") == 0 && read.count == 3) {
        bool on = strcmp(read.alone[2], "on") == 0;
        if (on || strcmp(read.alone[2], "off") == 0)
            return authorized_fetch(gateway, read.alone[1], on);
    }
    return words_misused("account", "wrong words for account");
}
