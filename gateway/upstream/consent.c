/* DESIGN §6: what the owner's wish and the platform's word about an account mean here. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/clock.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/signer.h"
#include "gateway/leaving.h"
#include "gateway/log.h"
#include "gateway/upstream/platform.h"
#include "mapping/source.h"

enum { CONSENT_BUDGET = 1 << 20 };
enum { HANDLE_FIRST_MS = 5000, HANDLE_GROWTH = 6, HANDLE_CHECKS_MAX = 6, DAY_SECONDS = 86400 };
static const int64_t DEPARTURE_MS = (int64_t)24 * 3600 * 1000;

static uint64_t random_bits(void)
{
    uint64_t bits;
    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        abort();
    return bits;
}

static void names_of(const struct account *account, const char *aid, char name[NAME_LENGTH_MAX + 1],
                     char on_collision[NAME_LENGTH_MAX + 1])
{
    name_from_handle(account->handle, aid, false, name);
    name_from_handle(account->handle, aid, true, on_collision);
}

/* What the operator set for the platform; else none for one that vouches for its people. */
static int64_t hold_ms_of(const struct platform *platform, bool vouched)
{
    const struct config_platform *config = platform->config;
    int64_t seconds = vouched ? 0 : (int64_t)platform->gateway->config->hold_seconds;
    return (config->hold_seconds >= 0 ? config->hold_seconds : seconds) * 1000;
}

bool consent_switch_on(struct platform *platform, const struct account *account, bool vouched,
                       const char *trace)
{
    struct gateway *gateway = platform->gateway;
    const struct config_host *host = config_host_for(gateway->config, platform->config->name, account->id);
    char fresh[AID_LENGTH + 1];
    char name[NAME_LENGTH_MAX + 1];
    char on_collision[NAME_LENGTH_MAX + 1];
    aid_from_bits(random_bits(), fresh);
    names_of(account, fresh, name, on_collision);
    char *public_key_pem = NULL;
    unsigned char *sealed = NULL;
    size_t sealed_length = 0;
    signer_make_key(gateway, &public_key_pem, &sealed, &sealed_length);
    if (!public_key_pem)
        return false;
    const struct account_creation creation = {
        .aid = fresh,
        .platform = platform->config->name,
        .host = host->authority,
        .name = name,
        .name_on_collision = on_collision,
        .account = account,
        .public_key_pem = public_key_pem,
        .private_key_sealed = sealed,
        .private_key_sealed_length = sealed_length,
        .now = clock_now_ms(),
        .hold_ms = hold_ms_of(platform, vouched),
    };
    char aid[AID_LENGTH + 1];
    bool created = false;
    bool good = account_create(gateway->store, &creation, aid, &created) == LOOKUP_FOUND;
    free(public_key_pem);
    free(sealed);
    if (good && created)
        log_write(LOG_INFO, "an account was switched on", "trace", trace, "platform", platform->config->name,
                  "native", account->id, "aid", aid, (char *)NULL);
    return good;
}

static bool start_leaving(struct platform *platform, const char *aid, const char *trace)
{
    bool moved = false;
    return leaving_start(platform->gateway, aid, trace, &moved);
}

static bool is_pinned(const struct account *account, const char *native)
{
    for (size_t i = 0; i < account->pinned_count; i++)
        if (strcmp(account->pinned[i], native) == 0)
            return true;
    return false;
}

static bool tell_pins(struct platform *platform, const char *aid, const struct account *now,
                      const struct account *before, const char *trace)
{
    bool good = true;
    for (size_t i = 0; good && i < before->pinned_count; i++)
        if (!is_pinned(now, before->pinned[i]))
            good = publish_pin(platform->gateway, aid, before->pinned[i], false, now->revision, trace);
    for (size_t i = 0; good && i < now->pinned_count; i++)
        if (!is_pinned(before, now->pinned[i]))
            good = publish_pin(platform->gateway, aid, now->pinned[i], true, now->revision, trace);
    return good;
}

static bool update(struct platform *platform, const char *aid, const struct account *account,
                   const struct account *before, const char *trace)
{
    char name[NAME_LENGTH_MAX + 1];
    char on_collision[NAME_LENGTH_MAX + 1];
    names_of(account, aid, name, on_collision);
    bool changed = false;
    if (account_update(platform->gateway->store, aid, account, name, on_collision, &changed) != LOOKUP_FOUND)
        return false;
    return !changed ||
           (publish_actor(platform->gateway, aid, trace) && tell_pins(platform, aid, account, before, trace));
}

/* True when the two differ in nothing but the revision. */
static bool says_the_same(const struct account *one, const struct account *other)
{
    struct account copies[2] = {*one, *other};
    copies[0].revision = copies[1].revision = 0;
    json_t *first = source_from_account(&copies[0]);
    json_t *second = source_from_account(&copies[1]);
    bool same = json_equal(first, second) == 1;
    json_decref(first);
    json_decref(second);
    return same;
}

/* What a platform that does not vouch cannot know: the owner's choices are kept here, and of an account that
 * it does not show just now, all that it showed before. Revisions are counted here where the platform counts
 * none. */
static void complete(const struct account *before, struct account *account)
{
    struct account told = *account;
    if (told.status != ACCOUNT_ACTIVE) {
        *account = *before;
        account->status = told.status;
    } else {
        account->federated_since = before->federated_since;
        account->backfill = before->backfill;
        account->discoverable = before->discoverable;
        account->indexable = before->indexable;
        account->approve_followers = before->approve_followers;
        if (told.federation != FEDERATION_OFF)
            account->federation = before->federation;
        if (!told.handle[0])
            account->handle = before->handle;
    }
    if (!told.revision)
        account->revision = before->revision + (says_the_same(before, account) ? 0 : 1);
}

