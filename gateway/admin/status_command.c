/* `drawbridge account status`: how accounts are, and how far their platform's stream was read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/admin/enrol.h"
#include "gateway/admin/session.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/clock.h"
#include "gateway/upstream/upstream.h"

enum { STATUS_BUDGET = 4 << 20, HOUR_S = 3600, DAY_S = 86400 };
static const char *const away = "the store does not answer; try again when it does";

/* ---- what is known: {platforms: [{platform, …, accounts: [{…}]}]}, times in ms ---- */

static void set_number(json_t *document, const char *name, int64_t number)
{
    (void)json_object_set_new(document, name, json_integer(number));
}

static int64_t number_of(const struct reply *reply, const char *name)
{
    const char *text = reply_field(reply, name);
    return text ? strtoll(text, NULL, 10) : 0;
}

/* A time that was; nothing when it was never. */
static void set_time(json_t *document, const char *name, int64_t time)
{
    if (time)
        set_number(document, name, time);
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
static void set_budget(struct gateway *gateway, struct arena *arena, const char *platform, json_t *document)
{
    struct adapter_limits limits;
    if (!upstream_limits(gateway, platform, &limits) || !limits.points_hour)
        return;
    set_number(document, "points_hour", points_of(gateway, arena, platform, "hour", HOUR_S));
    set_number(document, "points_hour_limit", limits.points_hour);
    set_number(document, "points_day", points_of(gateway, arena, platform, "day", DAY_S));
    set_number(document, "points_day_limit", limits.points_day);
}

static void set_puppets(struct gateway *gateway, const char *platform, json_t *document)
{
    int64_t count = upstream_puppet_count(gateway, platform, NULL);
    if (!count)
        return;
    set_number(document, "puppets", count);
    set_number(document, "puppets_limit", upstream_puppet_limit(gateway, platform));
}

/* Events of the platform that came and are not dealt with yet, also those that a comparison found. */
static void set_waiting(struct gateway *gateway, struct arena *arena, const char *platform, json_t *document)
{
    struct reply *reply =
        store_call(gateway->store, "XLEN", arena_format(arena, "work:intake:%s", platform), (char *)NULL);
    if (!reply_failed(reply))
        set_number(document, "waiting", reply_number(reply));
    reply_free(reply);
}

/* NULL: the store is away. */
static json_t *platform_document(struct gateway *gateway, struct arena *arena, const char *platform)
{
    struct reply *reply =
        store_call(gateway->store, "HGETALL", arena_format(arena, "stream:%s", platform), (char *)NULL);
    struct reply *cursor =
        store_call(gateway->store, "GET", arena_format(arena, "cursor:%s", platform), (char *)NULL);
    json_t *document = NULL;
    if (!reply_failed(reply) && !reply_failed(cursor)) {
        int64_t came = number_of(reply, "event_came");
        int64_t time = number_of(reply, "event_time");
        document = json_pack("{s:s}", "platform", platform);
        set_time(document, "open", number_of(reply, "seen"));
        set_time(document, "last_event", came);
        if (came && time)
            set_number(document, "lag_ms", came > time ? came - time : 0);
        if (reply_text(cursor)[0])
            (void)json_object_set_new(document, "cursor", json_string(reply_text(cursor)));
        set_time(document, "cursor_written", number_of(reply, "cursor_time"));
        set_waiting(gateway, arena, platform, document);
        set_budget(gateway, arena, platform, document);
        set_puppets(gateway, platform, document);
        (void)json_object_set_new(document, "accounts", json_array());
    }
    reply_free(reply);
    reply_free(cursor);
    return document;
}

/* Posts that are out and older than the account's place here. */
static int64_t posts_before(struct gateway *gateway, const struct account_record *record)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZCOUNT");
    arguments_format(arguments, "outbox:%s", record->aid);
    arguments_text(arguments, "-inf");
    arguments_format(arguments, "(%" PRId64, record->created);
    struct reply *reply = store_run(gateway->store, arguments);
    int64_t count = reply_failed(reply) ? 0 : reply_number(reply);
    reply_free(reply);
    return count;
}

static void add_account(struct gateway *gateway, json_t *platform, struct arena *arena,
                        const struct account_record *record)
{
    static const char *const states[] = {"active", "suspended", "deactivated", "deleted"};
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:I}", "account", record->aid, "handle",
                  arena_format(arena, "@%s@%s", record->name, record->host), "platform_handle",
                  record->account.handle ? record->account.handle : "", "native", record->native, "state",
                  consent_name(record->consent), "since", (json_int_t)record->consent_since, "on_platform",
                  states[record->account.status], "posts", (json_int_t)record->post_count, "followers",
                  (json_int_t)record->follower_count);
    set_number(document, "posts_before", posts_before(gateway, record));
    (void)json_array_append_new(json_object_get(platform, "accounts"), document);
}

