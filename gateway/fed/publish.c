#include "gateway/fed/publish.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/render.h"
#include "gateway/fed/signer.h"
#include "gateway/log.h"
#include "mapping/outbound.h"

enum { PUBLISH_BUDGET = 8 << 20, GENERATIONS_MAX = 1000 };
static const int64_t BACKFILL_AGE_MS = (int64_t)86400 * 1000;

struct publishing {
    struct gateway *gateway;
    struct arena *arena;
    const char *aid, *trace;
    struct account_record record;
    struct post_record post;
};

static void publishing_init(struct publishing *publishing, struct gateway *gateway, const char *aid,
                            const char *trace)
{
    *publishing = (struct publishing){
        .gateway = gateway, .arena = arena_new(PUBLISH_BUDGET), .aid = aid, .trace = trace ? trace : ""};
}

static enum lookup load_account(struct publishing *publishing)
{
    return account_load(publishing->gateway->store, publishing->arena, publishing->aid, &publishing->record);
}

static enum lookup load_post(struct publishing *publishing, const char *oid)
{
    enum lookup found = load_account(publishing);
    if (found != LOOKUP_FOUND)
        return found;
    return post_load(publishing->gateway->store, publishing->arena, publishing->aid, oid, &publishing->post);
}

static const char *actor_of(const struct publishing *publishing)
{
    return account_actor_id(publishing->gateway, publishing->arena, &publishing->record);
}

static const char *followers_of(const struct publishing *publishing)
{
    return url_actor_part(publishing->arena, account_base(publishing->gateway, &publishing->record),
                          publishing->aid, "followers");
}

static const char *object_of(const struct publishing *publishing, const char *oid)
{
    return url_object(publishing->arena, account_base(publishing->gateway, &publishing->record),
                      publishing->aid, oid);
}

/* The document (its reference is taken) as the body of what is queued. */
static bool queue_document(struct publishing *publishing, json_t *document,
                           struct delivery_activity *activity)
{
    const char *id = json_string_value(json_object_get(document, "id"));
    size_t length = 0;
    char *text = document && id ? document_text(document, &length) : NULL;
    bool good = true;
    if (text) {
        activity->aid = publishing->aid;
        activity->oid = activity->oid ? activity->oid : "";
        activity->trace = publishing->trace;
        activity->id = id;
        activity->body = text;
        activity->body_length = length;
        good = delivery_queue(publishing->gateway, activity);
    } else if (store_is_up(publishing->gateway->store)) {
        /* Nothing that waits would mend it, and the account's other work must go on. */
        log_write(LOG_ERROR, "an activity cannot be written and is left out", "trace", publishing->trace,
                  "aid", publishing->aid, "object", activity->oid, (char *)NULL);
    } else {
        good = false;
    }
    free(text);
    json_decref(document);
    return good;
}

/* A Delete gets its LD signature, so that servers that were told can pass it on to those that hold a copy
 * second-hand. Without one it still goes to all that we know of. */
static bool queue_farewell(struct publishing *publishing, json_t *document,
                           struct delivery_activity *activity)
{
    const struct signer *signer = document ? signer_account(publishing->gateway, publishing->aid) : NULL;
    if (!store_is_up(publishing->gateway->store)) {
        json_decref(document);
        return false;
    }
    if (signer && !signer_sign_delete(publishing->gateway, signer, document))
        log_write(LOG_WARNING, "a Delete cannot be signed for those who pass it on", "trace",
                  publishing->trace, "aid", publishing->aid, "object", activity->oid, (char *)NULL);
    return queue_document(publishing, document, activity);
}

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

static size_t targets_of(struct publishing *publishing, const struct note_people *people,
                         struct delivery_target *targets)
{
    size_t count = 0;
    for (size_t i = 0; i < people->count && count < DELIVERY_TARGETS_MAX; i++) {
        struct remote_person person;
        if (remote_person_find(publishing->gateway, publishing->arena, people->actor_ids[i], NULL, &person) !=
            LOOKUP_FOUND)
            continue;
        targets[count++] = (struct delivery_target){.actor_id = person.actor_id,
                                                    .inbox = person.inbox,
                                                    .shared_inbox = person.shared_inbox,
                                                    .reason = people->reasons[i]};
    }
    return count;
}

static enum delivery_priority priority_of(const struct post_record *post)
{
    if (clock_now_ms() - post->published > BACKFILL_AGE_MS && !post->sent_revision)
        return PRIORITY_BACKFILL;
    return post->post.reply_to.remote ? PRIORITY_ANSWER : PRIORITY_POST;
}

static bool queue_post(struct publishing *publishing)
{
    const struct post_record *post = &publishing->post;
    struct note_people *people = arena_alloc(publishing->arena, sizeof *people);
    json_t *note = render_note(publishing->gateway, publishing->arena, &publishing->record, post, people);
    struct delivery_target *targets = arena_alloc(publishing->arena, DELIVERY_TARGETS_MAX * sizeof *targets);
    struct delivery_activity activity = {.kind = post->sent_revision ? DELIVERY_UPDATE : DELIVERY_CREATE,
                                         .oid = post->oid,
                                         .revision = post->revision,
                                         .priority = priority_of(post),
                                         .targets = targets,
                                         .target_count = targets_of(publishing, people, targets)};
    json_t *document = NULL;
    if (note && activity.kind == DELIVERY_CREATE)
        document = create_activity(note);
    else if (note)
        document = update_activity(note, actor_of(publishing),
                                   arena_format(publishing->arena, "%s#update-%llu",
                                                object_of(publishing, post->oid),
                                                (unsigned long long)post->revision));
    json_decref(note);
    return queue_document(publishing, document, &activity);
}

