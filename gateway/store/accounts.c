#include "gateway/store/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/store/renderings.h"
#include "mapping/source.h"

static const char *const consent_names[] = {"off", "on", "paused", "leaving", "gone"};

const char *consent_name(enum consent consent)
{
    return consent_names[consent];
}

enum consent consent_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof consent_names / sizeof consent_names[0]; i++)
        if (strcmp(name, consent_names[i]) == 0)
            return (enum consent)i;
    return CONSENT_OFF;
}

bool consent_is_bridged(enum consent consent)
{
    return consent == CONSENT_ON || consent == CONSENT_PAUSED;
}

static const char *field_text(const struct reply *reply, const char *name, struct arena *arena)
{
    return arena_string(arena, reply_field(reply, name));
}

static int64_t field_number(const struct reply *reply, const char *name)
{
    const char *value = reply_field(reply, name);
    return value ? strtoll(value, NULL, 10) : 0;
}

static bool read_source(const char *text, struct arena *arena, struct account *out)
{
    json_t *source = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    bool good = source && source_to_account(source, arena, out);
    json_decref(source);
    return good;
}

/* Beside what the platform says of the person's other accounts, the owner's own words. */
static void read_moves(const struct reply *reply, struct arena *arena, struct account_record *out)
{
    const char *aliases = reply_field(reply, "aliases");
    const char *moved_to = reply_field(reply, "moved_to");
    struct account *account = &out->account;
    char *rest = NULL;
    out->aliases = arena_string(arena, aliases ? aliases : "");
    for (char *one = strtok_r(arena_string(arena, out->aliases), " ", &rest);
         one && account->also_known_as_count < ALIASES_MAX; one = strtok_r(NULL, " ", &rest))
        account->also_known_as[account->also_known_as_count++] = one;
    if (moved_to)
        account->moved_to = arena_string(arena, moved_to);
    out->moved_at = field_number(reply, "moved_at");
}

static void read_sealed_key(const struct reply *reply, struct arena *arena, struct account_record *out)
{
    for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
        if (strcmp(reply_text(reply_at(reply, i)), "private_key") != 0)
            continue;
        const char *bytes = reply_bytes(reply_at(reply, i + 1), &out->private_key_sealed_length);
        out->private_key_sealed = arena_copy(arena, bytes, out->private_key_sealed_length);
    }
}

/* As account_stamp of include/account_stamp.lua makes it. */
static const char *make_stamp(const struct reply *reply, struct arena *arena)
{
    static const char *const fields[] = {"state", "host",       "name",        "revision",
                                         "hold",  "keeps_home", "home_marker", "pauses"};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    const char *v[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        const char *value = reply_field(reply, fields[i]);
        v[i] = value ? value : "";
    }
    return arena_format(arena, "%s|%s|%s|%s|%s|%s|%s|%s|", v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
}

enum lookup account_read(const struct reply *reply, struct arena *arena, const char *aid,
                         struct account_record *out)
{
    *out = (struct account_record){0};
    const char *source = reply_field(reply, "source");
    if (!source || !read_source(source, arena, &out->account))
        return LOOKUP_ABSENT;
    out->aid = arena_string(arena, aid);
    out->platform = field_text(reply, "platform", arena);
    out->native = field_text(reply, "native", arena);
    out->host = field_text(reply, "host", arena);
    out->name = field_text(reply, "name", arena);
    out->consent = consent_of(reply_field(reply, "state"));
    out->public_key_pem = field_text(reply, "public_key", arena);
    out->created = field_number(reply, "created");
    out->consent_since = field_number(reply, "state_since");
    out->hold_ms = field_number(reply, "hold");
    out->number = field_number(reply, "number");
    out->post_count = field_number(reply, "posts");
    out->follower_count = field_number(reply, "followers");
    out->following_count = field_number(reply, "following");
    out->authorized_fetch = field_number(reply, "authorized_fetch") != 0;
    out->show_following = field_number(reply, "show_following") != 0;
    out->home_marker = field_text(reply, "home_marker", arena);
    out->retention_days = field_number(reply, "retention_days");
    out->keeps_home = field_number(reply, "keeps_home") != 0;
    out->pauses = field_text(reply, "pauses", arena);
    out->next_public_key_pem = field_text(reply, "next_public_key", arena);
    out->key_generation = field_number(reply, "key_generation");
    if (reply_field(reply, "approves")) /* the owner's own word, else the platform's */
        out->account.approve_followers = field_number(reply, "approves") != 0;
    read_moves(reply, arena, out);
    out->rendered_from = rendering_stamp_account(reply, arena);
    out->stamp = make_stamp(reply, arena);
    read_sealed_key(reply, arena, out);
    return LOOKUP_FOUND;
}

enum lookup account_load(struct store *store, struct arena *arena, const char *aid,
                         struct account_record *out)
{
    *out = (struct account_record){0};
    if (!aid_is_valid(aid, strlen(aid)))
        return LOOKUP_ABSENT;
    struct reply *reply = store_call(store, "HGETALL", arena_format(arena, "account:%s", aid), (char *)NULL);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : account_read(reply, arena, aid, out);
    reply_free(reply);
    return result;
}

static enum lookup copy_aid(const char *text, char aid[AID_LENGTH + 1])
{
    aid[0] = '\0';
    if (!aid_is_valid(text, strlen(text)))
        return LOOKUP_ABSENT;
    memcpy(aid, text, AID_LENGTH + 1);
    return LOOKUP_FOUND;
}

static enum lookup read_aid(struct reply *reply, char aid[AID_LENGTH + 1])
{
    enum lookup result = copy_aid(reply_text(reply), aid);
    if (reply_failed(reply))
        result = LOOKUP_DOWN;
    reply_free(reply);
    return result;
}

/* {AID, fields or state}, or an empty list. */
static struct reply *ask_native(struct store *store, const char *platform, const char *native, bool whole)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, platform);
    arguments_text(arguments, native);
    arguments_text(arguments, whole ? "1" : "0");
    return store_script(store, "account_native", arguments);
}

