/* Remote replies, their edits and deletes, likes and boosts to the platform. A queue entry names what to
 * push; what is pushed is the state that the store holds at that moment, so repeats and late entries do no
 * harm. */
#include <string.h>

#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/log.h"
#include "gateway/store/posts.h"
#include "gateway/upstream/platform.h"

enum { PUSH_BUDGET = 8 << 20, CHAIN_MAX = 10 };

struct push {
    struct platform *platform;
    struct gateway *gateway;
    struct arena *arena;
    const char *trace;
    unsigned capabilities;
};

static bool can(const struct push *push, unsigned capability)
{
    return (push->capabilities & capability) != 0;
}

/* Runs one push; *native is set when the platform gave an id. */
static enum work_result run(struct push *push, const struct operation_input *input, const char **native)
{
    struct operation *operation = platform_operation(push->platform, input);
    const struct operation_result *result = platform_result(push->platform, operation);
    enum work_result done = WORK_DONE;
    switch (result->answer) {
    case ANSWER_OK:
        if (native)
            *native = arena_string(push->arena, result->native_id);
        break;
    case ANSWER_RETRY:
    case ANSWER_UNAUTHORIZED:
    case ANSWER_FULL:
        done = WORK_LATER;
        break;
    case ANSWER_UNKNOWN:
    case ANSWER_GONE:
    case ANSWER_REFUSED:
    case ANSWER_INVALID:
    case ANSWER_TOO_LONG:
        log_write(LOG_INFO, "the platform did not take a push; it is dropped", "trace", push->trace,
                  "platform", push->platform->config->name, "key", input->key, "reason", result->reason,
                  (char *)NULL);
        break;
    }
    push->platform->class->operation_free(operation);
    return done;
}

/* ---- objects
 * -------------------------------------------------------------------------------------------------------- */

/* Native id of the local post at the root of the thread; NULL when it is gone. */
static const char *native_root(struct push *push, const struct remote_object *object, bool *down)
{
    struct post_record post;
    enum lookup found = post_load(push->gateway->store, push->arena, object->aid, object->oid, &post);
    *down = found == LOOKUP_DOWN;
    return found == LOOKUP_FOUND && post.state == POST_LIVE ? post.native : NULL;
}

static enum work_result delete_object(struct push *push, const char *key)
{
    if (!can(push, ADAPTER_PUSH_DELETE))
        return WORK_DONE;
    return run(push, &(struct operation_input){.kind = OPERATION_PUSH_DELETE, .key = key}, NULL);
}

/* People of ours that the text mentions, so that the platform links them. */
static size_t find_people(struct push *push, const struct inbound_note *note, struct inbound_person *people,
                          size_t maximum)
{
    size_t count = 0;
    for (size_t i = 0; i < note->mention_count && count < maximum; i++) {
        struct local_id id = local_parse(push->gateway->config, note->mentions[i].href);
        struct account_record record;
        if (id.kind != LOCAL_ACTOR ||
            account_load(push->gateway->store, push->arena, id.aid, &record) != LOOKUP_FOUND ||
            strcmp(record.platform, push->platform->config->name) != 0)
            continue;
        people[count++] = (struct inbound_person){
            .actor_id = note->mentions[i].href,
            .url = url_profile(push->arena, id.host->base, record.name),
            .native = record.native,
        };
    }
    return count;
}

static enum work_result note_pushed(struct push *push, const char *hash, const char *native,
                                    uint64_t revision)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_format(arguments, "remote_object:%s", hash);
    arguments_text(arguments, "pushed");
    arguments_number(arguments, (int64_t)revision);
    if (native) {
        arguments_text(arguments, "native");
        arguments_text(arguments, native);
    }
    struct reply *reply = store_run(push->gateway->store, arguments);
    enum work_result result = reply_failed(reply) ? WORK_LATER : WORK_DONE;
    reply_free(reply);
    return result;
}

