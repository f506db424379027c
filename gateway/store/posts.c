#include "gateway/store/posts.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/store/renderings.h"
#include "mapping/source.h"

enum { GENERATIONS_MAX = 1000, SAME_MOMENT_MAX = 200 };

static const struct {
    const char *name;
    enum post_outcome outcome;
} outcomes[] = {
    {"created", POST_CREATED}, {"waits", POST_WAITS},   {"updated", POST_UPDATED}, {"stale", POST_STALE},
    {"deleted", POST_DELETED}, {"unseen", POST_UNSEEN}, {"counted", POST_COUNTED}, {"known", POST_KNOWN},
};

static enum lookup read_outcome(struct reply *reply, enum post_outcome *outcome)
{
    enum lookup result = LOOKUP_DOWN;
    for (size_t i = 0; !reply_failed(reply) && i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (strcmp(reply_text(reply), outcomes[i].name) != 0)
            continue;
        *outcome = outcomes[i].outcome;
        result = LOOKUP_FOUND;
    }
    reply_free(reply);
    return result;
}

static int64_t field_number(const struct reply *reply, const char *name)
{
    const char *value = reply_field(reply, name);
    return value ? strtoll(value, NULL, 10) : 0;
}

static const char *field_text(const struct reply *reply, const char *name, struct arena *arena)
{
    const char *value = reply_field(reply, name);
    return arena_string(arena, value ? value : "");
}

static bool read_source(const char *text, struct arena *arena, struct post *out)
{
    json_t *source = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    bool good = source && source_to_post(source, arena, out);
    json_decref(source);
    return good;
}

static enum lookup read_post(const struct reply *reply, struct arena *arena, struct post_record *out)
{
    const char *state = reply_field(reply, "state");
    if (!state)
        return LOOKUP_ABSENT;
    out->state = strcmp(state, "live") == 0   ? POST_LIVE
                 : strcmp(state, "held") == 0 ? POST_HELD
                                              : POST_TOMBSTONE;
    out->native = arena_string(arena, reply_field(reply, "native"));
    out->former_type = "Note";
    out->number = field_number(reply, "number");
    out->published = field_number(reply, "published");
    out->updated = field_number(reply, "updated");
    out->deleted = field_number(reply, "deleted");
    out->revision = (uint64_t)field_number(reply, "revision");
    out->sent_revision = (uint64_t)field_number(reply, "sent");
    out->delete_sent = field_number(reply, "delete_sent") != 0;
    int64_t likes = field_number(reply, "likes");
    int64_t shares = field_number(reply, "shares");
    out->likes = likes > 0 ? (uint64_t)likes : 0;
    out->shares = shares > 0 ? (uint64_t)shares : 0;
    out->boost = field_text(reply, "boost", arena);
    out->boost_author = field_text(reply, "boost_author", arena);
    out->root = field_text(reply, "root", arena);
    out->stamp = field_text(reply, "stamp", arena);
    out->loss = field_text(reply, "loss", arena);
    out->asked = field_number(reply, "asked") != 0;
    out->rendered_from = rendering_stamp_post(reply, arena);
    out->resend = (uint64_t)field_number(reply, "resend");
    out->resent = (uint64_t)field_number(reply, "resent");
    if (out->boost[0])
        out->former_type = "Announce";
    if (out->state != POST_TOMBSTONE && !read_source(reply_field(reply, "source"), arena, &out->post))
        return LOOKUP_DOWN; /* it exists, but cannot be shown just now: never a 404 */
    return LOOKUP_FOUND;
}

static struct arguments *post_arguments(const char *aid, const char *oid)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid);
    return arguments;
}

enum lookup post_load(struct store *store, struct arena *arena, const char *aid, const char *oid,
                      struct post_record *out)
{
    *out = (struct post_record){0};
    if (!aid_is_valid(aid, strlen(aid)) || !oid_is_valid(oid, strlen(oid)))
        return LOOKUP_ABSENT;
    out->aid = arena_string(arena, aid);
    out->oid = arena_string(arena, oid);
    struct reply *reply =
        store_call(store, "HGETALL", arena_format(arena, "post:%s:%s", aid, oid), (char *)NULL);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : read_post(reply, arena, out);
    reply_free(reply);
    return result;
}

