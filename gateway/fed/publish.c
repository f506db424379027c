#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/publishing.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/separation.h"
#include "gateway/fed/signer.h"
#include "gateway/fed/tags.h"
#include "gateway/log.h"
#include "gateway/store/quotes.h"
#include "mapping/outbound.h"

enum { PUBLISH_BUDGET = 8 << 20, GENERATIONS_MAX = 1000, LOSS_MAX = 4096 };
enum { PAUSED_AGAIN_MS = 60000 };
enum { PUBLISH_REQUESTS = 40 }; /* people who are named first: two requests each */
static const int64_t BACKFILL_AGE_MS = (int64_t)86400 * 1000;

void publishing_init(struct publishing *publishing, struct gateway *gateway, const char *aid,
                     const char *trace)
{
    *publishing = (struct publishing){
        .gateway = gateway, .arena = arena_new(PUBLISH_BUDGET), .aid = aid, .trace = trace ? trace : ""};
    fetch_allow(PUBLISH_REQUESTS);
}

void publishing_end(struct publishing *publishing)
{
    arena_free(publishing->arena);
}

enum lookup publishing_load_account(struct publishing *publishing)
{
    return account_load(publishing->gateway->store, publishing->arena, publishing->aid, &publishing->record);
}

enum lookup publishing_load_post(struct publishing *publishing, const char *oid)
{
    return post_load_with_account(publishing->gateway->store, publishing->arena, publishing->aid, oid,
                                  &publishing->record, &publishing->post);
}

const char *publishing_actor(const struct publishing *publishing)
{
    return account_actor_id(publishing->gateway, publishing->arena, &publishing->record);
}

const char *publishing_part(const struct publishing *publishing, const char *part)
{
    return url_actor_part(publishing->arena, account_base(publishing->gateway, &publishing->record),
                          publishing->aid, part);
}

const char *publishing_object(const struct publishing *publishing, const char *oid)
{
    return url_object(publishing->arena, account_base(publishing->gateway, &publishing->record),
                      publishing->aid, oid);
}

bool publishing_queue(struct publishing *publishing, json_t *document, struct delivery_activity *activity)
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

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

size_t publishing_targets(struct publishing *publishing, const struct note_people *people,
                          struct delivery_target *targets)
{
    size_t count = 0;
    for (size_t i = 0; i < people->count && count < DELIVERY_TARGETS_MAX; i++) {
        struct remote_person person;
        if (remote_person_find(publishing->gateway, publishing->arena, people->actor_ids[i], NULL, &person) !=
            LOOKUP_FOUND)
            continue;
        if (separation_find(publishing->gateway, publishing->aid, person.actor_id, false) != LOOKUP_ABSENT)
            continue; /* nothing new goes to whom the account has nothing to do with */
        targets[count++] = (struct delivery_target){.actor_id = person.actor_id,
                                                    .inbox = person.inbox,
                                                    .shared_inbox = person.shared_inbox,
                                                    .reason = people->reasons[i]};
    }
    return count;
}

bool publishing_target(struct publishing *publishing, const char *actor_id, struct delivery_target *target)
{
    struct remote_person person;
    if (remote_person_find(publishing->gateway, publishing->arena, actor_id, NULL, &person) != LOOKUP_FOUND)
        return false;
    *target = (struct delivery_target){.actor_id = person.actor_id, .inbox = person.inbox};
    return true;
}

static enum delivery_priority priority_of(const struct post_record *post)
{
    if (clock_now_ms() - post->published > BACKFILL_AGE_MS && !post->sent_revision)
        return PRIORITY_BACKFILL;
    return post->post.reply_to.remote ? PRIORITY_ANSWER : PRIORITY_POST;
}

/* What the owner can read later of what the mapping changed; nothing when it changed nothing. */
static bool keep_loss(struct publishing *publishing, const struct loss *loss)
{
    const char *kept = publishing->post.loss;
    if (!json_array_size(loss->entries) && (!kept || !*kept))
        return true;
    char *text = json_array_size(loss->entries) ? json_dumps(loss->entries, JSON_COMPACT) : NULL;
    bool good = post_keep_loss(publishing->gateway->store, publishing->aid, publishing->post.oid,
                               text && strlen(text) <= LOSS_MAX ? text : NULL) != LOOKUP_DOWN;
    free(text);
    return good;
}