/* False: the store is away. */
static bool add_accounts(struct gateway *gateway, json_t *platform, const char *name)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SMEMBERS");
    arguments_format(arguments, "accounts:%s", name);
    struct reply *reply = store_run(gateway->store, arguments);
    bool good = !reply_failed(reply);
    for (size_t i = 0; good && i < reply_count(reply); i++) {
        struct account_record record;
        struct arena *own = arena_new(STATUS_BUDGET);
        enum lookup found = account_load(gateway->store, own, reply_text(reply_at(reply, i)), &record);
        if (found == LOOKUP_FOUND && record.consent != CONSENT_GONE)
            add_account(gateway, platform, own, &record);
        good = found != LOOKUP_DOWN;
        arena_free(own);
    }
    reply_free(reply);
    return good;
}

/* ---- as a text ---- */

static void print_age(const json_t *platform, const char *member, const char *title)
{
    const json_t *time = json_object_get(platform, member);
    int64_t age = clock_now_ms() - json_integer_value(time);
    if (time)
        (void)printf("  %-20s %" PRId64 ".%01d s ago\n", title, age / 1000, (int)(age % 1000 / 100));
    else
        (void)printf("  %-20s never\n", title);
}

static long long number_in(const json_t *document, const char *name)
{
    return (long long)json_integer_value(json_object_get(document, name));
}

static void print_account(const char *platform, const json_t *account)
{
    char since[TIME_TEXT_MAX];
    show_time(account, "since", since);
    (void)printf("%s:%s\n", platform, show_text(account, "platform_handle"));
    (void)printf("  %-20s %s\n", "native id", show_text(account, "native"));
    (void)printf("  %-20s %s\n", "fediverse", show_text(account, "handle"));
    (void)printf("  %-20s %s since %s\n", "state", show_text(account, "state"), since);
    (void)printf("  %-20s %s\n", "on its platform", show_text(account, "on_platform"));
    (void)printf("  %-20s %lld\n", "posts", number_in(account, "posts"));
    if (number_in(account, "posts_before"))
        (void)printf("  %-20s %lld\n", "of them from before", number_in(account, "posts_before"));
    (void)printf("  %-20s %lld\n", "followers", number_in(account, "followers"));
}

static void print_platform(const json_t *platform)
{
    size_t index;
    const json_t *account;
    const char *cursor = show_text(platform, "cursor");
    (void)printf("stream of %s\n", show_text(platform, "platform"));
    print_age(platform, "open", "open");
    print_age(platform, "last_event", "last event");
    if (json_object_get(platform, "lag_ms"))
        (void)printf("  %-20s %lld ms\n", "lag", number_in(platform, "lag_ms"));
    (void)printf("  %-20s %s\n", "cursor", *cursor ? cursor : "none");
    print_age(platform, "cursor_written", "cursor written");
    (void)printf("  %-20s %lld events\n", "waiting", number_in(platform, "waiting"));
    if (json_object_get(platform, "points_hour"))
        (void)printf("  %-20s %lld of %lld points this hour, %lld of %lld today\n", "budget",
                     number_in(platform, "points_hour"), number_in(platform, "points_hour_limit"),
                     number_in(platform, "points_day"), number_in(platform, "points_day_limit"));
    if (json_object_get(platform, "puppets"))
        (void)printf("  %-20s %lld (at most %lld are made)\n", "puppets", number_in(platform, "puppets"),
                     number_in(platform, "puppets_limit"));
    json_array_foreach(json_object_get(platform, "accounts"), index, account)
        print_account(show_text(platform, "platform"), account);
}

/* ---- the command ---- */

static int status_of(struct gateway *gateway, const char *what, json_t *platforms)
{
    struct arena *arena = arena_new(STATUS_BUDGET);
    char aid[AID_LENGTH + 1];
    const char *why = NULL;
    struct account_record record;
    json_t *platform = NULL;
    int code = SESSION_GOOD;
    if (!enrol_find(gateway, arena, what, aid, &why)) {
        code = command_failed(what, why);
    } else if (account_load(gateway->store, arena, aid, &record) != LOOKUP_FOUND ||
               !(platform = platform_document(gateway, arena, record.platform))) {
        code = command_failed(what, away);
    } else {
        add_account(gateway, platform, arena, &record);
        (void)json_array_append_new(platforms, platform);
    }
    arena_free(arena);
    return code;
}

static int status_of_platform(struct gateway *gateway, const char *name, json_t *platforms)
{
    struct arena *arena = arena_new(STATUS_BUDGET);
    json_t *platform = platform_document(gateway, arena, name);
    bool good = platform && add_accounts(gateway, platform, name);
    if (platform)
        (void)json_array_append_new(platforms, platform);
    arena_free(arena);
    return good ? SESSION_GOOD : command_failed(name, away);
}

int command_status(struct gateway *gateway, const char *what, bool json)
{
    json_t *document = json_pack("{s:[]}", "platforms");
    json_t *platforms = json_object_get(document, "platforms");
    int code = what ? status_of(gateway, what, platforms) : SESSION_GOOD;
    for (size_t i = 0; !what && code == SESSION_GOOD && i < gateway->config->platform_count; i++)
        code = status_of_platform(gateway, gateway->config->platforms[i].name, platforms);
    size_t index;
    const json_t *platform;
    if (code == SESSION_GOOD && json)
        show_json(document);
    else if (code == SESSION_GOOD)
        json_array_foreach(platforms, index, platform) print_platform(platform);
    json_decref(document);
    return code;
}