enum lookup post_load_with_account(struct store *store, struct arena *arena, const char *aid, const char *oid,
                                   struct account_record *account, struct post_record *out)
{
    *account = (struct account_record){0};
    *out = (struct post_record){0};
    if (!aid_is_valid(aid, strlen(aid)) || !oid_is_valid(oid, strlen(oid)))
        return LOOKUP_ABSENT;
    out->aid = arena_string(arena, aid);
    out->oid = arena_string(arena, oid);
    struct reply *reply = store_script(store, "post_read", post_arguments(aid, oid));
    enum lookup result =
        reply_failed(reply) ? LOOKUP_DOWN : account_read(reply_at(reply, 0), arena, aid, account);
    if (result == LOOKUP_FOUND)
        result = read_post(reply_at(reply, 1), arena, out);
    reply_free(reply);
    return result;
}

enum lookup post_oid(struct store *store, const char *aid, const char *native, char oid[OID_LENGTH + 1])
{
    for (unsigned generation = 0; generation < GENERATIONS_MAX; generation++) {
        oid_make(aid, native, generation, oid);
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "HGET");
        arguments_format(arguments, "post:%s:%s", aid, oid);
        arguments_text(arguments, "state");
        struct reply *reply = store_run(store, arguments);
        enum lookup result = reply_failed(reply)                 ? LOOKUP_DOWN
                             : reply_kind(reply) == REPLY_NIL    ? LOOKUP_ABSENT
                             : strcmp(reply_text(reply), "gone") ? LOOKUP_FOUND
                                                                 : LOOKUP_ABSENT;
        bool tombstone = strcmp(reply_text(reply), "gone") == 0;
        reply_free(reply);
        if (!tombstone)
            return result;
    }
    return LOOKUP_DOWN;
}

/* What is left when the counts are taken away. A new reference. */
static json_t *without_counts(const struct post *post)
{
    struct post copy = *post;
    struct poll poll;
    copy.revision = copy.likes = copy.reposts = copy.replies = 0;
    if (copy.poll) {
        poll = *copy.poll;
        poll.voters = 0;
        poll.closed = 0;
        for (size_t i = 0; i < poll.option_count; i++)
            poll.options[i].votes = 0;
        copy.poll = &poll;
    }
    return source_from_post(&copy);
}

bool post_differs_in_counts(const struct post *one, const struct post *other)
{
    json_t *first = without_counts(one);
    json_t *second = without_counts(other);
    bool same = json_equal(first, second) == 1;
    json_decref(first);
    json_decref(second);
    return same;
}

/* What it answers, as a native id or as the hash of a remote object. */
static void add_parent(struct arguments *arguments, const struct reference *parent)
{
    char hash[23] = "";
    if (parent->remote && strncmp(parent->remote, "rp_", 3) != 0)
        id_hash(parent->remote, hash);
    arguments_text(arguments, parent->native);
    arguments_text(arguments,
                   parent->remote && strncmp(parent->remote, "rp_", 3) == 0 ? parent->remote + 3 : hash);
}

static struct arguments *change_arguments(const struct post_change *change)
{
    const struct post *post = change->post;
    int64_t edited = post->edited ? post->edited : change->now;
    json_t *source = source_from_post(post);
    char *text = json_dumps(source, JSON_COMPACT);
    json_decref(source);
    if (!text)
        abort();
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, change->aid);
    arguments_text(arguments, change->oid);
    arguments_text(arguments, post->id);
    arguments_number(arguments, (int64_t)post->revision);
    arguments_number(arguments, change->published);
    arguments_number(arguments, change->now);
    arguments_number(arguments, change->hold_ms);
    arguments_text(arguments, post->visibility == VISIBILITY_PUBLIC ? "public" : "unlisted");
    arguments_number(arguments, !change->only_counts ? edited : post->poll ? 0 : -1);
    arguments_text(arguments, text);
    arguments_text(arguments, change->trace);
    free(text);
    add_parent(arguments, &post->reply_to);
    arguments_text(arguments, change->boost);
    arguments_text(arguments, change->boost_author);
    arguments_text(arguments, change->requoted ? "1" : "0");
    arguments_text(arguments, change->queue);
    arguments_text(arguments, change->entry);
    arguments_text(arguments, change->only_new ? "1" : "0");
    arguments_text(arguments, change->account_stamp);
    return arguments;
}

enum lookup post_put(struct store *store, const struct post_change *change, enum post_outcome *outcome)
{
    return read_outcome(store_script(store, "post_put", change_arguments(change)), outcome);
}

