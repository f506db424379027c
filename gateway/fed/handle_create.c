#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/handle.h"
#include "gateway/log.h"
#include "gateway/upstream/upstream.h"

enum { SOURCE_MAX = 131072 };

/* Where in a thread of ours a reply belongs. */
struct place {
    struct account_record record; /* owner of the thread */
    struct post_record root;      /* our post */
    const char *parent;           /* hash of the remote object that is answered, "" for our post itself */
};

static enum lookup find_place(struct incoming *incoming, const char *in_reply_to, struct place *place)
{
    place->parent = "";
    if (local_is_ours(incoming->gateway->config, in_reply_to))
        return incoming_local_post(incoming, in_reply_to, &place->record, &place->root);
    struct remote_object object;
    enum lookup found = remote_object_find(incoming->gateway, incoming->arena, in_reply_to, &object);
    if (found != LOOKUP_FOUND || object.gone)
        return found == LOOKUP_DOWN ? LOOKUP_DOWN : LOOKUP_ABSENT;
    char hash[23];
    id_hash(in_reply_to, hash);
    place->parent = arena_string(incoming->arena, hash);
    found = account_load(incoming->gateway->store, incoming->arena, object.aid, &place->record);
    if (found == LOOKUP_FOUND)
        found = post_load(incoming->gateway->store, incoming->arena, object.aid, object.oid, &place->root);
    if (found == LOOKUP_FOUND && (place->root.state != POST_LIVE || place->record.consent != CONSENT_ON))
        return LOOKUP_ABSENT;
    return found;
}

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
    if (updated <= 0 || updated > now)
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
    arguments_text(arguments, hash);
    struct reply *reply = store_script(incoming->gateway->store, "remote_object_put", arguments);
    bool failed = reply_failed(reply);
    if (!failed)
        log_write(LOG_INFO, "a reply came", "trace", incoming->trace, "object", note->id, "outcome",
                  reply_text(reply), "aid", place->record.aid, (char *)NULL);
    reply_free(reply);
    upstream_push_kick(incoming->gateway, place->record.platform);
    return failed ? WORK_LATER : WORK_DONE;
}

enum work_result keep_reply(struct incoming *incoming, const json_t *object)
{
    struct inbound_note note;
    struct place place;
    if (inbound_note_read(object, incoming->document, incoming->arena, &note) || !is_own(incoming, &note) ||
        !note.in_reply_to || note.is_vote)
        return WORK_DONE;
    /* DESIGN §6: only public and unlisted replies are shown on the platform. */
    if (note.visibility != VISIBILITY_PUBLIC && note.visibility != VISIBILITY_UNLISTED)
        return WORK_DONE;
    enum lookup found = find_place(incoming, note.in_reply_to, &place);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (!note_exposure(incoming, &place.record, &place.root, 'r'))
        return WORK_LATER;
    char *source = json_dumps(object, JSON_COMPACT);
    enum work_result result = WORK_DONE;
    if (source && strlen(source) <= SOURCE_MAX)
        result = store_reply(incoming, &note, &place, source);
    free(source);
    return result;
}

enum work_result handle_create(struct incoming *incoming)
{
    if (incoming->activity.object)
        return keep_reply(incoming, incoming->activity.object);
    if (!incoming->activity.object_id ||
        !url_same_origin(incoming->activity.object_id, incoming->activity.actor))
        return WORK_DONE;
    json_t *object = NULL;
    const char *why = NULL;
    enum remote_outcome outcome =
        remote_fetch(incoming->gateway, incoming->arena, incoming->activity.object_id, &object, &why);
    enum work_result result = outcome == REMOTE_LATER ? WORK_LATER : WORK_DONE;
    if (outcome == REMOTE_OK)
        result = keep_reply(incoming, object);
    json_decref(object);
    return result;
}
