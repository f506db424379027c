#include "gateway/store/reactions.h"

#include <string.h>

static const struct {
    const char *name, *field;
} kinds[] = {
    [REACTION_LIKE] = {"like", "likes"},
    [REACTION_SHARE] = {"share", "shares"},
    [REACTION_EMOJI] = {"emoji", "emoji"},
    [REACTION_VOTE] = {"vote", "votes"},
};

const char *reaction_name(enum reaction_kind kind)
{
    return kinds[kind].name;
}

bool reaction_named(const char *name, enum reaction_kind *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        *out = (enum reaction_kind)i;
        return true;
    }
    return false;
}

enum lookup reaction_put(struct store *store, const char *aid, const char *oid,
                         const struct reaction *reaction, bool add, bool *changed)
{
    char hash[23];
    id_hash(reaction->actor_id, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid);
    arguments_text(arguments, kinds[reaction->kind].field);
    arguments_text(arguments, hash);
    arguments_text(arguments, reaction->detail);
    arguments_text(arguments, add ? "1" : "0");
    arguments_text(arguments, reaction->value);
    struct reply *reply = store_script(store, "reaction", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    *changed = reply_number(reply) == 1;
    reply_free(reply);
    return result;
}

static enum lookup read_field(struct store *store, struct arena *arena, const char *aid, const char *oid,
                              const char *field, const char **value)
{
    struct reply *reply =
        store_call(store, "HGET", arena_format(arena, "reactions:%s:%s", aid, oid), field, (char *)NULL);
    enum lookup result = reply_failed(reply)              ? LOOKUP_DOWN
                         : reply_kind(reply) == REPLY_NIL ? LOOKUP_ABSENT
                                                          : LOOKUP_FOUND;
    *value = arena_string(arena, reply_text(reply));
    reply_free(reply);
    return result;
}

enum lookup reaction_value(struct store *store, struct arena *arena, const char *aid, const char *oid,
                           const struct reaction *reaction, const char **value)
{
    char hash[23];
    id_hash(reaction->actor_id, hash);
    return read_field(store, arena, aid, oid,
                      arena_format(arena, "%s:%s:%s", kinds[reaction->kind].field, hash, reaction->detail),
                      value);
}

enum lookup reaction_any_like(struct store *store, struct arena *arena, const char *aid, const char *oid,
                              const char *actor_id)
{
    char hash[23];
    const char *count = NULL;
    id_hash(actor_id, hash);
    return read_field(store, arena, aid, oid, arena_format(arena, "count:%s", hash), &count);
}
