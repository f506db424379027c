/* Activities that somebody else than their actor brought (PROTOCOL §2.4): forwarded replies, what groups
 * repeat. Not a word of them counts: they say where to look, and what is found there at its own server
 * counts.
 */
#include <string.h>

#include "gateway/fed/handle.h"
#include "gateway/fed/hearsay.h"
#include "gateway/log.h"

enum { ATTEMPTS_MAX = 6 };

static bool is_one_of(const char *type, const char *const *types)
{
    for (; *types; types++)
        if (strcmp(type, *types) == 0)
            return true;
    return false;
}

static bool is_about_object(const struct inbound_activity *activity)
{
    static const char *const types[] = {"Create", "Update", "Delete", NULL};
    return is_one_of(activity->type, types);
}

bool hearsay_takes(const struct inbound_activity *activity)
{
    static const char *const reactions[] = {"Announce", "Like", "EmojiReact", NULL};
    if (!activity->object_id)
        return false;
    if (is_about_object(activity))
        return url_same_origin(activity->object_id, activity->actor);
    return activity->id && is_one_of(activity->type, reactions);
}

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

/* Whether it is about a thread of ours, as far as it says, so that strangers cannot make us ask around. */
static enum lookup concerns_us(struct incoming *incoming)
{
    struct inbound_note note;
    struct place place;
    const json_t *object = incoming->activity.object;
    if (!object)
        return LOOKUP_FOUND; /* it does not say: its server does */
    if (inbound_note_read(object, incoming->document, incoming->arena, &note) || note.is_vote)
        return LOOKUP_ABSENT;
    return place_find(incoming, &note, &place);
}

static enum work_result look_at_note(struct incoming *incoming)
{
    json_t *object = NULL;
    const char *why = NULL;
    struct incoming found = *incoming;
    enum remote_outcome outcome =
        remote_fetch(incoming->gateway, incoming->arena, incoming->activity.object_id, &object, &why);
    enum work_result result = outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    found.document = object; /* it speaks for itself */
    if (outcome == REMOTE_OK)
        result = keep_note(&found, object);
    json_decref(object);
    return result;
}

static enum work_result heard_of_note(struct incoming *incoming)
{
    struct remote_object known;
    enum lookup found =
        remote_object_find(incoming->gateway, incoming->arena, incoming->activity.object_id, &known);
    bool creates = strcmp(incoming->activity.type, "Create") == 0;
    if (found == LOOKUP_FOUND && (known.gone || creates))
        return WORK_DONE; /* nothing new can be found */
    if (found == LOOKUP_ABSENT)
        found = concerns_us(incoming);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    return look_at_note(incoming);
}

/* ---- Deletes
 * ------------------------------------------------------------------------------------------------------- */

static enum remote_outcome look_whether_gone(struct incoming *incoming)
{
    json_t *document = NULL;
    const char *why = NULL;
    enum remote_outcome outcome =
        remote_fetch(incoming->gateway, incoming->arena, incoming->activity.object_id, &document, &why);
    json_decref(document);
    return outcome;
}

/* A 404 may be a mistake that is mended by tomorrow, and a person is more than a post: only 410 or a
 * Tombstone. */
static enum work_result heard_of_farewell(struct incoming *incoming)
{
    enum lookup found = remote_actor_known(incoming->gateway, incoming->arena, incoming->activity.actor);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    enum remote_outcome outcome = look_whether_gone(incoming);
    if (outcome == REMOTE_GONE)
        return remove_actor(incoming);
    return outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
}

static enum work_result heard_of_delete(struct incoming *incoming)
{
    struct remote_object known;
    struct incoming owner = *incoming;
    if (strcmp(incoming->activity.object_id, incoming->activity.actor) == 0)
        return heard_of_farewell(incoming);
    enum lookup found =
        remote_object_find(incoming->gateway, incoming->arena, incoming->activity.object_id, &known);
    if (found != LOOKUP_FOUND || known.gone)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    enum remote_outcome outcome = look_whether_gone(incoming);
    if (outcome != REMOTE_GONE && outcome != REMOTE_MISSING)
        return outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    owner.activity.actor = known.actor;
    return remove_object(&owner, incoming->activity.object_id);
}

/* ---- likes and boosts
 * ----------------------------------------------------------------------------------------------- */

static bool is_same(const struct inbound_activity *one, const struct inbound_activity *other)
{
    return one->id && other->id && strcmp(one->id, other->id) == 0 && strcmp(one->type, other->type) == 0 &&
           strcmp(one->actor, other->actor) == 0 && other->object_id &&
           strcmp(one->object_id, other->object_id) == 0;
}

static enum work_result heard_of_reaction(struct incoming *incoming)
{
    struct account_record record;
    struct post_record post;
    const struct inbound_activity *activity = &incoming->activity;
    enum lookup found = incoming_local_post(incoming, activity->object_id, &record, &post);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    json_t *document = NULL;
    const char *why = NULL;
    struct incoming shown = *incoming;
    enum remote_outcome outcome =
        remote_fetch(incoming->gateway, incoming->arena, activity->id, &document, &why);
    enum work_result result = outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    shown.document = document;
    if (outcome == REMOTE_OK && !inbound_activity_read(document, incoming->arena, &shown.activity) &&
        is_same(activity, &shown.activity)) {
        struct reaction reaction = reaction_of(incoming->arena, &shown.activity);
        result = count_reaction(&shown, &reaction, shown.activity.object_id, true);
    }
    json_decref(document);
    return result;
}

enum work_result handle_hearsay(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    enum work_result result;
    if (!hearsay_takes(activity))
        return WORK_DONE;
    if (strcmp(activity->type, "Delete") == 0)
        result = heard_of_delete(incoming);
    else
        result = is_about_object(activity) ? heard_of_note(incoming) : heard_of_reaction(incoming);
    if (result != WORK_LATER || incoming->attempt + 1 < ATTEMPTS_MAX)
        return result;
    log_write(LOG_INFO, "what was told of somebody else's activity cannot be seen and is dropped", "trace",
              incoming->trace, "type", activity->type, "object", activity->object_id, (char *)NULL);
    return WORK_DONE;
}
