#include "gateway/upstream/puppets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uthash.h>

#include "gateway/clock.h"
#include "gateway/fed/remote.h"
#include "gateway/log.h"
#include "gateway/sig/sealed_text.h"
#include "gateway/upstream/session.h"

enum {
    KEY_MAX = 64,
    PASSWORD_BYTES = 24,
    HOLD_WAIT_MS = 50,
    HOLD_WAIT_MAX_MS = 30000,
    NAMES_MAX = 4,
    WHAT_MAX = 160,
};
static const int64_t NAME_AGAIN_MS = (int64_t)10 * 60 * 1000;
static const int64_t ACTOR_AGE_MS = (int64_t)7 * 86400 * 1000;

/* ---- one task at a time for each puppet
 * ---------------------------------------------------------------------------------------- */

struct puppet_hold {
    UT_hash_handle hh;
    char key[KEY_MAX];
};

static bool hold(struct platform *platform, const char *key)
{
    struct puppet_hold *held;
    int64_t until = loop_monotonic_ms() + HOLD_WAIT_MAX_MS;
    for (;;) {
        HASH_FIND_STR(platform->puppets, key, held);
        if (!held)
            break;
        if (platform->gateway->stopping || loop_monotonic_ms() > until)
            return false;
        task_sleep(HOLD_WAIT_MS);
    }
    held = calloc(1, sizeof *held);
    if (!held)
        abort();
    (void)snprintf(held->key, sizeof held->key, "%s", key);
    HASH_ADD_STR(platform->puppets, key, held);
    return true;
}

static void release(struct platform *platform, const char *key)
{
    struct puppet_hold *held;
    HASH_FIND_STR(platform->puppets, key, held);
    HASH_DEL(platform->puppets, held);
    free(held);
}

/* ---- in the store
 * ------------------------------------------------------------------------------------------------------ */

static const char *key_of(const struct platform *platform, struct arena *arena, const char *key)
{
    return arena_format(arena, "puppet_account:%s:%s", platform->config->name, key);
}

static uint64_t number_of(const struct reply *reply, const char *name)
{
    const char *text = reply_field(reply, name);
    return text ? strtoull(text, NULL, 10) : 0;
}

enum lookup puppet_load(struct platform *platform, struct arena *arena, const char *key, struct puppet *out)
{
    struct reply *reply =
        store_call(platform->gateway->store, "HGETALL", key_of(platform, arena, key), (char *)NULL);
    enum lookup found = reply_failed(reply)       ? LOOKUP_DOWN
                        : reply_count(reply) == 0 ? LOOKUP_ABSENT
                                                  : LOOKUP_FOUND;
    const char *state = reply_field(reply, "state");
    *out = (struct puppet){
        .account = {.key = arena_string(arena, key),
                    .native = arena_string(arena, reply_field(reply, "native")),
                    .handle = arena_string(arena, reply_field(reply, "handle")),
                    .wanted_handle = arena_string(arena, reply_field(reply, "wanted")),
                    .hidden = state && strcmp(state, "hidden") == 0},
        .actor = arena_string(arena, reply_field(reply, "actor")),
        .attempt = (unsigned)number_of(reply, "attempt"),
        .revision = number_of(reply, "revision"),
        .named = (int64_t)number_of(reply, "named"),
    };
    reply_free(reply);
    return found;
}

enum lookup puppet_of_native(struct platform *platform, struct arena *arena, const char *native,
                             struct puppet *out)
{
    struct reply *reply =
        store_call(platform->gateway->store, "HGET",
                   arena_format(arena, "puppets:%s", platform->config->name), native, (char *)NULL);
    enum lookup found = reply_failed(reply)              ? LOOKUP_DOWN
                        : reply_kind(reply) == REPLY_NIL ? LOOKUP_ABSENT
                                                         : LOOKUP_FOUND;
    const char *key = arena_string(arena, reply_text(reply));
    reply_free(reply);
    return found == LOOKUP_FOUND ? puppet_load(platform, arena, key, out) : found;
}

