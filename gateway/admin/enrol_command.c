/* `drawbridge account add, status, remove`: switches accounts on by proof of control, says how they and their
 * platform's stream are, makes them leave. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/password.h"
#include "gateway/admin/words.h"
#include "gateway/clock.h"
#include "gateway/fed/render.h"
#include "gateway/leaving.h"
#include "gateway/ledger/ledger.h"
#include "gateway/upstream/upstream.h"

enum {
    ACCOUNT_BUDGET = 4 << 20,
    WAIT_MAX_SECONDS = 86400,
    WAIT_STEP_MS = 2000,
    BACKFILL_MAX = 100000,
    HOUR_S = 3600,
    DAY_S = 86400
};
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

static int tell_on(struct gateway *gateway, struct arena *arena, const struct enrolment *enrolment)
{
    struct account_record record;
    if (account_load(gateway->store, arena, enrolment->aid, &record) != LOOKUP_FOUND)
        return command_failed(enrolment->handle, away);
    (void)printf("@%s is on: in the fediverse @%s@%s\n  %s\n", enrolment->handle, record.name, record.host,
                 url_actor(arena, account_base(gateway, &record), record.aid));
    return SESSION_GOOD;
}

static void tell_code(const struct enrolment *enrolment)
{
    (void)printf(
        "To show that @%s is yours, put this code into the profile's description or into a post:\n\n"
        "    %s\n\n"
        "Then run the same command again, within 24 hours. Once the account is on, the code may go.\n",
        enrolment->handle, enrolment->code);
    (void)fflush(stdout);
}

static int add(struct gateway *gateway, const char *what, unsigned wait_seconds, struct enrolment_wish wish)
{
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    wish.who = split(arena, what, &wish.platform);
    int64_t until = loop_monotonic_ms() + (int64_t)wait_seconds * 1000;
    bool told = false;
    int code = SESSION_FAILED;
    if (!wish.who) {
        arena_free(arena);
        return words_misused("account", "write the account as PLATFORM:HANDLE");
    }
    for (;;) {
        struct enrolment enrolment;
        upstream_enrol(gateway, &wish, arena, &enrolment);
        if (enrolment.state == ENROLMENT_FAILED) {
            code = command_failed(what, enrolment.why);
            break;
        }
        if (enrolment.state != ENROLMENT_ASKED) {
            code = tell_on(gateway, arena, &enrolment);
            break;
        }
        if (!told)
            tell_code(&enrolment);
        told = true;
        if (loop_monotonic_ms() >= until) {
            code = wait_seconds
                       ? command_failed(what, "the code did not appear in time; run the command again")
                       : SESSION_GOOD;
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

/* AID of PLATFORM:NATIVE, PLATFORM:HANDLE (as it was told last), an actor's id or name@host. */
static bool find(struct gateway *gateway, struct arena *arena, const char *what, char aid[AID_LENGTH + 1],
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
    if (!reply_failed(reply))
        *why = "no such account is known here; 'drawbridge account add' switches one on";
    for (size_t i = 0; !known && i < reply_count(reply); i++) {
        struct account_record record;
        known =
            account_load(gateway->store, arena, reply_text(reply_at(reply, i)), &record) == LOOKUP_FOUND &&
            record.account.handle && strcmp(record.account.handle, who) == 0;
        if (known)
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

static int remove_account(struct gateway *gateway, const char *what)
{
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    char aid[AID_LENGTH + 1];
    const char *why = NULL;
    bool moved = false;
    int code = SESSION_GOOD;
    if (!find(gateway, arena, what, aid, &why))
        code = command_failed(what, why);
    else if (!leave(gateway, arena, aid, &moved))
        code = command_failed(what, away);
    else if (moved)
        (void)printf(
            "%s leaves: its posts are gone here at once, and every server that may hold one is told\n", what);
    else
        code = command_failed(what, "the account is neither on nor paused");
    arena_free(arena);
    return code;
}

/* ---- status
 * ----------------------------------------------------------------------------------------------------------
 */

static void print_age(const char *title, int64_t time)
{
    int64_t age = clock_now_ms() - time;
    if (time)
        (void)printf("  %-20s %" PRId64 ".%01d s ago\n", title, age / 1000, (int)(age % 1000 / 100));
    else
        (void)printf("  %-20s never\n", title);
}

static int64_t number_of(const struct reply *reply, const char *name)
{
    const char *text = reply_field(reply, name);
    return text ? strtoll(text, NULL, 10) : 0;
}

static int64_t points_of(struct gateway *gateway, struct arena *arena, const char *platform, const char *span,
                         int64_t seconds)
{
    struct reply *reply = store_call(
        gateway->store, "GET",
        arena_format(arena, "points:%s:%s:%" PRId64, platform, span, clock_now_ms() / 1000 / seconds),
        (char *)NULL);
    int64_t points = reply_failed(reply) ? 0 : reply_number(reply);
    reply_free(reply);
    return points;
}

/* What was written there, in points of the platform's own budget. */
static void print_budget(struct gateway *gateway, struct arena *arena, const char *platform)
{
    struct adapter_limits limits;
    if (!upstream_limits(gateway, platform, &limits) || !limits.points_hour)
        return;
    (void)printf("  %-20s %" PRId64 " of %u points this hour, %" PRId64 " of %u today\n", "budget",
                 points_of(gateway, arena, platform, "hour", HOUR_S), limits.points_hour,
                 points_of(gateway, arena, platform, "day", DAY_S), limits.points_day);
}

static void print_puppets(struct gateway *gateway, const char *platform)
{
    int64_t count = upstream_puppet_count(gateway, platform, NULL);
    if (count)
        (void)printf("  %-20s %" PRId64 " (at most %u are made)\n", "puppets", count,
                     upstream_puppet_limit(gateway, platform));
}

static bool print_stream(struct gateway *gateway, struct arena *arena, const char *platform)
{
    struct reply *reply =
        store_call(gateway->store, "HGETALL", arena_format(arena, "stream:%s", platform), (char *)NULL);
    struct reply *cursor =
        store_call(gateway->store, "GET", arena_format(arena, "cursor:%s", platform), (char *)NULL);
    bool good = !reply_failed(reply) && !reply_failed(cursor);
    int64_t came = number_of(reply, "event_came");
    int64_t time = number_of(reply, "event_time");
    (void)printf("stream of %s\n", platform);
    print_age("open", number_of(reply, "seen"));
    print_age("last event", came);
    if (came && time)
        (void)printf("  %-20s %" PRId64 " ms\n", "lag", came > time ? came - time : 0);
    (void)printf("  %-20s %s\n", "cursor", reply_text(cursor)[0] ? reply_text(cursor) : "none");
    print_age("cursor written", number_of(reply, "cursor_time"));
    print_budget(gateway, arena, platform);
    print_puppets(gateway, platform);
    reply_free(reply);
    reply_free(cursor);
    return good;
}

static void print_account(const struct account_record *record)
{
    static const char *const states[] = {"active", "suspended", "deactivated", "deleted"};
    char since[TIME_TEXT_MAX];
    time_format(record->consent_since, since);
    (void)printf("%s:%s\n", record->platform, record->account.handle ? record->account.handle : "");
    (void)printf("  %-20s %s\n", "native id", record->native);
    (void)printf("  %-20s @%s@%s\n", "fediverse", record->name, record->host);
    (void)printf("  %-20s %s since %s\n", "state", consent_name(record->consent), since);
    (void)printf("  %-20s %s\n", "on its platform", states[record->account.status]);
    (void)printf("  %-20s %" PRId64 "\n", "posts", record->post_count);
    (void)printf("  %-20s %" PRId64 "\n", "followers", record->follower_count);
}

static int status_of(struct gateway *gateway, const char *what)
{
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    char aid[AID_LENGTH + 1];
    const char *why = NULL;
    struct account_record record;
    int code = SESSION_GOOD;
    if (!find(gateway, arena, what, aid, &why)) {
        code = command_failed(what, why);
    } else if (account_load(gateway->store, arena, aid, &record) != LOOKUP_FOUND) {
        code = command_failed(what, away);
    } else {
        print_account(&record);
        if (!print_stream(gateway, arena, record.platform))
            code = command_failed(what, away);
    }
    arena_free(arena);
    return code;
}

static int status_of_platform(struct gateway *gateway, const char *platform)
{
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SMEMBERS");
    arguments_format(arguments, "accounts:%s", platform);
    struct reply *reply = store_run(gateway->store, arguments);
    bool good = !reply_failed(reply) && print_stream(gateway, arena, platform);
    for (size_t i = 0; good && i < reply_count(reply); i++) {
        struct account_record record;
        struct arena *own = arena_new(ACCOUNT_BUDGET);
        enum lookup found = account_load(gateway->store, own, reply_text(reply_at(reply, i)), &record);
        if (found == LOOKUP_FOUND && record.consent != CONSENT_GONE)
            print_account(&record);
        good = found != LOOKUP_DOWN;
        arena_free(own);
    }
    reply_free(reply);
    arena_free(arena);
    return good ? SESSION_GOOD : command_failed(platform, away);
}

static int status(struct gateway *gateway, const char *what)
{
    if (what)
        return status_of(gateway, what);
    int code = SESSION_GOOD;
    for (size_t i = 0; code == SESSION_GOOD && i < gateway->config->platform_count; i++)
        code = status_of_platform(gateway, gateway->config->platforms[i].name);
    return code;
}

/* The password is read before anything is asked, used once and wiped. */
static int add_by_password(struct gateway *gateway, const char *what, const char *path,
                           struct enrolment_wish wish)
{
    char password[PASSWORD_MAX];
    const char *why = NULL;
    int code = SESSION_FAILED;
    if (password_read(path, "App password: ", password, &why)) {
        wish.password = password;
        code = add(gateway, what, 0, wish);
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
    unsigned seconds = 0;
    unsigned older = 0;
    struct words read;
    const struct word_option options[] = {
        {"--wait", &wait, NULL}, {"--backfill", &backfill, NULL}, {"--password-file", &password, NULL}};
    if (!words_read("account", count, words, options, 3, 1, 2, &read))
        return SESSION_USAGE;
    const char *verb = read.alone[0];
    if (strcmp(verb, "add") == 0 && read.count == 2) {
        if (!read_count(wait, WAIT_MAX_SECONDS, &seconds))
            return words_misused("account", "--wait wants seconds from 1 to %d", WAIT_MAX_SECONDS);
        if (!read_count(backfill, BACKFILL_MAX, &older))
            return words_misused("account", "--backfill wants a number of posts from 1 to %d", BACKFILL_MAX);
        const struct enrolment_wish wish = {.backfill = older};
        return password ? add_by_password(gateway, read.alone[1], password, wish)
                        : add(gateway, read.alone[1], seconds, wish);
    }
    if (wait || backfill || password)
        return words_misused("account", "--wait, --backfill and --password-file belong to account add");
    if (strcmp(verb, "remove") == 0 && read.count == 2)
        return remove_account(gateway, read.alone[1]);
    if (strcmp(verb, "status") == 0)
        return status(gateway, read.alone[1]);
    return words_misused("account", "wrong words for account");
}