void post_put_begin(struct store *store, const struct post_change *change, struct store_answer *answer)
{
    store_script_begin(store, "post_put", change_arguments(change), answer);
}

enum lookup post_put_end(struct store_answer *answer, enum post_outcome *outcome)
{
    return read_outcome(store_script_end(answer), outcome);
}

static enum lookup remove_post(struct store *store, const char *aid, const char *oid, int64_t now, bool tell,
                               enum post_outcome *outcome)
{
    struct arguments *arguments = post_arguments(aid, oid);
    arguments_number(arguments, now);
    arguments_text(arguments, tell ? "1" : "0");
    return read_outcome(store_script(store, "post_remove", arguments), outcome);
}

enum lookup post_remove(struct store *store, const char *aid, const char *oid, int64_t now,
                        enum post_outcome *outcome)
{
    return remove_post(store, aid, oid, now, false, outcome);
}

enum lookup post_remove_and_tell(struct store *store, const char *aid, const char *oid, int64_t now,
                                 enum post_outcome *outcome)
{
    return remove_post(store, aid, oid, now, true, outcome);
}

enum lookup post_release(struct store *store, const char *aid, const char *oid, int64_t now,
                         enum post_outcome *outcome)
{
    struct arguments *arguments = post_arguments(aid, oid);
    arguments_number(arguments, now);
    return read_outcome(store_script(store, "post_release", arguments), outcome);
}

enum lookup post_due(struct store *store, const char *aid, const char *oid, int64_t now)
{
    struct arguments *arguments = post_arguments(aid, oid);
    arguments_number(arguments, now);
    struct reply *reply = store_script(store, "post_due", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    reply_free(reply);
    return result;
}

enum lookup post_put_off(struct store *store, const char *aid, const char *oid, int64_t time)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZADD");
    arguments_text(arguments, "publish_due");
    arguments_text(arguments, "NX");
    arguments_number(arguments, time);
    arguments_format(arguments, "%s:%s", aid, oid);
    struct reply *reply = store_run(store, arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    reply_free(reply);
    return result;
}

/* Redis orders equal scores by the member; what is read of that moment before the place is left out. */
static bool is_behind(const struct post_place *place, int64_t published, const char *oid)
{
    return !place || published < place->published || strcmp(oid, place->oid) < 0;
}

static enum lookup list_posts(struct store *store, struct arena *arena, const char *key,
                              const struct post_place *before, size_t limit, struct post_page *out)
{
    *out = (struct post_page){0};
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZREVRANGEBYSCORE");
    arguments_text(arguments, key);
    if (before)
        arguments_number(arguments, before->published);
    else
        arguments_text(arguments, "+inf");
    arguments_text(arguments, "-inf");
    arguments_text(arguments, "WITHSCORES");
    arguments_text(arguments, "LIMIT");
    arguments_text(arguments, "0");
    arguments_number(arguments, (int64_t)limit + (before ? SAME_MOMENT_MAX : 0));
    struct reply *reply = store_run(store, arguments);
    if (reply_failed(reply)) {
        reply_free(reply);
        return LOOKUP_DOWN;
    }
    size_t count = reply_count(reply) / 2;
    out->oids = arena_alloc(arena, (count + 1) * sizeof *out->oids);
    out->published = arena_alloc(arena, (count + 1) * sizeof *out->published);
    for (size_t i = 0; i < count && out->count < limit; i++) {
        const char *oid = reply_text(reply_at(reply, 2 * i));
        int64_t published = (int64_t)strtod(reply_text(reply_at(reply, 2 * i + 1)), NULL);
        if (!is_behind(before, published, oid))
            continue;
        out->oids[out->count] = arena_string(arena, oid);
        out->published[out->count++] = published;
    }
    reply_free(reply);
    return LOOKUP_FOUND;
}

enum lookup post_list(struct store *store, struct arena *arena, const char *aid,
                      const struct post_place *before, size_t limit, struct post_page *out)
{
    return list_posts(store, arena, arena_format(arena, "outbox:%s", aid), before, limit, out);
}

enum lookup post_list_deleted(struct store *store, struct arena *arena, const char *aid,
                              const struct post_place *before, size_t limit, struct post_page *out)
{
    return list_posts(store, arena, arena_format(arena, "deleted:%s", aid), before, limit, out);
}