/* Fields of the record, as "name", "value", …, NULL. */
static bool note(struct platform *platform, struct arena *arena, const char *key, const char *const *fields)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_text(arguments, key_of(platform, arena, key));
    for (; *fields; fields++)
        arguments_text(arguments, *fields);
    struct reply *reply = store_run(platform->gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* ---- its password
 * ------------------------------------------------------------------------------------------------------ */

static const char *seal_name(const struct platform *platform, const char *key, char out[WHAT_MAX])
{
    (void)snprintf(out, WHAT_MAX, "password of puppet %s:%s", platform->config->name, key);
    return out;
}

void puppet_wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

char *puppet_password(struct platform *platform, const char *key)
{
    char what[WHAT_MAX];
    size_t length;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "puppet_account:%s:%s", platform->config->name, key);
    arguments_text(arguments, "password");
    struct reply *reply = store_run(platform->gateway->store, arguments);
    const char *sealed = reply_bytes(reply, &length);
    char *password = length ? sealed_text_open(platform->gateway->config->key_secret,
                                               seal_name(platform, key, what), sealed, length)
                            : NULL;
    reply_free(reply);
    return password;
}

static unsigned char *make_password(struct platform *platform, const char *key, size_t *length)
{
    unsigned char bytes[PASSWORD_BYTES];
    char text[2 * PASSWORD_BYTES + 1];
    char what[WHAT_MAX];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    unsigned char *sealed =
        sealed_text_make(platform->gateway->config->key_secret, seal_name(platform, key, what), text, length);
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(text, sizeof text);
    return sealed;
}

/* ---- made
 * -------------------------------------------------------------------------------------------------------- */

static const char *server_of(const struct remote_author *author)
{
    const char *at = strrchr(author->handle, '@');
    return at ? at + 1 : author->handle;
}

/* Notes that it is to be made, with its name and its password, unless a limit stands against it. */
static enum puppet_outcome begin(struct push *push, const struct remote_author *author)
{
    struct platform *platform = push->platform;
    struct adapter_puppet_limits limits = platform->class->puppet_limits(platform->adapter);
    const char *handle = platform->class->puppet_handle(platform->adapter, author, 0, push->arena);
    size_t length = 0;
    if (!handle)
        return PUPPET_LATER;
    unsigned char *sealed = make_password(platform, author->key, &length);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, platform->config->name);
    arguments_text(arguments, author->key);
    arguments_text(arguments, author->actor_id);
    arguments_text(arguments, server_of(author));
    arguments_text(arguments, handle);
    arguments_bytes(arguments, sealed, length);
    free(sealed);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, limits.total);
    arguments_number(arguments, limits.hour);
    arguments_number(arguments, limits.day);
    arguments_number(arguments, limits.server_day);
    struct reply *reply = store_script(platform->gateway->store, "puppet_begin", arguments);
    const char *limit = reply_text(reply);
    enum puppet_outcome outcome = reply_failed(reply) ? PUPPET_LATER : limit[0] ? PUPPET_LIMIT : PUPPET_READY;
    if (outcome == PUPPET_LIMIT)
        log_write(LOG_WARNING, "no puppet is made for now: as many as the configuration permits were made",
                  "trace", push->trace, "platform", platform->config->name, "limit", limit, "actor",
                  author->actor_id, (char *)NULL);
    reply_free(reply);
    return outcome;
}

static bool note_made(struct push *push, const char *key, const struct operation_result *result,
                      uint64_t revision)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, push->platform->config->name);
    arguments_text(arguments, key);
    arguments_text(arguments, result->native_id);
    arguments_text(arguments, result->wanted_handle);
    arguments_number(arguments, (int64_t)revision);
    struct reply *reply = store_script(push->gateway->store, "puppet_made", arguments);
    bool good = !reply_failed(reply);
    if (good && reply_number(reply) == 1)
        log_write(LOG_INFO, "a puppet was made", "trace", push->trace, "platform",
                  push->platform->config->name, "native", result->native_id, "handle", result->handle,
                  "author", key, (char *)NULL);
    reply_free(reply);
    return good;
}

