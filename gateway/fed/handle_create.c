#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/domains.h"
#include "gateway/fed/handle.h"
#include "gateway/log.h"
#include "gateway/upstream/upstream.h"

enum { SOURCE_MAX = 131072, OBJECTS_MAX = 20 };

/* FEP-fe34: what is embedded counts only when it is the actor's own and from the actor's own server. */
static bool is_own(const struct incoming *incoming, const struct inbound_note *note)
{
    const char *actor = incoming->activity.actor;
    return note->id && note->attributed_to && strcmp(note->attributed_to, actor) == 0 &&
           url_same_origin(note->id, actor);
}

static enum work_result store_reply(struct incoming *incoming, const struct inbound_note *note,
                                    const struct place *place, const char *source)
{
    char hash[23];
    id_hash(note->id, hash);
    int64_t now = clock_now_ms();
    /* Another server's clock only orders that server's own edits; a time ahead of ours would block them for
     * ever. */
    int64_t updated = note->updated ? note->updated : note->published;
    bool dated = updated > 0 && updated <= now;
    if (!dated)
        updated = now;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, hash);
    arguments_text(arguments, note->id);
    arguments_text(arguments, incoming->activity.actor);
    arguments_text(arguments, place->record.platform);
    arguments_text(arguments, place->record.aid);
    arguments_text(arguments, place->root.oid);
    arguments_text(arguments, place->parent);
    arguments_text(arguments, source);
    arguments_number(arguments, now);
    arguments_number(arguments, updated);
    arguments_text(arguments, dated ? "1" : "0");
    /* Whoever follows somebody on a limited server wants to see that. */
    bool limited = place->record.aid[0] && domains_limit(incoming->gateway, incoming->activity.actor);
    arguments_text(arguments, limited ? "1" : "0");
    struct reply *reply = store_script(incoming->gateway->store, "remote_object_put", arguments);
    bool failed = reply_failed(reply);
    if (!failed)
        log_write(LOG_INFO, "a post came", "trace", incoming->trace, "object", note->id, "outcome",
                  reply_text(reply), "aid", place->record.aid, (char *)NULL);
    reply_free(reply);
    upstream_push_kick(incoming->gateway, place->record.platform);
    return failed ? WORK_LATER : WORK_DONE;
}

/* ---- votes (FEP-9967)
 * ---------------------------------------------------------------------------------------------- */

static bool is_open(const struct poll *poll)
{
    return poll->votable && !poll->closed && (!poll->ends || poll->ends > clock_now_ms());
}

static bool has_option(const struct poll *poll, const char *name)
{
    for (size_t i = 0; i < poll->option_count; i++)
        if (strcmp(poll->options[i].name, name) == 0)
            return true;
    return false;
}

static enum work_result take_vote(struct incoming *incoming, const struct inbound_note *note)
{
    struct account_record record;
    struct post_record post;
    enum lookup found = incoming_local_post(incoming, note->in_reply_to, &record, &post);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    const struct poll *poll = post.post.poll;
    if (!poll || !is_open(poll) || !has_option(poll, note->name))
        return WORK_DONE;
    char hash[23];
    id_hash(note->name, hash);
    struct reaction vote = {.kind = REACTION_VOTE,
                            .actor_id = incoming->activity.actor,
                            .detail = poll->multiple ? hash : "",
                            .value = note->name};
    return count_reaction(incoming, &vote, note->in_reply_to, true);
}

/* ---- posts
 * ---------------------------------------------------------------------------------------------------------
 */

static bool is_public(const struct inbound_note *note)
{
    return note->visibility == VISIBILITY_PUBLIC || note->visibility == VISIBILITY_UNLISTED;
}

enum work_result keep_note(struct incoming *incoming, const json_t *object)
{
    struct inbound_note note;
    struct place place;
    if (inbound_note_read(object, incoming->document, incoming->arena, &note) || !is_own(incoming, &note))
        return WORK_DONE;
    if (note.is_vote)
        return take_vote(incoming, &note);
    /* Whoever answers or quotes a post holds it, whether that is for us to show or not. */
    if (!note_exposure_of(incoming, note.in_reply_to, 'r') || !note_exposure_of(incoming, note.quote_of, 'q'))
        return WORK_LATER;
    /* DESIGN §6: only public and unlisted replies are shown on the platform. */
    if (!is_public(&note))
        return WORK_DONE;
    enum lookup found = place_find(incoming, &note, &place);
    if (found == LOOKUP_ABSENT)
        found = timeline_find(incoming, &note, &place);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (place.root.oid[0] && place.parent[0] && !note_exposure(incoming, &place.record, &place.root, 'r'))
        return WORK_LATER;
    char *source = json_dumps(object, JSON_COMPACT);
    enum work_result result = WORK_DONE;
    if (source && strlen(source) <= SOURCE_MAX)
        result = store_reply(incoming, &note, &place, source);
    free(source);
    return result;
}

static enum work_result fetch_and_keep(struct incoming *incoming, const char *object_id)
{
    json_t *object = NULL;
    const char *why = NULL;
    if (!object_id || !url_same_origin(object_id, incoming->activity.actor))
        return WORK_DONE;
    enum remote_outcome outcome = remote_fetch(incoming->gateway, incoming->arena, object_id, &object, &why);
    enum work_result result = outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    if (outcome == REMOTE_OK)
        result = keep_note(incoming, object);
    json_decref(object);
    return result;
}

enum work_result handle_create(struct incoming *incoming)
{
    /* GoToSocial puts the votes for several choices into one Create. */
    const json_t *objects = json_object_get(incoming->document, "object");
    if (json_array_size(objects) < 2)
        return incoming->activity.object ? keep_note(incoming, incoming->activity.object)
                                         : fetch_and_keep(incoming, incoming->activity.object_id);
    enum work_result result = WORK_DONE;
    for (size_t i = 0; i < json_array_size(objects) && i < OBJECTS_MAX && result == WORK_DONE; i++)
        result = keep_note(incoming, json_array_get(objects, i));
    return result;
}