static enum work_result push_note(struct push *push, const char *hash, const struct remote_object *object,
                                  const struct inbound_note *note, const char *root)
{
    struct inbound_actor actor;
    const char *why = NULL;
    enum remote_outcome met =
        remote_actor(push->gateway, push->arena, object->actor, (int64_t)7 * 86400 * 1000, &actor, &why);
    if (met == REMOTE_LATER)
        return WORK_LATER;
    if (met != REMOTE_OK)
        return WORK_DONE;
    struct inbound_person people[32];
    struct adapter_limits limits = push->platform->class->limits(push->platform->adapter);
    struct remote_post_input input = {
        .note = note,
        .author = remote_author_of(push->gateway, push->arena, &actor),
        .people = people,
        .people_count = find_people(push, note, people, 32),
        .root = {.native = root},
        .text_max = limits.text_max,
        .text_max_bytes = limits.text_max_bytes,
        .text_unit = (int)limits.text_unit,
        .revision = object->revision,
    };
    if (object->parent[0])
        input.reply_to.remote = arena_format(push->arena, "rp_%s", object->parent);
    else
        input.reply_to.native = root;
    struct loss loss = {0};
    struct remote_post *post = remote_post_make(push->arena, &input, &loss);
    if (!post)
        return WORK_DONE;
    const char *native = NULL;
    enum work_result done = run(
        push, &(struct operation_input){.kind = OPERATION_PUSH_POST, .key = post->key, .remote_post = post},
        &native);
    return done == WORK_DONE ? note_pushed(push, hash, native, object->revision) : done;
}

static enum work_result push_object(struct push *push, const char *hash)
{
    const char *key = arena_format(push->arena, "rp_%s", hash);
    struct remote_object object;
    switch (remote_object_find(push->gateway, push->arena, key, &object)) {
    case LOOKUP_DOWN:
        return WORK_LATER;
    case LOOKUP_ABSENT:
        return WORK_DONE;
    case LOOKUP_FOUND:
        break;
    }
    if (object.gone)
        return delete_object(push, key);
    if (!can(push, ADAPTER_PUSH_POST) || object.pushed_revision >= object.revision)
        return WORK_DONE;
    bool down = false;
    const char *root = native_root(push, &object, &down);
    if (!root)
        return down ? WORK_LATER : WORK_DONE;
    json_t *document = json_loads(object.source, 0, NULL);
    struct inbound_note note;
    enum work_result result = WORK_DONE;
    if (document && !inbound_note_read(document, NULL, push->arena, &note))
        result = push_note(push, hash, &object, &note, root);
    json_decref(document);
    return result;
}

/* ---- likes and boosts: "relation like|share add|remove AID OID ACTOR"
 * -------------------------------------------------- */

static enum work_result push_relation(struct push *push, const char *kind, const char *change,
                                      const char *aid, const char *oid, const char *actor_id)
{
    struct post_record post;
    enum lookup found = post_load(push->gateway->store, push->arena, aid, oid, &post);
    if (found != LOOKUP_FOUND || post.state != POST_LIVE || !can(push, ADAPTER_PUSH_RELATION))
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    char *key = arena_alloc(push->arena, KEY_LENGTH + 1);
    remote_key_make("rr", actor_id, arena_format(push->arena, "%s %s %s", kind, aid, oid), key);
    if (strcmp(change, "remove") == 0)
        return run(push, &(struct operation_input){.kind = OPERATION_DELETE_RELATION, .key = key}, NULL);
    struct inbound_actor actor;
    const char *why = NULL;
    enum remote_outcome met =
        remote_actor(push->gateway, push->arena, actor_id, (int64_t)7 * 86400 * 1000, &actor, &why);
    if (met != REMOTE_OK)
        return met == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    struct remote_relation relation = {
        .key = key,
        .kind = strcmp(kind, "like") == 0 ? RELATION_LIKE : RELATION_REPOST,
        .author = remote_author_of(push->gateway, push->arena, &actor),
        .target = post.native,
        .revision = 1,
    };
    return run(
        push,
        &(struct operation_input){.kind = OPERATION_PUSH_RELATION, .key = key, .remote_relation = &relation},
        NULL);
}

enum work_result push_handle(void *context, const struct work_entry *entry)
{
    struct platform *platform = context;
    struct push push = {.platform = platform,
                        .gateway = platform->gateway,
                        .arena = arena_new(PUSH_BUDGET),
                        .trace = entry->trace};
    enum work_result result = WORK_DONE;
    char *rest = NULL;
    char *words[6] = {0};
    size_t count = 0;
    if (!platform_capabilities(platform, &push.capabilities)) {
        arena_free(push.arena);
        return WORK_LATER;
    }
    for (char *word = strtok_r(arena_string(push.arena, entry->data), " ", &rest); word && count < 6;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (count == 2 && strcmp(words[0], "object") == 0)
        result = push_object(&push, words[1]);
    else if (count == 6 && strcmp(words[0], "relation") == 0)
        result = push_relation(&push, words[1], words[2], words[3], words[4], words[5]);
    else
        log_write(LOG_ERROR, "a queued push cannot be read and is dropped", "id", entry->id, (char *)NULL);
    arena_free(push.arena);
    return result;
}