enum lookup account_of_native(struct store *store, const char *platform, const char *native,
                              char aid[AID_LENGTH + 1])
{
    struct reply *reply = ask_native(store, platform, native, false);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : copy_aid(reply_text(reply_at(reply, 0)), aid);
    reply_free(reply);
    return result;
}

enum lookup account_load_native(struct store *store, struct arena *arena, const char *platform,
                                const char *native, struct account_record *out)
{
    char aid[AID_LENGTH + 1];
    *out = (struct account_record){0};
    struct reply *reply = ask_native(store, platform, native, true);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : copy_aid(reply_text(reply_at(reply, 0)), aid);
    if (result == LOOKUP_FOUND)
        result = account_read(reply_at(reply, 1), arena, aid, out);
    reply_free(reply);
    return result;
}

enum lookup account_of_name(struct store *store, const char *host, const char *name, char aid[AID_LENGTH + 1])
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "name:%s", host);
    arguments_text(arguments, name);
    return read_aid(store_run(store, arguments), aid);
}

static char *source_text(const struct account *account)
{
    json_t *source = source_from_account(account);
    char *text = json_dumps(source, JSON_COMPACT);
    json_decref(source);
    if (!text)
        abort();
    return text;
}

enum lookup account_create(struct store *store, const struct account_creation *creation,
                           char aid[AID_LENGTH + 1], bool *created)
{
    char *source = source_text(creation->account);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, creation->aid);
    arguments_text(arguments, creation->platform);
    arguments_text(arguments, creation->account->id);
    arguments_text(arguments, creation->host);
    arguments_text(arguments, creation->name);
    arguments_text(arguments, creation->name_on_collision);
    arguments_text(arguments, creation->public_key_pem);
    arguments_bytes(arguments, creation->private_key_sealed, creation->private_key_sealed_length);
    arguments_number(arguments, creation->now);
    arguments_number(arguments, creation->hold_ms);
    arguments_text(arguments, source);
    free(source);
    struct reply *reply = store_script(store, "account_create", arguments);
    enum lookup result = LOOKUP_DOWN;
    const char *text = reply_text(reply_at(reply, 0));
    if (!reply_failed(reply) && aid_is_valid(text, strlen(text))) {
        memcpy(aid, text, AID_LENGTH + 1);
        *created = reply_number(reply_at(reply, 1)) == 1;
        result = LOOKUP_FOUND;
    }
    reply_free(reply);
    return result;
}

enum lookup account_update(struct store *store, const char *aid, const struct account *account,
                           const char *name, const char *name_on_collision, bool *changed)
{
    char *source = source_text(account);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_number(arguments, (int64_t)account->revision);
    arguments_text(arguments, source);
    arguments_text(arguments, name);
    arguments_text(arguments, name_on_collision);
    free(source);
    struct reply *reply = store_script(store, "account_update", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    *changed = reply_number(reply) == 1;
    reply_free(reply);
    return result;
}

enum lookup account_set_consent(struct store *store, const char *aid, enum consent from, enum consent to,
                                int64_t now, bool *moved)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, consent_name(from));
    arguments_text(arguments, consent_name(to));
    arguments_number(arguments, now);
    struct reply *reply = store_script(store, "account_consent", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    *moved = reply_number(reply) == 1;
    reply_free(reply);
    return result;
}

static enum lookup done_or_not(struct reply *reply)
{
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

enum lookup account_key_next(struct store *store, const char *aid, const char *public_key_pem,
                             const void *private_key_sealed, size_t private_key_sealed_length)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, public_key_pem);
    arguments_bytes(arguments, private_key_sealed, private_key_sealed_length);
    return done_or_not(store_script(store, "account_key_next", arguments));
}

enum lookup account_key_switch(struct store *store, const char *aid)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    return done_or_not(store_script(store, "account_key_switch", arguments));
}
