/* Activities: the shapes of PROTOCOL §3.3 and §4.2, boring on purpose. */
#include <stdlib.h>
#include <string.h>

#include "mapping/json_out.h"
#include "mapping/outbound.h"

/* A copy for embedding: an embedded document shares the context of what holds it. */
static json_t *without_context(const json_t *document)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)document);
    (void)json_object_del(copy, "@context");
    return copy;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void share(json_t *activity, const char *name, const json_t *from)
{
    json_t *value = json_object_get(from, name);
    if (value)
        (void)json_object_set(activity, name, value);
}

static json_t *activity_new(json_t *context, const char *id, const char *type, const char *actor_id)
{
    json_t *activity = json_object();
    put_new(activity, "@context", context);
    put_text(activity, "id", id);
    put_text(activity, "type", type);
    put_text(activity, "actor", actor_id);
    return activity;
}

static json_t *with_fragment(const char *id, const char *fragment)
{
    return json_sprintf("%s#%s", id, fragment);
}

json_t *create_activity(const json_t *object)
{
    json_t *activity = json_object();
    share(activity, "@context", object);
    put_new(activity, "id", with_fragment(text_of(object, "id"), "create"));
    put_text(activity, "type", "Create");
    put_text(activity, "actor", text_of(object, "attributedTo"));
    share(activity, "published", object);
    share(activity, "to", object);
    share(activity, "cc", object);
    put_new(activity, "object", without_context(object));
    return activity;
}

json_t *update_activity(const json_t *object, const char *actor_id, const char *activity_id)
{
    json_t *context = json_object_get(object, "@context");
    json_t *activity = activity_new(json_incref(context), activity_id, "Update", actor_id);
    if (json_object_get(object, "to")) {
        share(activity, "to", object);
        share(activity, "cc", object);
    } else {
        put_new(activity, "to", string_list(PUBLIC_COLLECTION, NULL));
        put_new(activity, "cc", string_list(text_of(object, "followers"), NULL));
    }
    put_new(activity, "object", without_context(object));
    return activity;
}

json_t *delete_activity(const char *actor_id, const char *object_id, const char *followers_url)
{
    json_t *activity = json_object();
    put_new(activity, "@context", context_of_delete());
    put_new(activity, "id", with_fragment(object_id, "delete"));
    put_text(activity, "type", "Delete");
    put_text(activity, "actor", actor_id);
    put_new(activity, "to", string_list(PUBLIC_COLLECTION, NULL));
    put_new(activity, "cc", string_list(followers_url, NULL));
    put_new(activity, "object",
            json_pack("{ss ss ss}", "id", object_id, "type", "Tombstone", "atomUri", object_id));
    return activity;
}

json_t *delete_actor_activity(const char *actor_id, const char *followers_url)
{
    json_t *activity = json_object();
    put_new(activity, "@context", context_of_delete());
    put_new(activity, "id", with_fragment(actor_id, "delete"));
    put_text(activity, "type", "Delete");
    put_text(activity, "actor", actor_id);
    put_new(activity, "to", string_list(PUBLIC_COLLECTION, NULL));
    put_new(activity, "cc", string_list(followers_url, NULL));
    put_text(activity, "object", actor_id);
    return activity;
}

json_t *tombstone_document(const char *object_id, const char *former_type, int64_t deleted)
{
    json_t *document = json_object();
    put_new(document, "@context", context_plain());
    put_text(document, "id", object_id);
    put_text(document, "type", "Tombstone");
    put_text(document, "formerType", former_type);
    put_time(document, "deleted", deleted);
    return document;
}

json_t *follow_answer(bool accept, const char *id, const char *actor_id, const char *follow_id,
                      const char *follower_id, const char *follow_object)
{
    json_t *activity = activity_new(context_plain(), id, accept ? "Accept" : "Reject", actor_id);
    json_t *follow = json_object();
    put_text(follow, "id", follow_id);
    put_text(follow, "type", "Follow");
    put_text(follow, "actor", follower_id);
    put_text(follow, "object", follow_object);
    put_new(activity, "to", string_list(follower_id, NULL));
    put_new(activity, "object", follow);
    return activity;
}

