/* Remote replies, their edits and deletes, likes and boosts to the platform. A queue entry names what to
 * push; what is pushed is the state that the store holds at that moment, so repeats and late entries do no
 * harm. */
#include <stdlib.h>
#include <string.h>

#include "gateway/fed/following.h"
#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/log.h"
#include "gateway/store/posts.h"
#include "gateway/upstream/puppets.h"
#include "gateway/upstream/push.h"
#include "mapping/utf8_text.h"

enum { PUSH_BUDGET = 8 << 20, LOSS_MAX = 4096, ATTEMPTS_MAX = 4, SIGN_IN_ATTEMPTS = 12 };

/* A puppet whose password the platform does not take any more: its administrator may have reasons, and no
 * other puppet is made in its place. */
static bool is_lost(const struct push *push, const struct operation_input *input)
{
    bool lost = input->puppet && push->attempt >= SIGN_IN_ATTEMPTS;
    if (lost)
        log_write(LOG_ERROR,
                  "a puppet cannot sign in, and what it was to write is dropped; was the account taken down "
                  "on its server?",
                  "trace", push->trace, "platform", push->platform->config->name, "native",
                  input->puppet->native, "key", input->key, (char *)NULL);
    return lost;
}

static enum work_result push_once(struct push *push, const struct operation_input *input, const char **native,
                                  enum answer *answer)
{
    struct operation *operation = platform_operation(push->platform, input);
    const struct operation_result *result = platform_result(push->platform, operation);
    enum work_result done = WORK_DONE;
    *answer = result->answer;
    push->refused = NULL;
    switch (result->answer) {
    case ANSWER_OK:
        if (native)
            *native = arena_string(push->arena, result->native_id);
        break;
    case ANSWER_RETRY:
    case ANSWER_FULL:
        done = WORK_LATER;
        break;
    case ANSWER_UNAUTHORIZED:
        done = is_lost(push, input) ? WORK_DONE : WORK_LATER;
        break;
    case ANSWER_UNKNOWN:
    case ANSWER_GONE:
    case ANSWER_REFUSED:
    case ANSWER_INVALID:
    case ANSWER_TOO_LONG:
    case ANSWER_NO_MEDIA:
    case ANSWER_TAKEN:
        log_write(LOG_INFO, "the platform did not take a push", "trace", push->trace, "platform",
                  push->platform->config->name, "key", input->key, "reason", result->reason, (char *)NULL);
        push->refused =
            arena_string(push->arena, result->reason ? result->reason : "the platform did not take it");
        break;
    }
    push->platform->class->operation_free(operation);
    return done;
}

enum work_result push_run(struct push *push, const struct operation_input *input, const char **native)
{
    enum answer answer;
    return push_once(push, input, native, &answer);
}

/* ---- objects
 * -------------------------------------------------------------------------------------------------------- */

/* Native id of the local post at the root of the thread; NULL when there is none. */
static enum lookup native_root(struct push *push, const struct remote_object *object, const char **native)
{
    struct post_record post;
    *native = NULL;
    if (!object->oid[0])
        return push_can(push, object->aid[0] ? ADAPTER_PUSH_MENTION | ADAPTER_PUSH_QUOTE : ADAPTER_TIMELINE)
                   ? LOOKUP_FOUND
                   : LOOKUP_ABSENT;
    enum lookup found = post_load(push->gateway->store, push->arena, object->aid, object->oid, &post);
    if (found == LOOKUP_FOUND && post.state != POST_LIVE)
        return LOOKUP_ABSENT;
    *native = found == LOOKUP_FOUND ? post.native : NULL;
    return found;
}

/* A post of this platform that the text quotes. One that is not to be quoted is only linked. */
static const char *native_quote(struct push *push, const char *quote)
{
    struct local_id id = local_parse(push->gateway->config, quote);
    struct account_record record;
    struct post_record post;
    if (id.kind != LOCAL_POST ||
        account_load(push->gateway->store, push->arena, id.aid, &record) != LOOKUP_FOUND ||
        strcmp(record.platform, push->platform->config->name) != 0 ||
        post_load(push->gateway->store, push->arena, id.aid, id.oid, &post) != LOOKUP_FOUND ||
        post.state != POST_LIVE || !post.post.quotable)
        return NULL;
    return post.native;
}

