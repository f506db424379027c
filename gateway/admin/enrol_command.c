/* `drawbridge account add, remove`: switches accounts on by proof of control, makes them leave. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/enrol.h"
#include "gateway/admin/password.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/fed/render.h"
#include "gateway/leaving.h"
#include "gateway/ledger/ledger.h"
#include "gateway/upstream/upstream.h"

enum { ACCOUNT_BUDGET = 4 << 20, WAIT_MAX_SECONDS = 86400, WAIT_STEP_MS = 2000, BACKFILL_MAX = 100000 };
static const char *const away = "the store does not answer; try again when it does";

/* PLATFORM:WHO taken apart in the arena; NULL when there is no colon. A DID has colons of its own. */
static const char *split(struct arena *arena, const char *text, const char **platform)
{
    const char *colon = strchr(text, ':');
    if (!colon || colon == text || !colon[1])
        return NULL;
    *platform = arena_copy(arena, text, (size_t)(colon - text));
    const char *who = colon + 1;
    return *who == '@' ? who + 1 : who;
}

/* ---- add
 * ------------------------------------------------------------------------------------------------------------
 */

struct adding {
    struct enrolment_wish wish;
    unsigned wait_seconds;
    bool json; /* one document on stdout when it is over; what the owner is asked meanwhile is on stderr */
};

static int tell_on(struct gateway *gateway, struct arena *arena, const struct enrolment *enrolment,
                   const struct adding *adding)
{
    struct account_record record;
    if (account_load(gateway->store, arena, enrolment->aid, &record) != LOOKUP_FOUND)
        return command_failed(enrolment->handle, away);
    const char *name = arena_format(arena, "@%s@%s", record.name, record.host);
    const char *actor = url_actor(arena, account_base(gateway, &record), record.aid);
    if (adding->json) {
        json_t *document = json_pack("{s:s, s:s, s:s, s:s}", "state", consent_name(record.consent), "account",
                                     record.aid, "handle", name, "actor", actor);
        show_json(document);
        json_decref(document);
    } else {
        if (adding->wish.backfill && enrolment->state == ENROLMENT_PROVEN)
            (void)printf(
                "Posts from before are bridged now, the oldest first; 'drawbridge account status' tells "
                "how many are out.\n");
        (void)printf("@%s is on: in the fediverse %s\n  %s\n", enrolment->handle, name, actor);
    }
    return SESSION_GOOD;
}

static void tell_code(const struct enrolment *enrolment, FILE *out)
{
    (void)fprintf(
        out,
        "To show that @%s is yours, put this code into the profile's description or into a post:\n\n"
        "    %s\n\n"
        "Then run the same command again, within 24 hours. Once the account is on, the code may go.\n",
        enrolment->handle, enrolment->code);
    (void)fflush(out);
}

static int tell_asked(const struct adding *adding, const struct enrolment *enrolment)
{
    if (adding->json) {
        json_t *document =
            json_pack("{s:s, s:s, s:s, s:s}", "state", "asked", "handle", enrolment->handle, "code",
                      enrolment->code, "next",
                      "put the code into the profile's description or into a post, within 24 hours, and ask "
                      "again");
        show_json(document);
        json_decref(document);
    }
    return SESSION_GOOD;
}

static int add(struct gateway *gateway, const char *what, struct adding adding)
{
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    adding.wish.who = split(arena, what, &adding.wish.platform);
    int64_t until = loop_monotonic_ms() + (int64_t)adding.wait_seconds * 1000;
    bool told = adding.json && !adding.wait_seconds;
    int code = SESSION_FAILED;
    if (!adding.wish.who) {
        arena_free(arena);
        return words_misused("account", "write the account as PLATFORM:HANDLE");
    }
    for (;;) {
        struct enrolment enrolment;
        upstream_enrol(gateway, &adding.wish, arena, &enrolment);
        if (enrolment.state == ENROLMENT_FAILED) {
            code = command_failed(what, enrolment.why);
            break;
        }
        if (enrolment.state != ENROLMENT_ASKED) {
            code = tell_on(gateway, arena, &enrolment, &adding);
            break;
        }
        if (!told)
            tell_code(&enrolment, adding.json ? stderr : stdout);
        told = true;
        if (loop_monotonic_ms() >= until) {
            code = adding.wait_seconds
                       ? command_failed(what, "the code did not appear in time; run the command again")
                       : tell_asked(&adding, &enrolment);
            break;
        }
        task_sleep(WAIT_STEP_MS);
    }
    arena_free(arena);
    return code;
}

/* ---- remove
 * ----------------------------------------------------------------------------------------------------------
 */

