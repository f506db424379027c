#include "gateway/fed/threads.h"

#include <string.h>

#include "gateway/domains.h"
#include "gateway/fed/local.h"
#include "gateway/fed/render.h"

static const char *own_id(struct gateway *gateway, struct arena *arena, const char *aid, const char *oid)
{
    struct account_record record;
    struct post_record post;
    if (account_load(gateway->store, arena, aid, &record) != LOOKUP_FOUND ||
        account_view(&record, config_host_find(gateway->config, record.host), PART_CONTENT) != VIEW_ALL ||
        post_load(gateway->store, arena, aid, oid, &post) != LOOKUP_FOUND || post.state != POST_LIVE)
        return NULL;
    return post_url(gateway, arena, &record, &post);
}

/* `direct`: only an answer to the post itself, none to another answer. */
static const char *remote_id(struct gateway *gateway, struct arena *arena, const char *hash, bool direct)
{
    struct reply *reply = store_call(gateway->store, "HMGET", arena_format(arena, "remote_object:%s", hash),
                                     "id", "state", "parent", (char *)NULL);
    bool shown = strcmp(reply_text(reply_at(reply, 1)), "live") == 0 &&
                 (!direct || reply_text(reply_at(reply, 2))[0] == '\0');
    const char *id = shown ? arena_string(arena, reply_text(reply_at(reply, 0))) : NULL;
    reply_free(reply);
    /* Of a server that is limited or blocked nothing is shown in public. */
    if (id && (domains_judge(gateway, id) == DOMAIN_BLOCKED || domains_limit(gateway, id)))
        return NULL;
    return id;
}

/* A member is "AID OID" of a post of ours, or the hash of a remote object. */
static bool is_own(const char *member)
{
    return strlen(member) == AID_LENGTH + 1 + OID_LENGTH && member[AID_LENGTH] == ' ';
}

static const char *member_id(struct gateway *gateway, struct arena *arena, const char *member, bool direct)
{
    if (is_own(member))
        return own_id(gateway, arena, arena_copy(arena, member, AID_LENGTH), member + AID_LENGTH + 1);
    return remote_id(gateway, arena, member, direct);
}

static void add_members(struct gateway *gateway, struct arena *arena, const struct reply *members, bool own,
                        size_t limit, struct thread_ids *out)
{
    for (size_t i = 0; i < reply_count(members) && i < limit && out->count < THREAD_IDS_MAX; i++) {
        const char *member = arena_string(arena, reply_text(reply_at(members, i)));
        const char *id = is_own(member) == own ? member_id(gateway, arena, member, true) : NULL;
        if (id)
            out->ids[out->count++] = id;
    }
}

enum lookup thread_replies(struct gateway *gateway, struct arena *arena, const struct post_record *post,
                           size_t limit, struct thread_ids *out)
{
    out->count = 0;
    struct reply *members =
        store_call(gateway->store, "SRANDMEMBER", arena_format(arena, "replies:%s:%s", post->aid, post->oid),
                   arena_format(arena, "%d", THREAD_IDS_MAX), (char *)NULL);
    enum lookup result = reply_failed(members) ? LOOKUP_DOWN : LOOKUP_FOUND;
    add_members(gateway, arena, members, true, limit, out);
    add_members(gateway, arena, members, false, limit, out);
    reply_free(members);
    return result;
}

enum lookup thread_context(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                           const struct post_record *post, struct thread_ids *out)
{
    out->count = 0;
    out->ids[out->count++] = post_url(gateway, arena, record, post);
    struct reply *members =
        store_call(gateway->store, "ZRANGE", arena_format(arena, "context:%s:%s", post->aid, post->oid), "0",
                   arena_format(arena, "%d", THREAD_IDS_MAX - 2), (char *)NULL);
    enum lookup result = reply_failed(members) ? LOOKUP_DOWN : LOOKUP_FOUND;
    for (size_t i = 0; i < reply_count(members) && out->count < THREAD_IDS_MAX; i++) {
        const char *id =
            member_id(gateway, arena, arena_string(arena, reply_text(reply_at(members, i))), false);
        if (id)
            out->ids[out->count++] = id;
    }
    reply_free(members);
    return result;
}
