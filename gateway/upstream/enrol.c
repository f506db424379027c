/* An owner switches an account on by proving control of it (DESIGN §6): a one-time code in the profile's
 * description or in one of the newest posts, read from the account's own server; or a password that this
 * server takes. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/clock.h"
#include "gateway/jobs.h"
#include "gateway/leaving.h"
#include "gateway/upstream/platform.h"
#include "mapping/source.h"

enum { CODE_SECONDS = 86400, NEWEST_POSTS = 20 };

static void fail(struct enrolment *out, const char *why)
{
    out->state = ENROLMENT_FAILED;
    out->why = why;
}

/* ---- the code: the same for a day, so that asking again does not spoil it
 * ---------------------------------------------------------- */

static const char *new_code(struct arena *arena)
{
    static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char bytes[8];
    char text[10];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    for (size_t i = 0; i < 8; i++)
        text[i + i / 4] = digits[bytes[i] & 31];
    text[4] = '-';
    text[9] = '\0';
    return arena_format(arena, "drawbridge-%s", text);
}

static const char *code_key(struct platform *platform, struct arena *arena, const char *native)
{
    return arena_format(arena, "consent_code:%s:%s", platform->config->name, native);
}

/* NULL: the store is away. */
static const char *code_of(struct platform *platform, struct arena *arena, const char *native)
{
    struct store *store = platform->gateway->store;
    const char *key = code_key(platform, arena, native);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SET");
    arguments_text(arguments, key);
    arguments_text(arguments, new_code(arena));
    arguments_text(arguments, "NX");
    arguments_text(arguments, "EX");
    arguments_number(arguments, CODE_SECONDS);
    reply_free(store_run(store, arguments));
    struct reply *reply = store_call(store, "GET", key, (char *)NULL);
    const char *code = reply_kind(reply) == REPLY_TEXT ? arena_string(arena, reply_text(reply)) : NULL;
    reply_free(reply);
    return code;
}

/* In the newest posts. False too when they cannot be read just now: the owner asks again. */
static bool posts_say(struct platform *platform, const char *native, const char *code)
{
    struct operation *operation = platform_operation(
        platform,
        &(struct operation_input){.kind = OPERATION_POSTS, .account = native, .limit = NEWEST_POSTS});
    const struct operation_result *result = platform_result(platform, operation);
    bool found = false;
    for (size_t i = 0; result->answer == ANSWER_OK && i < result->post_count; i++)
        found |= strstr(result->posts[i].body.text, code) != NULL;
    platform->class->operation_free(operation);
    return found;
}

/* ---- the account
 * ------------------------------------------------------------------------------------------------------ */

/* What stands in the way, or NULL. */
static const char *obstacle(const struct account *account)
{
    if (account->status != ACCOUNT_ACTIVE)
        return "the account is not active on its platform; it can be switched on when it is again";
    if (account->federation == FEDERATION_OFF)
        return account->federation_reason ? account->federation_reason
                                          : "the account asks not to be bridged; change that first";
    if (!account->handle[0])
        return "the handle does not lead back to the account, so that nobody could tell whose it is; repair "
               "the "
               "handle first";
    return NULL;
}

/* On, leaving or not here. False: the store is away. */
static bool find_known(struct platform *platform, struct arena *arena, struct enrolment *out)
{
    struct account_record record;
    enum lookup found =
        account_of_native(platform->gateway->store, platform->config->name, out->native, out->aid);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT;
    found = account_load(platform->gateway->store, arena, out->aid, &record);
    if (found == LOOKUP_FOUND && record.consent == CONSENT_LEAVING)
        fail(out, "the account is just leaving; it can be switched on anew when that is done");
    else if (found == LOOKUP_FOUND && record.consent != CONSENT_GONE)
        out->state = ENROLMENT_BEFORE;
    return found != LOOKUP_DOWN;
}

/* When the oldest of the `count` newest posts was made; 0: there are fewer, and all of them count. -1: they
 * cannot be listed just now. */
static int64_t time_of_newest(struct platform *platform, const char *native, unsigned count)
{
    char *cursor = NULL;
    int64_t oldest = clock_now_ms();
    bool good = true;
    do {
        struct operation *operation = platform_operation(
            platform,
            &(struct operation_input){.kind = OPERATION_POSTS, .account = native, .cursor = cursor});
        const struct operation_result *result = platform_result(platform, operation);
        good = result->answer == ANSWER_OK;
        for (size_t i = 0; good && count && i < result->post_count; i++, count--)
            if (result->posts[i].created < oldest)
                oldest = result->posts[i].created;
        free(cursor);
        cursor = good && count && result->cursor ? strdup(result->cursor) : NULL;
        platform->class->operation_free(operation);
    } while (cursor);
    return !good ? -1 : count ? 0 : oldest;
}