json_t *follow_activity(const char *id, const char *actor_id, const char *followed_id)
{
    json_t *activity = activity_new(context_plain(), id, "Follow", actor_id);
    put_new(activity, "to", string_list(followed_id, NULL));
    put_text(activity, "object", followed_id);
    return activity;
}

json_t *announce_activity(const char *id, const char *actor_id, const char *object_id, const char *author_id,
                          const char *followers_url, int64_t published)
{
    json_t *activity = activity_new(context_plain(), id, "Announce", actor_id);
    put_time(activity, "published", published);
    put_new(activity, "to", string_list(PUBLIC_COLLECTION, NULL));
    put_new(activity, "cc",
            string_list(followers_url, author_id && strcmp(author_id, actor_id) != 0 ? author_id : NULL));
    put_text(activity, "object", object_id);
    return activity;
}

json_t *like_activity(const char *id, const char *actor_id, const char *object_id, const char *author_id)
{
    json_t *activity = activity_new(context_plain(), id, "Like", actor_id);
    put_new(activity, "to", string_list(author_id, NULL));
    put_text(activity, "object", object_id);
    return activity;
}

json_t *undo_activity(const json_t *activity, const char *id)
{
    json_t *context = json_object_get(activity, "@context");
    json_t *undo = activity_new(json_incref(context), id, "Undo", text_of(activity, "actor"));
    share(undo, "to", activity);
    share(undo, "cc", activity);
    put_new(undo, "object", without_context(activity));
    return undo;
}

json_t *pin_activity(const char *id, const char *actor_id, const char *object_id, const char *target,
                     const char *followers_url, bool add)
{
    json_t *activity = activity_new(context_plain(), id, add ? "Add" : "Remove", actor_id);
    put_new(activity, "to", string_list(PUBLIC_COLLECTION, NULL));
    put_new(activity, "cc", string_list(followers_url, NULL));
    put_text(activity, "object", object_id);
    put_text(activity, "target", target);
    return activity;
}

json_t *move_activity(const char *id, const char *actor_id, const char *target_id, const char *followers_url)
{
    json_t *activity = activity_new(context_plain(), id, "Move", actor_id);
    put_new(activity, "to", string_list(followers_url, NULL));
    put_text(activity, "object", actor_id);
    put_text(activity, "target", target_id);
    return activity;
}

/* ---- quotes (FEP-044f)
 * ---------------------------------------------------------------------------------------------- */

json_t *quote_request_activity(const char *id, const json_t *note, const char *quoted_id,
                               const char *quoted_author)
{
    json_t *context = json_array();
    json_t *shared = json_object_get(note, "@context");
    json_t *own = context_of_quote();
    (void)json_array_extend(context, shared);
    (void)json_array_append(context, json_array_get(own, 1));
    json_decref(own);
    json_t *activity = activity_new(context, id, "QuoteRequest", text_of(note, "attributedTo"));
    put_new(activity, "to", string_list(quoted_author, NULL));
    put_text(activity, "object", quoted_id);
    put_new(activity, "instrument", without_context(note));
    return activity;
}

json_t *quote_answer(const char *id, const struct quote_request *request, const char *stamp)
{
    json_t *activity =
        activity_new(context_of_quote(), id, stamp ? "Accept" : "Reject", request->quoted_author);
    json_t *object = json_object();
    put_text(object, "id", request->id);
    put_text(object, "type", "QuoteRequest");
    put_text(object, "actor", request->actor);
    put_text(object, "object", request->quoted);
    put_text(object, "instrument", request->quoting);
    put_new(activity, "to", string_list(request->actor, NULL));
    put_new(activity, "object", object);
    put_text(activity, "result", stamp);
    return activity;
}

json_t *quote_stamp_document(const char *stamp, const struct quote_request *request)
{
    json_t *document = json_object();
    put_new(document, "@context", context_of_quote());
    put_text(document, "id", stamp);
    put_text(document, "type", "QuoteAuthorization");
    put_text(document, "attributedTo", request->quoted_author);
    put_text(document, "interactingObject", request->quoting);
    put_text(document, "interactionTarget", request->quoted);
    return document;
}

/* ---- on the wire
 * ---------------------------------------------------------------------------------------------------- */

char *document_text(const json_t *document, size_t *length)
{
    /* Six digits are enough for a focal point, and 0.1 stays 0.1. */
    char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (!text)
        abort();
    *length = strlen(text);
    return text;
}
