/* Events (PLATFORMS §7.6). */
#include <string.h>

#include "adapters/platform/platform.h"

enum { ACCT_MAX = 320, COMMENT_MAX = 20000 };

/* What the subject of an event is: an id, or an object with "local" or "remote"; a person may be one that the
 * platform never met, by "acct". */
enum subject { SUBJECT_NONE, SUBJECT_POST, SUBJECT_REFERENCE, SUBJECT_PERSON, SUBJECT_DOMAIN };

static const struct event_type {
    const char *name;
    enum event_kind kind;
    enum subject subject;
} types[] = {
    {"post.created", EVENT_POST_CREATED, SUBJECT_POST},
    {"post.updated", EVENT_POST_UPDATED, SUBJECT_POST},
    {"post.deleted", EVENT_POST_DELETED, SUBJECT_POST},
    {"repost.created", EVENT_REPOST_CREATED, SUBJECT_POST},
    {"repost.deleted", EVENT_REPOST_DELETED, SUBJECT_POST},
    {"account.updated", EVENT_ACCOUNT_UPDATED, SUBJECT_NONE},
    {"account.renamed", EVENT_ACCOUNT_UPDATED, SUBJECT_NONE},
    {"account.status", EVENT_ACCOUNT_STATUS, SUBJECT_NONE},
    {"account.federation", EVENT_ACCOUNT_FEDERATION, SUBJECT_NONE},
    {"like.created", EVENT_LIKE_CREATED, SUBJECT_REFERENCE},
    {"like.deleted", EVENT_LIKE_DELETED, SUBJECT_REFERENCE},
    {"follow.created", EVENT_FOLLOW_CREATED, SUBJECT_PERSON},
    {"follow.deleted", EVENT_FOLLOW_DELETED, SUBJECT_PERSON},
    {"follow.decided", EVENT_FOLLOW_DECIDED, SUBJECT_REFERENCE},
    {"block.created", EVENT_BLOCK_CREATED, SUBJECT_REFERENCE},
    {"block.deleted", EVENT_BLOCK_DELETED, SUBJECT_REFERENCE},
    {"domain_block.created", EVENT_BLOCK_CREATED, SUBJECT_DOMAIN},
    {"domain_block.deleted", EVENT_BLOCK_DELETED, SUBJECT_DOMAIN},
    {"remote_post.removed", EVENT_REMOTE_POST_REMOVED, SUBJECT_REFERENCE},
    {"report.created", EVENT_REPORT, SUBJECT_REFERENCE},
};

static const struct event_type *find_type(const json_t *value)
{
    const char *name = json_string_value(value);
    for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

static const char *read_subject(const json_t *value, enum subject form, struct arena *arena)
{
    if (form == SUBJECT_DOMAIN) {
        const char *domain = json_is_object(value)
                                 ? platform_text(json_object_get(value, "domain"), 253, arena)
                                 : platform_text(value, 253, arena);
        return domain && domain[0] ? domain : NULL;
    }
    if (!json_is_object(value))
        return platform_id(value, arena);
    const char *remote = platform_id(json_object_get(value, "remote"), arena);
    if (form == SUBJECT_PERSON)
        return remote ? remote : platform_text(json_object_get(value, "acct"), ACCT_MAX, arena);
    return remote ? remote : platform_id(json_object_get(value, "local"), arena);
}

/* The post that came with the event, when it is whole and the one that the event is about; else NULL, and it
 * is fetched. */
static const struct post *read_data(const json_t *data, const struct event *event, struct arena *arena)
{
    const json_t *object = json_object_get(data, "post");
    struct post *post = arena_alloc(arena, sizeof *post);
    if (!object || !platform_read_post(object, arena, post) || strcmp(post->id, event->subject) != 0 ||
        strcmp(post->author, event->account) != 0)
        return NULL;
    return post;
}

void platform_read_event(const json_t *object, const char *key, struct arena *arena, struct event *out)
{
    const struct event_type *type = find_type(json_object_get(object, "type"));
    int64_t revision = 0;
    *out = (struct event){.kind = EVENT_OTHER, .key = key};
    out->time = platform_time(json_object_get(object, "time"));
    out->account = platform_id(json_object_get(object, "account"), arena);
    if (platform_number(json_object_get(object, "rev"), &revision))
        out->revision = (uint64_t)revision;
    if (!type || !out->account)
        return;
    /* Accounts are always fetched: consent is what the owner wants now, not what an old event says. */
    if (type->subject != SUBJECT_NONE) {
        out->subject = read_subject(json_object_get(object, "subject"), type->subject, arena);
        if (!out->subject)
            return;
    }
    out->kind = type->kind;
    out->accepted = json_is_true(json_object_get(json_object_get(object, "data"), "accepted"));
    if (type->kind == EVENT_POST_CREATED || type->kind == EVENT_POST_UPDATED ||
        type->kind == EVENT_REPOST_CREATED)
        out->post = read_data(json_object_get(object, "data"), out, arena);
    if (type->kind == EVENT_REPORT) {
        const json_t *data = json_object_get(object, "data");
        out->comment = platform_text(json_object_get(data, "comment"), COMMENT_MAX, arena);
        out->forward = json_is_true(json_object_get(data, "forward"));
    }
}