static bool next_name(struct push *push, const struct remote_author *author, struct puppet *puppet)
{
    struct platform *platform = push->platform;
    if (++puppet->attempt >= NAMES_MAX)
        return false;
    puppet->account.handle =
        platform->class->puppet_handle(platform->adapter, author, puppet->attempt, push->arena);
    const char *const fields[] = {"attempt", arena_format(push->arena, "%u", puppet->attempt), "handle",
                                  puppet->account.handle, NULL};
    return note(platform, push->arena, author->key, fields);
}

static enum puppet_outcome outcome_of(enum answer answer, bool lives)
{
    switch (answer) {
    case ANSWER_OK:
        return PUPPET_READY;
    case ANSWER_RETRY:
    case ANSWER_FULL:
        return PUPPET_LATER;
    case ANSWER_UNAUTHORIZED:
        return lives ? PUPPET_READY : PUPPET_LATER;
    default:
        return lives ? PUPPET_READY : PUPPET_REFUSED; /* it shows what it showed */
    }
}

/* Makes it or brings it up to date, under another name where one is taken. */
static enum puppet_outcome bring(struct push *push, const struct remote_author *author, struct puppet *puppet)
{
    struct platform *platform = push->platform;
    enum puppet_outcome outcome = PUPPET_LATER;
    bool lives = puppet->account.native && !puppet->account.hidden;
    for (bool again = true; again;) {
        struct operation *operation =
            platform_operation(platform, &(struct operation_input){.kind = OPERATION_PUSH_AUTHOR,
                                                                   .key = author->key,
                                                                   .remote_author = author,
                                                                   .puppet = &puppet->account});
        const struct operation_result *result = platform_result(platform, operation);
        again = result->answer == ANSWER_TAKEN && next_name(push, author, puppet);
        outcome = outcome_of(result->answer, lives);
        if (result->answer == ANSWER_OK && !note_made(push, author->key, result, author->revision))
            outcome = PUPPET_LATER;
        if (!again && outcome == PUPPET_REFUSED)
            log_write(LOG_WARNING, "the platform does not take a puppet", "trace", push->trace, "platform",
                      platform->config->name, "author", author->key, "reason", result->reason, (char *)NULL);
        platform->class->operation_free(operation);
    }
    return outcome == PUPPET_READY && puppet_load(platform, push->arena, author->key, puppet) != LOOKUP_FOUND
               ? PUPPET_LATER
               : outcome;
}

/* The name that we prove, if the platform sees the proof; else it keeps the one that it has. */
static void name(struct push *push, struct puppet *puppet)
{
    struct platform *platform = push->platform;
    const struct adapter_puppet *account = &puppet->account;
    int64_t now = clock_now_ms();
    if (!account->wanted_handle || !account->wanted_handle[0] ||
        strcmp(account->wanted_handle, account->handle) == 0 || now - puppet->named < NAME_AGAIN_MS)
        return;
    const char *const tried[] = {"named", arena_format(push->arena, "%lld", (long long)now), NULL};
    (void)note(platform, push->arena, account->key, tried);
    struct operation *operation = platform_operation(
        platform,
        &(struct operation_input){.kind = OPERATION_NAME_AUTHOR, .key = account->key, .puppet = account});
    const struct operation_result *result = platform_result(platform, operation);
    if (result->answer == ANSWER_OK) {
        const char *const fields[] = {"handle", result->handle, NULL};
        (void)note(platform, push->arena, account->key, fields);
        puppet->account.handle = arena_string(push->arena, result->handle);
    } else {
        log_write(
            LOG_WARNING,
            "a puppet keeps its plain name, since the platform did not see the proof of the other; does "
            "every name below puppet_domain lead here, with TLS?",
            "trace", push->trace, "name", account->wanted_handle, "reason", result->reason, (char *)NULL);
    }
    platform->class->operation_free(operation);
}