static bool forget_native(struct push *push, const struct remote_object *object)
{
    if (!object->native)
        return true;
    struct reply *reply =
        store_call(push->gateway->store, "HDEL",
                   arena_format(push->arena, "remote_native:%s", push->platform->config->name),
                   object->native, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

/* Who may not be shown any more, and shows nothing any more, needs no puppet. */
static enum work_result leave_with_last(struct push *push, const struct remote_object *object,
                                        const struct adapter_puppet *puppet)
{
    struct reply *reply = store_call(push->gateway->store, "EXISTS",
                                     arena_format(push->arena, "objects_of:%s", object->actor), (char *)NULL);
    bool down = reply_failed(reply);
    bool more = reply_number(reply) > 0;
    reply_free(reply);
    enum lookup separated =
        down || more ? LOOKUP_ABSENT : separation_find(push->gateway, object->aid, object->actor, false);
    if (down || separated == LOOKUP_DOWN)
        return WORK_LATER;
    return separated == LOOKUP_FOUND ? puppet_remove(push, puppet->key) : WORK_DONE;
}

enum work_result push_remove(struct push *push, const char *hash, const struct remote_object *object)
{
    struct speaker speaker;
    if (!push_can(push, ADAPTER_PUSH_DELETE))
        return WORK_DONE;
    enum work_result result = speaker_find(push, object, &speaker);
    if (result != WORK_DONE || speaker.nobody)
        return result;
    result = push_run(push,
                      &(struct operation_input){.kind = OPERATION_PUSH_DELETE,
                                                .key = arena_format(push->arena, "rp_%s", hash),
                                                .puppet = speaker.puppet},
                      NULL);
    if (result == WORK_DONE && !forget_native(push, object))
        result = WORK_LATER;
    return result == WORK_DONE && speaker.puppet ? leave_with_last(push, object, speaker.puppet) : result;
}

static enum work_result delete_author(struct push *push, const char *key)
{
    if (push_can(push, ADAPTER_PUPPET_ACCOUNTS))
        return puppet_remove(push, key);
    if (!push_can(push, ADAPTER_PUPPETS))
        return WORK_DONE;
    return push_run(push, &(struct operation_input){.kind = OPERATION_DELETE_AUTHOR, .key = key}, NULL);
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

/* What was pushed, under which native id, and what was lost on the way; or why it was refused. */
static enum work_result note_pushed(struct push *push, const char *hash, const char *native,
                                    uint64_t revision, const struct loss *loss)
{
    char *text = json_dumps(loss->entries, JSON_COMPACT);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_format(arguments, "remote_object:%s", hash);
    arguments_text(arguments, "pushed");
    arguments_number(arguments, (int64_t)revision);
    if (native) {
        arguments_text(arguments, "native");
        arguments_text(arguments, native);
    }
    arguments_text(arguments, "loss");
    arguments_text(arguments, text && strlen(text) <= LOSS_MAX && json_array_size(loss->entries) ? text : "");
    free(text);
    arguments_text(arguments, "refused");
    arguments_text(arguments, push->refused ? push->refused : "");
    struct reply *reply = store_run(push->gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    if (good && native) {
        reply = store_call(push->gateway->store, "HSET",
                           arena_format(push->arena, "remote_native:%s", push->platform->config->name),
                           native, hash, (char *)NULL);
        good = !reply_failed(reply);
        reply_free(reply);
    }
    return good ? WORK_DONE : WORK_LATER;
}

/* Whether there is less that the platform might take, where it did not take all: a shorter text (it counts
 * otherwise than it says), links in place of the attachments. */
static bool ask_for_less(enum answer answer, const struct remote_post *refused,
                         struct remote_post_input *input)
{
    if (answer == ANSWER_NO_MEDIA && input->media_max) {
        input->media_max = 0;
        return true;
    }
    if (answer != ANSWER_TOO_LONG)
        return false;
    input->text_max = text_measure(refused->body.text, refused->body.length, input->text_unit) / 2;
    return input->text_max > 0;
}

static enum work_result push_made(struct push *push, const char *hash, const struct adapter_puppet *puppet,
                                  struct remote_post_input *input)
{
    enum work_result done = WORK_DONE;
    enum answer answer = ANSWER_OK;
    for (int attempts = ATTEMPTS_MAX; attempts-- > 0;) {
        struct loss loss = {.entries = json_array()};
        const struct remote_post *post = remote_post_make(push->arena, input, &loss);
        const struct operation_input operation = {
            .kind = OPERATION_PUSH_POST, .key = post ? post->key : "", .remote_post = post, .puppet = puppet};
        const char *native = NULL;
        done = post ? push_once(push, &operation, &native, &answer) : WORK_DONE;
        bool again = attempts && post && done == WORK_DONE && ask_for_less(answer, post, input);
        if (post && done == WORK_DONE && !again)
            done = note_pushed(push, hash, native, input->revision, &loss);
        json_decref(loss.entries);
        if (!again)
            break;
    }
    return done;
}

/* Whether it is for those on the platform who follow its author: also what names somebody; not what answers
 * others. */
static enum lookup is_for_followers(struct push *push, const struct remote_object *object,
                                    const struct inbound_note *note)
{
    if (!push_can(push, ADAPTER_TIMELINE) || (object->aid[0] && note->in_reply_to))
        return LOOKUP_ABSENT;
    return following_on(push->gateway, push->arena, push->platform->config->name, object->actor);
}

static enum work_result push_note(struct push *push, const char *hash, const struct remote_object *object,
                                  const struct inbound_note *note, const char *root)
{
    enum lookup followed = is_for_followers(push, object, note);
    if (followed == LOOKUP_DOWN)
        return WORK_LATER;
    if (followed == LOOKUP_ABSENT && !object->aid[0])
        return WORK_DONE; /* nobody follows any more */
    struct inbound_actor actor;
    const char *why = NULL;
    const char *quoted = native_quote(push, note->quote_of);
    if (!root && !quoted && followed == LOOKUP_ABSENT && !push_can(push, ADAPTER_PUSH_MENTION))
        return WORK_DONE;
    enum remote_outcome met =
        remote_actor(push->gateway, push->arena, object->actor, (int64_t)7 * 86400 * 1000, &actor, &why);
    if (met == REMOTE_LATER)
        return WORK_LATER;
    if (met != REMOTE_OK)
        return WORK_DONE;
    struct inbound_person people[32];
    struct adapter_limits limits = push->platform->class->limits(push->platform->adapter);
    const struct remote_author *author = remote_author_of(push->gateway, push->arena, &actor);
    struct speaker speaker = {0};
    const char *parent = NULL;
    bool waits = false;
    enum work_result ready = speaker_parent(push, object, &parent, &waits);
    if (ready == WORK_DONE && !waits)
        ready = speaker_choose(push, hash, object, author, &speaker);
    if (ready != WORK_DONE || waits || speaker.nobody)
        return waits ? WORK_LATER : ready;
    size_t units = 0;
    size_t bytes = 0;
    if (push->platform->class->attribution && !speaker.puppet)
        push->platform->class->attribution(push->platform->adapter, author, &units, &bytes);
    if (units >= limits.text_max)
        units = limits.text_max / 2; /* the platform will say so */
    struct remote_post_input input = {
        .note = note,
        .author = author,
        .people = people,
        .people_count = find_people(push, note, people, 32),
        .root = {.native = root},
        .quote_of = {.native = quoted},
        .text_max = limits.text_max - units,
        .text_max_bytes = limits.text_max_bytes > bytes ? limits.text_max_bytes - bytes : 0,
        .text_unit = (int)limits.text_unit,
        .media_max = limits.media_max,
        .alt_max = limits.alt_max,
        .timeline = followed == LOOKUP_FOUND,
        .revision = object->revision,
    };
    if (object->parent[0])
        input.reply_to = (struct reference){.native = parent,
                                            .remote = arena_format(push->arena, "rp_%s", object->parent)};
    else
        input.reply_to.native = root;
    return push_made(push, hash, speaker.puppet, &input);
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
        return push_remove(push, hash, &object);
    if (!push_can(push, ADAPTER_PUSH_POST) || object.pushed_revision >= object.revision)
        return WORK_DONE;
    const char *root = NULL;
    enum lookup found = native_root(push, &object, &root);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    json_t *document = json_loads(object.source, 0, NULL);
    struct inbound_note note;
    enum work_result result = WORK_DONE;
    if (document && !inbound_note_read(document, NULL, push->arena, &note)) {
        if (note.published <= 0) /* it does not say: when it came here */
            note.published = object.updated;
        result = push_note(push, hash, &object, &note, root);
    }
    json_decref(document);
    return result;
}

/* ---- the queue: "object HASH", "author KEY", "profile KEY", "followed AID ACTOR",
 * "relation KIND AID OID ACTOR DETAIL", "report ID"
 * ---------------------------------------------------------- */

enum work_result push_handle(void *context, const struct work_entry *entry)
{
    struct platform *platform = context;
    struct push push = {.platform = platform,
                        .gateway = platform->gateway,
                        .arena = arena_new(PUSH_BUDGET),
                        .trace = entry->trace,
                        .attempt = entry->attempt};
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
    else if (count == 2 && strcmp(words[0], "author") == 0)
        result = delete_author(&push, words[1]);
    else if (count == 3 && strcmp(words[0], "followed") == 0)
        result = push_followed(&push, words[1], words[2]);
    else if (count == 2 && strcmp(words[0], "report") == 0)
        result = push_report(&push, words[1]);
    else if (count == 2 && strcmp(words[0], "profile") == 0)
        result = puppet_refresh(&push, words[1]);
    else if (count == 6 && strcmp(words[0], "relation") == 0)
        result = push_relation(&push, words + 1);
    else
        log_write(LOG_ERROR, "a queued push cannot be read and is dropped", "id", entry->id, (char *)NULL);
    arena_free(push.arena);
    return result;
}
