#include <string.h>

#include "gateway/fed/handle.h"

/* ---- groups (FEP-1b12): Lemmy and its like repeat to all what a member said in the group
 * ----------------------------------- */

/* The group's word is only a hint: what it repeats is asked for where it was said. */
static enum work_result refetch(struct incoming *incoming, const char *object_id, bool deleted)
{
    json_t *object = NULL;
    const char *why = NULL;
    struct inbound_note note;
    struct incoming inner = *incoming;
    enum remote_outcome outcome = remote_fetch(incoming->gateway, incoming->arena, object_id, &object, &why);
    enum work_result result = outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    if (outcome == REMOTE_OK && !deleted && !inbound_note_read(object, NULL, incoming->arena, &note) &&
        note.attributed_to) {
        inner.activity.actor = note.attributed_to;
        inner.document = object;
        result = keep_note(&inner, object);
    }
    struct remote_object known;
    if (outcome == REMOTE_GONE &&
        remote_object_find(incoming->gateway, incoming->arena, object_id, &known) == LOOKUP_FOUND) {
        inner.activity.actor = known.actor;
        result = remove_object(&inner, object_id);
    }
    json_decref(object);
    return result;
}

/* Whether the repeated activity is about a thread of ours, so that strangers cannot make us fetch. */
static enum lookup concerns_us(struct incoming *incoming, const struct inbound_activity *inner)
{
    struct inbound_note note;
    struct remote_object known;
    struct place place;
    if (remote_object_find(incoming->gateway, incoming->arena, inner->object_id, &known) == LOOKUP_FOUND)
        return LOOKUP_FOUND;
    if (!inner->object || inbound_note_read(inner->object, NULL, incoming->arena, &note) || note.is_vote)
        return LOOKUP_ABSENT;
    struct incoming reader = *incoming;
    reader.activity.actor = note.attributed_to ? note.attributed_to : incoming->activity.actor;
    return place_find(&reader, &note, &place);
}

static enum work_result handle_repeated(struct incoming *incoming, const struct inbound_activity *inner)
{
    bool deletes = strcmp(inner->type, "Delete") == 0;
    if (!inner->object_id ||
        (!deletes && strcmp(inner->type, "Create") != 0 && strcmp(inner->type, "Update") != 0))
        return WORK_DONE;
    enum lookup concerned = concerns_us(incoming, inner);
    if (concerned != LOOKUP_FOUND)
        return concerned == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    return refetch(incoming, inner->object_id, deletes);
}

/* ---- boosts
 * ------------------------------------------------------------------------------------------------------- */

/* Of our posts they are counted; of anything else, they are not our business. */
enum work_result handle_announce(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    struct inbound_activity inner;
    if (activity->object && json_object_get(activity->object, "actor") &&
        !inbound_activity_read(activity->object, incoming->arena, &inner) && inner.object_id)
        return handle_repeated(incoming, &inner);
    if (!activity->object_id)
        return WORK_DONE;
    struct reaction share = reaction_of(incoming->arena, activity);
    return count_reaction(incoming, &share, activity->object_id, true);
}