static void switch_on(struct platform *platform, const struct account *account, unsigned backfill,
                      struct arena *arena, struct enrolment *out)
{
    struct gateway *gateway = platform->gateway;
    struct account chosen = *account;
    chosen.federation = FEDERATION_ON;
    chosen.federated_since = backfill ? time_of_newest(platform, account->id, backfill) : clock_now_ms();
    if (chosen.federated_since < 0) {
        fail(out, "the posts from before cannot be listed just now; try again");
        return;
    }
    if (!left_forget(gateway, platform->config->name, account->id) ||
        !consent_switch_on(platform, &chosen, false, "") ||
        account_of_native(gateway->store, platform->config->name, account->id, out->aid) != LOOKUP_FOUND ||
        !job_queue(gateway, "sweep", out->aid, "")) {
        fail(out, "the store does not answer; try again when it does");
        return;
    }
    reply_free(store_call(gateway->store, "DEL", code_key(platform, arena, account->id), (char *)NULL));
    out->state = ENROLMENT_PROVEN;
}

/* ---- a password: used once, kept nowhere
 * ------------------------------------------------------------------------------------- */

static bool signs_in(struct platform *platform, const char *native, const char *password, struct arena *arena,
                     struct enrolment *out)
{
    struct operation *operation = platform_operation(
        platform,
        &(struct operation_input){.kind = OPERATION_PROVE, .account = native, .password = password});
    const struct operation_result *result = platform_result(platform, operation);
    bool good = result->answer == ANSWER_OK;
    if (!good)
        fail(out, arena_string(arena, result->reason ? result->reason : "the platform knows no passwords"));
    platform->class->operation_free(operation);
    return good;
}

static void enrol(struct platform *platform, const struct account *account, const struct enrolment_wish *wish,
                  struct arena *arena, struct enrolment *out)
{
    out->native = arena_string(arena, account->id);
    out->handle = arena_string(arena, account->handle);
    if (!find_known(platform, arena, out)) {
        fail(out, "the store does not answer; try again when it does");
        return;
    }
    const char *why = obstacle(account);
    if (why)
        fail(out, arena_string(arena, why));
    if (out->state != ENROLMENT_ASKED)
        return;
    if (wish->password) {
        if (signs_in(platform, account->id, wish->password, arena, out))
            switch_on(platform, account, wish->backfill, arena, out);
        return;
    }
    out->code = code_of(platform, arena, account->id);
    if (!out->code)
        fail(out, "the store does not answer; try again when it does");
    else if (strstr(account->bio.text, out->code) || posts_say(platform, account->id, out->code))
        switch_on(platform, account, wish->backfill, arena, out);
}

/* The platform's word is proof enough; what is asked here is whether an owner who left comes back. */
static void enrol_vouched(struct platform *platform, const struct account *account, struct arena *arena,
                          struct enrolment *out)
{
    struct gateway *gateway = platform->gateway;
    const char *name = platform->config->name;
    out->native = arena_string(arena, account->id);
    out->handle = arena_string(arena, account->handle);
    if (account->federation != FEDERATION_ON || account->status != ACCOUNT_ACTIVE) {
        fail(out, "this platform itself says whose federation is on: it is switched on there");
        return;
    }
    if (!find_known(platform, arena, out))
        fail(out, "the store does not answer; try again when it does");
    if (out->state != ENROLMENT_ASKED)
        return;
    if (!left_forget(gateway, name, account->id) || !consent_apply(platform, account, "") ||
        account_of_native(gateway->store, name, account->id, out->aid) != LOOKUP_FOUND)
        fail(out, "the store does not answer; try again when it does");
    else
        out->state = ENROLMENT_PROVEN;
}

void upstream_enrol(struct gateway *gateway, const struct enrolment_wish *wish, struct arena *arena,
                    struct enrolment *out)
{
    struct platform *platform = upstream_find(gateway, wish->platform);
    unsigned capabilities = 0;
    *out = (struct enrolment){.state = ENROLMENT_ASKED};
    if (!platform) {
        fail(out, "there is no such platform in the configuration; write the account as PLATFORM:HANDLE");
        return;
    }
    if (!platform_capabilities(platform, &capabilities)) {
        fail(out, "the platform cannot be asked just now");
        return;
    }
    struct operation *operation = platform_operation(
        platform, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = wish->who});
    const struct operation_result *result = platform_result(platform, operation);
    bool found = result->answer == ANSWER_OK && result->account_count == 1;
    if (found && (capabilities & ADAPTER_ASSERTS_CONSENT))
        enrol_vouched(platform, &result->accounts[0], arena, out);
    else if (found)
        enrol(platform, &result->accounts[0], wish, arena, out);
    else if (result->answer == ANSWER_UNKNOWN && (capabilities & ADAPTER_ASSERTS_CONSENT))
        fail(out,
             "the platform knows no account with that id; its people switch the fediverse on themselves, "
             "there, and nothing need be done here");
    else
        fail(out, arena_string(arena, result->reason ? result->reason : "the platform does not know it"));
    platform->class->operation_free(operation);
}