bool enrol_find(struct gateway *gateway, struct arena *arena, const char *what, char aid[AID_LENGTH + 1],
                const char **why)
{
    const char *platform = NULL;
    const char *who = strstr(what, "://") ? NULL : split(arena, what, &platform);
    if (!who || !config_platform_find(gateway->config, platform))
        return ledger_account(gateway, what, aid, why);
    *why = away;
    enum lookup found = account_of_native(gateway->store, platform, who, aid);
    if (found != LOOKUP_ABSENT)
        return found == LOOKUP_FOUND;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SMEMBERS");
    arguments_format(arguments, "accounts:%s", platform);
    struct reply *reply = store_run(gateway->store, arguments);
    bool known = false;
    bool lives = false;
    if (!reply_failed(reply))
        *why = "no such account is known here; 'drawbridge account add' switches one on";
    /* Who left and came back is there twice. */
    for (size_t i = 0; !lives && i < reply_count(reply); i++) {
        struct account_record record;
        if (account_load(gateway->store, arena, reply_text(reply_at(reply, i)), &record) != LOOKUP_FOUND ||
            !record.account.handle || strcmp(record.account.handle, who) != 0)
            continue;
        known = true;
        lives = record.consent != CONSENT_GONE;
        (void)snprintf(aid, AID_LENGTH + 1, "%s", record.aid);
    }
    reply_free(reply);
    return known;
}

static bool leave(struct gateway *gateway, struct arena *arena, const char *aid, bool *moved)
{
    struct account_record record;
    return account_load(gateway->store, arena, aid, &record) == LOOKUP_FOUND &&
           left_note(gateway, record.platform, record.native) && leaving_start(gateway, aid, "", moved);
}

static void tell_left(const char *what, const char *aid, bool json)
{
    if (json) {
        json_t *document = json_pack("{s:s, s:s}", "account", aid, "state", "leaving");
        show_json(document);
        json_decref(document);
        return;
    }
    (void)printf("%s leaves: its posts are gone here at once, and every server that may hold one is told\n",
                 what);
}

static int remove_account(struct gateway *gateway, const char *what, bool json)
{
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    char aid[AID_LENGTH + 1];
    const char *why = NULL;
    bool moved = false;
    int code = SESSION_GOOD;
    if (!enrol_find(gateway, arena, what, aid, &why))
        code = command_failed(what, why);
    else if (!leave(gateway, arena, aid, &moved))
        code = command_failed(what, away);
    else if (moved)
        tell_left(what, aid, json);
    else
        code = command_failed(what, "the account is neither on nor paused");
    arena_free(arena);
    return code;
}

/* The password is read before anything is asked, used once and wiped. */
static int add_by_password(struct gateway *gateway, const char *what, const char *path, struct adding adding)
{
    char password[PASSWORD_MAX];
    const char *why = NULL;
    int code = SESSION_FAILED;
    if (password_read(path, "App password: ", password, &why)) {
        adding.wish.password = password;
        code = add(gateway, what, adding);
    } else {
        code = command_failed(path, why);
    }
    explicit_bzero(password, sizeof password);
    return code;
}

/* A number from 1 to `maximum`; 0 where none was given. */
static bool read_count(const char *text, unsigned maximum, unsigned *out)
{
    if (!text)
        return true;
    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 6)
        return false;
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out >= 1 && *out <= maximum;
}

bool enrol_takes(const char *verb)
{
    return strcmp(verb, "add") == 0 || strcmp(verb, "status") == 0 || strcmp(verb, "remove") == 0;
}

int command_enrol(struct gateway *gateway, int count, char **words)
{
    const char *wait = NULL;
    const char *backfill = NULL;
    const char *password = NULL;
    struct adding adding = {.wait_seconds = 0};
    struct words read;
    const struct word_option options[] = {{"--wait", &wait, NULL},
                                          {"--backfill", &backfill, NULL},
                                          {"--password-file", &password, NULL},
                                          {"--json", NULL, &adding.json}};
    if (!words_read("account", count, words, options, sizeof options / sizeof options[0], 1, 2, &read))
        return SESSION_USAGE;
    const char *verb = read.alone[0];
    if (strcmp(verb, "add") == 0 && read.count == 2) {
        if (!read_count(wait, WAIT_MAX_SECONDS, &adding.wait_seconds))
            return words_misused("account", "--wait wants seconds from 1 to %d", WAIT_MAX_SECONDS);
        if (!read_count(backfill, BACKFILL_MAX, &adding.wish.backfill))
            return words_misused("account", "--backfill wants a number of posts from 1 to %d", BACKFILL_MAX);
        if (password && wait)
            return words_misused("account", "--wait waits for a code; with --password-file there is none");
        return password ? add_by_password(gateway, read.alone[1], password, adding)
                        : add(gateway, read.alone[1], adding);
    }
    if (wait || backfill || password)
        return words_misused("account", "--wait, --backfill and --password-file belong to account add");
    if (strcmp(verb, "remove") == 0 && read.count == 2)
        return remove_account(gateway, read.alone[1], adding.json);
    if (strcmp(verb, "status") == 0)
        return command_status(gateway, read.alone[1], adding.json);
    return words_misused("account", "wrong words for account");
}