/* The same note can be told anew without an edit: those Updates differ by how often that was. */
static const char *update_id(struct publishing *publishing)
{
    const struct post_record *post = &publishing->post;
    const char *object = publishing_object(publishing, post->oid);
    if (post->resend)
        return arena_format(publishing->arena, "%s#update-%llu-%llu", object,
                            (unsigned long long)post->revision, (unsigned long long)post->resend);
    return arena_format(publishing->arena, "%s#update-%llu", object, (unsigned long long)post->revision);
}

bool publishing_queue_note(
    struct publishing *publishing, const json_t *note, const struct note_people *people,
    bool *queued) /* NOLINT(readability-non-const-parameter): delivery_queue writes it */
{
    const struct post_record *post = &publishing->post;
    struct delivery_target *targets = arena_alloc(publishing->arena, DELIVERY_TARGETS_MAX * sizeof *targets);
    struct delivery_activity activity = {.kind = post->sent_revision ? DELIVERY_UPDATE : DELIVERY_CREATE,
                                         .oid = post->oid,
                                         .revision = post->revision,
                                         .priority = priority_of(post),
                                         .targets = targets,
                                         .target_count = publishing_targets(publishing, people, targets),
                                         .queued = queued};
    json_t *document = NULL;
    if (note && activity.kind == DELIVERY_CREATE)
        document = create_activity(note);
    else if (note)
        document = update_activity(note, publishing_actor(publishing), update_id(publishing));
    return publishing_queue(publishing, document, &activity);
}

bool publishing_tell(struct publishing *publishing, const json_t *note,
                     const struct note_surroundings *around, const struct loss *loss)
{
    bool wait = false;
    if (note && !publishing_ask(publishing, note, &around->quote, &wait))
        return false;
    return wait ||
           (keep_loss(publishing, loss) &&
            tags_note(publishing->gateway, publishing->arena, &publishing->record, &publishing->post, note) &&
            publishing_queue_note(publishing, note, &around->people, NULL));
}

static bool queue_post(struct publishing *publishing)
{
    struct note_surroundings *around = arena_alloc(publishing->arena, sizeof *around);
    struct loss loss = {.entries = json_array()};
    json_t *note = render_note(publishing->gateway, publishing->arena, &publishing->record, &publishing->post,
                               around, &loss);
    bool good = publishing_tell(publishing, note, around, &loss);
    json_decref(note);
    json_decref(loss.entries);
    return good;
}

static bool is_due(const struct publishing *publishing)
{
    const struct post_record *post = &publishing->post;
    return consent_is_bridged(publishing->record.consent) && post->state == POST_LIVE &&
           (post->sent_revision < post->revision || post->resend != post->resent);
}

bool publish_post(struct gateway *gateway, const char *aid, const char *oid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_post(&publishing, oid);
    bool good = found != LOOKUP_DOWN;
    bool due = found == LOOKUP_FOUND && is_due(&publishing);
    if (due && publishing.record.consent == CONSENT_PAUSED)
        good = post_put_off(gateway->store, aid, oid, clock_now_ms() + PAUSED_AGAIN_MS) == LOOKUP_FOUND;
    else if (due)
        good = publishing.post.boost[0] ? publishing_announce(&publishing) : queue_post(&publishing);
    publishing_end(&publishing);
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
    return publishing_queue(publishing,
                            delete_activity(publishing_actor(publishing),
                                            publishing_object(publishing, publishing->post.oid),
                                            publishing_part(publishing, "followers")),
                            &activity);
}

static bool take_back(struct publishing *publishing, const struct delivery_target *late)
{
    return publishing->post.boost[0] ? publishing_undo(publishing, late) : queue_delete(publishing, late);
}