static enum puppet_outcome ensure(struct push *push, const struct remote_author *author, struct puppet *out)
{
    enum lookup found = puppet_load(push->platform, push->arena, author->key, out);
    if (found == LOOKUP_ABSENT) {
        if (!push_can(push, ADAPTER_PUPPETS))
            return PUPPET_REFUSED;
        enum puppet_outcome outcome = begin(push, author);
        if (outcome != PUPPET_READY)
            return outcome;
        found = puppet_load(push->platform, push->arena, author->key, out);
    }
    if (found != LOOKUP_FOUND)
        return PUPPET_LATER;
    enum puppet_outcome outcome = PUPPET_READY;
    if (!out->account.native || out->account.hidden || out->revision < author->revision)
        outcome = bring(push, author, out);
    if (outcome == PUPPET_READY)
        name(push, out);
    return outcome;
}

enum puppet_outcome puppet_ensure(struct push *push, const struct remote_author *author, struct puppet *out)
{
    if (!hold(push->platform, author->key))
        return PUPPET_LATER;
    enum puppet_outcome outcome = ensure(push, author, out);
    release(push->platform, author->key);
    return outcome;
}

enum work_result puppet_refresh(struct push *push, const char *key)
{
    struct puppet puppet;
    struct inbound_actor actor;
    const char *why = NULL;
    enum lookup found = puppet_load(push->platform, push->arena, key, &puppet);
    if (found != LOOKUP_FOUND || puppet.account.hidden)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    enum remote_outcome met =
        remote_actor(push->gateway, push->arena, puppet.actor, ACTOR_AGE_MS, &actor, &why);
    if (met != REMOTE_OK)
        return met == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    const struct remote_author *author = remote_author_of(push->gateway, push->arena, &actor);
    return puppet_ensure(push, author, &puppet) == PUPPET_LATER ? WORK_LATER : WORK_DONE;
}

/* ---- removed
 * ------------------------------------------------------------------------------------------------------ */

static bool note_removed(struct push *push, const char *key, bool hidden)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, push->platform->config->name);
    arguments_text(arguments, key);
    arguments_text(arguments, hidden ? "1" : "0");
    struct reply *reply = store_script(push->gateway->store, "puppet_gone", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good && (hidden || session_forget(push->platform, key));
}

static enum work_result remove_held(struct push *push, const char *key)
{
    struct platform *platform = push->platform;
    struct puppet puppet;
    enum lookup found = puppet_load(platform, push->arena, key, &puppet);
    if (found != LOOKUP_FOUND || puppet.account.hidden)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    struct operation *operation = platform_operation(
        platform,
        &(struct operation_input){.kind = OPERATION_DELETE_AUTHOR, .key = key, .puppet = &puppet.account});
    const struct operation_result *result = platform_result(platform, operation);
    bool hidden = result->answer == ANSWER_OK && result->native_id;
    /* Until then it is tried again: what was promised to be removed is. */
    bool over = result->answer != ANSWER_RETRY && result->answer != ANSWER_UNAUTHORIZED &&
                result->answer != ANSWER_FULL;
    if (over)
        log_write(LOG_INFO,
                  hidden
                      ? "a puppet was emptied and deactivated (with admin_password_file it would be deleted)"
                      : "a puppet was deleted",
                  "trace", push->trace, "platform", platform->config->name, "author", key, "reason",
                  result->reason ? result->reason : "", (char *)NULL);
    platform->class->operation_free(operation);
    return over && note_removed(push, key, hidden) ? WORK_DONE : WORK_LATER;
}

enum work_result puppet_remove(struct push *push, const char *key)
{
    if (!hold(push->platform, key))
        return WORK_LATER;
    enum work_result result = remove_held(push, key);
    release(push->platform, key);
    return result;
}
