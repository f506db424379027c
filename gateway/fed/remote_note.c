/* Posts of other servers that ours point at: quotes, reposts, answers beyond our own threads. */
#include <string.h>

#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"

enum { NOTE_KEPT_S = 30 * 86400, ABSENT_KEPT_S = 600 };

static const char *note_key(struct arena *arena, const char *id)
{
    char hash[23];
    id_hash(id, hash);
    return arena_format(arena, "remote_note:%s", hash);
}

static const char *field(const struct reply *reply, const char *name, struct arena *arena)
{
    const char *value = reply_field(reply, name);
    return value && value[0] ? arena_string(arena, value) : NULL;
}

static enum lookup read_cache(struct gateway *gateway, struct arena *arena, const char *key,
                              struct remote_note *out, bool *known)
{
    struct reply *reply = store_call(gateway->store, "HGETALL", key, (char *)NULL);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_ABSENT;
    *known = reply_count(reply) > 0;
    *out = (struct remote_note){.id = field(reply, "id", arena),
                                .actor = field(reply, "actor", arena),
                                .url = field(reply, "url", arena),
                                .context = field(reply, "context", arena)};
    reply_free(reply);
    return out->id && out->actor ? LOOKUP_FOUND : result;
}

static void keep(struct gateway *gateway, struct arena *arena, const char *key,
                 const struct remote_note *note)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_text(arguments, key);
    arguments_text(arguments, "id");
    arguments_text(arguments, note->id);
    arguments_text(arguments, "actor");
    arguments_text(arguments, note->actor);
    arguments_text(arguments, "url");
    arguments_text(arguments, note->url);
    arguments_text(arguments, "context");
    arguments_text(arguments, note->context);
    reply_free(store_run(gateway->store, arguments));
    reply_free(store_call(gateway->store, "EXPIRE", key,
                          arena_format(arena, "%d", note->id ? NOTE_KEPT_S : ABSENT_KEPT_S), (char *)NULL));
}

enum lookup remote_note_find(struct gateway *gateway, struct arena *arena, const char *id,
                             struct remote_note *out)
{
    const char *key = note_key(arena, id);
    bool known = false;
    enum lookup found = read_cache(gateway, arena, key, out, &known);
    if (found != LOOKUP_ABSENT || known || !gateway->fetch)
        return found;
    json_t *document = NULL;
    const char *why = NULL;
    struct inbound_note note;
    *out = (struct remote_note){0};
    if (remote_fetch(gateway, arena, id, &document, &why) == REMOTE_OK &&
        !inbound_note_read(document, NULL, arena, &note) && note.id && note.attributed_to &&
        url_same_origin(note.id, note.attributed_to) &&
        (note.visibility == VISIBILITY_PUBLIC || note.visibility == VISIBILITY_UNLISTED))
        *out = (struct remote_note){.id = note.id,
                                    .actor = note.attributed_to,
                                    .url = note.url ? note.url : note.id,
                                    .context = note.context};
    json_decref(document);
    keep(gateway, arena, key, out);
    return out->id ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

void remote_note_forget(struct gateway *gateway, struct arena *arena, const char *id)
{
    reply_free(store_call(gateway->store, "DEL", note_key(arena, id), (char *)NULL));
}