/* Deleted accounts come back within a day (PLATFORMS §1.9): until then this one is hidden, and no more. */
static bool expect_departure(struct platform *platform, const char *aid)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZADD");
    arguments_text(arguments, "departures");
    arguments_text(arguments, "NX");
    arguments_number(arguments, clock_now_ms() + DEPARTURE_MS);
    arguments_text(arguments, aid);
    struct reply *reply = store_run(platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* A handle that does not lead back to its account may do so soon: names take their time to spread. The
 * account is looked at again after 5 s, 30 s, 3 min and so on. */
static bool expect_handle(struct platform *platform, const char *aid)
{
    struct store *store = platform->gateway->store;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "INCR");
    arguments_format(arguments, "handle_checks:%s", aid);
    struct reply *reply = store_run(store, arguments);
    int64_t checks = reply_number(reply);
    bool good = !reply_failed(reply);
    reply_free(reply);
    arguments = arguments_new();
    arguments_text(arguments, "EXPIRE");
    arguments_format(arguments, "handle_checks:%s", aid);
    arguments_number(arguments, DAY_SECONDS);
    reply_free(store_run(store, arguments));
    if (!good || checks > HANDLE_CHECKS_MAX)
        return good;
    int64_t wait = HANDLE_FIRST_MS;
    while (--checks > 0)
        wait *= HANDLE_GROWTH;
    arguments = arguments_new();
    arguments_text(arguments, "ZADD");
    arguments_text(arguments, "sweeps");
    arguments_text(arguments, "LT");
    arguments_number(arguments, clock_now_ms() + wait);
    arguments_text(arguments, aid);
    reply = store_run(store, arguments);
    good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

static bool apply_record(struct platform *platform, const struct account_record *record,
                         const struct account *account, bool vouched, const char *trace)
{
    struct account now = *account;
    if (!vouched)
        complete(&record->account, &now);
    if (!vouched && account->status == ACCOUNT_ACTIVE && !account->handle[0] &&
        !expect_handle(platform, record->aid))
        return false;
    if (now.federation == FEDERATION_OFF || (vouched && now.status == ACCOUNT_DELETED))
        return start_leaving(platform, record->aid, trace);
    return update(platform, record->aid, &now, &record->account, trace) &&
           (now.status != ACCOUNT_DELETED || expect_departure(platform, record->aid));
}

static bool apply_known(struct platform *platform, const char *aid, const struct account *account,
                        const char *trace)
{
    unsigned capabilities;
    if (!platform_capabilities(platform, &capabilities))
        return false;
    struct arena *arena = arena_new(CONSENT_BUDGET);
    struct account_record record;
    enum lookup found = account_load(platform->gateway->store, arena, aid, &record);
    bool good = found != LOOKUP_DOWN;
    if (good && account->federation == FEDERATION_OFF)
        good = left_forget(platform->gateway, platform->config->name, account->id);
    /* When a leave is over, the platform is asked again. */
    if (good && found == LOOKUP_FOUND && record.consent != CONSENT_LEAVING)
        good = apply_record(platform, &record, account, (capabilities & ADAPTER_ASSERTS_CONSENT) != 0, trace);
    arena_free(arena);
    return good;
}

bool consent_apply(struct platform *platform, const struct account *account, const char *trace)
{
    char aid[AID_LENGTH + 1];
    switch (account_of_native(platform->gateway->store, platform->config->name, account->id, aid)) {
    case LOOKUP_DOWN:
        return false;
    case LOOKUP_FOUND:
        return apply_known(platform, aid, account, trace);
    case LOOKUP_ABSENT:
        break;
    }
    unsigned capabilities;
    if (!platform_capabilities(platform, &capabilities))
        return false;
    bool vouched = (capabilities & ADAPTER_ASSERTS_CONSENT) != 0;
    if (!vouched || account->status != ACCOUNT_ACTIVE)
        return true;
    if (account->federation == FEDERATION_OFF)
        return left_forget(platform->gateway, platform->config->name, account->id);
    if (account->federation != FEDERATION_ON)
        return true;
    enum lookup left = left_find(platform->gateway, platform->config->name, account->id);
    if (left == LOOKUP_FOUND)
        log_write(LOG_INFO, "an account whose owner left here stays away", "trace", trace, "platform",
                  platform->config->name, "native", account->id, (char *)NULL);
    if (left != LOOKUP_ABSENT)
        return left == LOOKUP_FOUND;
    return consent_switch_on(platform, account, vouched, trace);
}

bool consent_lost(struct platform *platform, const char *native, const char *trace)
{
    char aid[AID_LENGTH + 1];
    enum lookup found = account_of_native(platform->gateway->store, platform->config->name, native, aid);
    unsigned capabilities;
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT;
    if (!platform_capabilities(platform, &capabilities))
        return false;
    if (capabilities & ADAPTER_ASSERTS_CONSENT)
        return start_leaving(platform, aid, trace);
    const struct account gone = {.id = native, .handle = "", .status = ACCOUNT_DELETED};
    return apply_known(platform, aid, &gone, trace);
}

bool consent_depart(struct platform *platform, const char *aid, const char *trace)
{
    struct arena *arena = arena_new(CONSENT_BUDGET);
    struct account_record record;
    enum lookup found = account_load(platform->gateway->store, arena, aid, &record);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && consent_is_bridged(record.consent) &&
        record.account.status == ACCOUNT_DELETED)
        good = start_leaving(platform, aid, trace);
    arena_free(arena);
    return good;
}