bool publish_post_delete(struct gateway *gateway, const char *aid, const char *oid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_post(&publishing, oid);
    bool due =
        found == LOOKUP_FOUND && publishing.post.state == POST_TOMBSTONE && !publishing.post.delete_sent;
    bool good = due ? publishing_revoke(&publishing) && take_back(&publishing, NULL) : found != LOOKUP_DOWN;
    publishing_end(&publishing);
    return good;
}

bool publish_late_delete(struct gateway *gateway, const char *aid, const char *oid, const char *actor_id,
                         const char *inbox, const char *shared_inbox)
{
    struct publishing publishing;
    struct delivery_target target = {.actor_id = actor_id, .inbox = inbox, .shared_inbox = shared_inbox};
    publishing_init(&publishing, gateway, aid, "");
    enum lookup found = publishing_load_post(&publishing, oid);
    bool due = found == LOOKUP_FOUND && publishing.post.state == POST_TOMBSTONE;
    bool good = due ? take_back(&publishing, &target) : found != LOOKUP_DOWN;
    publishing_end(&publishing);
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

/* With the key that the account will have where it is to be changed: who hears of the profile after that of
 * the key must not take the old one up again. */
static bool queue_profile(struct publishing *publishing, enum delivery_kind kind, const char *what)
{
    struct account_record record = publishing->record;
    if (record.next_public_key_pem)
        record.public_key_pem = record.next_public_key_pem;
    struct delivery_activity activity = {
        .kind = kind, .revision = record.account.revision, .priority = PRIORITY_PROFILE};
    json_t *actor = render_actor(publishing->gateway, publishing->arena, &record);
    const char *id = arena_format(publishing->arena, "%s#update-%s", publishing_actor(publishing), what);
    json_t *document = actor ? update_activity(actor, publishing_actor(publishing), id) : NULL;
    json_decref(actor);
    return publishing_queue(publishing, document, &activity);
}

bool publish_actor(struct gateway *gateway, const char *aid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool due = found == LOOKUP_FOUND && publishing.record.consent == CONSENT_ON;
    bool good = found != LOOKUP_DOWN;
    if (due)
        good = queue_profile(
            &publishing, DELIVERY_PROFILE,
            arena_format(publishing.arena, "%llu", (unsigned long long)publishing.record.account.revision));
    publishing_end(&publishing);
    return good;
}

bool publish_actor_key(struct gateway *gateway, const char *aid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    const struct account_record *record = &publishing.record;
    bool due = found == LOOKUP_FOUND && record->consent == CONSENT_ON && record->next_public_key_pem;
    bool good = found != LOOKUP_DOWN;
    if (due)
        good =
            queue_profile(&publishing, DELIVERY_KEY,
                          arena_format(publishing.arena, "key-%lld", (long long)record->key_generation + 1));
    publishing_end(&publishing);
    return good;
}

bool publish_renewal(struct gateway *gateway, const char *aid, const char *what, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && publishing.record.consent == CONSENT_ON)
        good = queue_profile(&publishing, DELIVERY_RENEWAL, what);
    publishing_end(&publishing);
    return good;
}

bool publish_move(struct gateway *gateway, const char *aid, const char *target, int64_t when,
                  const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && publishing.record.consent == CONSENT_ON) {
        const char *actor = publishing_actor(&publishing);
        struct delivery_activity activity = {.kind = DELIVERY_MOVE, .priority = PRIORITY_PROFILE};
        good = publishing_queue(
            &publishing,
            move_activity(arena_format(publishing.arena, "%s#move-%lld", actor, (long long)when), actor,
                          target, publishing_part(&publishing, "followers")),
            &activity);
    }
    publishing_end(&publishing);
    return good;
}

bool publish_actor_delete(struct gateway *gateway, const char *aid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && publishing.record.consent == CONSENT_LEAVING) {
        struct delivery_activity activity = {.kind = DELIVERY_LEAVE, .priority = PRIORITY_LEAVE};
        good = publishing_queue(
            &publishing,
            delete_actor_activity(publishing_actor(&publishing), publishing_part(&publishing, "followers")),
            &activity);
    }
    publishing_end(&publishing);
    return good;
}