bool publish_post(struct gateway *gateway, const char *aid, const char *oid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = load_post(&publishing, oid);
    bool due = found == LOOKUP_FOUND && publishing.record.consent == CONSENT_ON &&
               publishing.post.state == POST_LIVE && publishing.post.sent_revision < publishing.post.revision;
    bool good = due ? queue_post(&publishing) : found != LOOKUP_DOWN;
    arena_free(publishing.arena);
    return good;
}

static bool queue_delete(struct publishing *publishing, const struct delivery_target *late)
{
    struct delivery_activity activity = {.kind = DELIVERY_DELETE,
                                         .oid = publishing->post.oid,
                                         .priority = PRIORITY_DELETE,
                                         .targets = late,
                                         .target_count = late ? 1 : 0,
                                         .late = late != NULL};
    return queue_farewell(publishing,
                          delete_activity(actor_of(publishing), object_of(publishing, publishing->post.oid),
                                          followers_of(publishing)),
                          &activity);
}

bool publish_post_delete(struct gateway *gateway, const char *aid, const char *oid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = load_post(&publishing, oid);
    bool due =
        found == LOOKUP_FOUND && publishing.post.state == POST_TOMBSTONE && !publishing.post.delete_sent;
    bool good = due ? queue_delete(&publishing, NULL) : found != LOOKUP_DOWN;
    arena_free(publishing.arena);
    return good;
}

bool publish_late_delete(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
                         const char *inbox, const char *shared_inbox)
{
    struct publishing publishing;
    struct delivery_target target = {.actor_id = actor_id, .inbox = inbox, .shared_inbox = shared_inbox};
    publishing_init(&publishing, gateway, aid, "");
    enum lookup found = load_post(&publishing, oid);
    bool due = found == LOOKUP_FOUND && publishing.post.state == POST_TOMBSTONE;
    bool good = due ? queue_delete(&publishing, &target) : found != LOOKUP_DOWN;
    arena_free(publishing.arena);
    return good;
}

bool publish_owed_delete(struct gateway *gateway, const char *aid, const char *native, const char *trace)
{
    char newest[OID_LENGTH + 1] = "";
    for (unsigned generation = 0; generation < GENERATIONS_MAX; generation++) {
        char oid[OID_LENGTH + 1];
        oid_make(aid, native, generation, oid);
        struct arena *arena = arena_new(PUBLISH_BUDGET);
        struct post_record post;
        enum lookup found = post_load(gateway->store, arena, aid, oid, &post);
        bool tombstone = found == LOOKUP_FOUND && post.state == POST_TOMBSTONE;
        arena_free(arena);
        if (found == LOOKUP_DOWN)
            return false;
        if (!tombstone)
            break;
        memcpy(newest, oid, sizeof newest);
    }
    return newest[0] == '\0' || publish_post_delete(gateway, aid, newest, trace);
}

/* ---- actors
 * ---------------------------------------------------------------------------------------------------------
 */

static bool queue_profile(struct publishing *publishing)
{
    uint64_t revision = publishing->record.account.revision;
    struct delivery_activity activity = {
        .kind = DELIVERY_PROFILE, .revision = revision, .priority = PRIORITY_PROFILE};
    json_t *actor = render_actor(publishing->gateway, publishing->arena, &publishing->record);
    json_t *document = actor
                           ? update_activity(actor, actor_of(publishing),
                                             arena_format(publishing->arena, "%s#update-%llu",
                                                          actor_of(publishing), (unsigned long long)revision))
                           : NULL;
    json_decref(actor);
    return queue_document(publishing, document, &activity);
}

bool publish_actor(struct gateway *gateway, const char *aid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = load_account(&publishing);
    bool due = found == LOOKUP_FOUND && publishing.record.consent == CONSENT_ON;
    bool good = due ? queue_profile(&publishing) : found != LOOKUP_DOWN;
    arena_free(publishing.arena);
    return good;
}

bool publish_actor_delete(struct gateway *gateway, const char *aid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && publishing.record.consent == CONSENT_LEAVING) {
        struct delivery_activity activity = {.kind = DELIVERY_LEAVE, .priority = PRIORITY_LEAVE};
        good = queue_farewell(
            &publishing, delete_actor_activity(actor_of(&publishing), followers_of(&publishing)), &activity);
    }
    arena_free(publishing.arena);
    return good;
}

bool publish_follow_answer(struct gateway *gateway, const char *aid, bool accept, const char *follow_id,
                           const char *follower_id, const char *follow_object, const char *inbox,
                           const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND) {
        char hash[23];
        char pair[23];
        id_hash(follow_id, hash);
        id_hash(arena_format(publishing.arena, "%s %s", aid, follower_id), pair);
        const char *actor = actor_of(&publishing);
        const char *id =
            arena_format(publishing.arena, "%s#%s-%s", actor, accept ? "accept" : "reject", hash);
        struct delivery_target target = {.actor_id = follower_id, .inbox = inbox};
        struct delivery_activity activity = {.kind = DELIVERY_ANSWER,
                                             .priority = PRIORITY_ANSWER,
                                             .order_key = pair,
                                             .targets = &target,
                                             .target_count = 1};
        good = queue_document(
            &publishing, follow_answer(accept, id, actor, follow_id, follower_id, follow_object), &activity);
    }
    arena_free(publishing.arena);
    return good;
}
