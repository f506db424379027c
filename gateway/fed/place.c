/* Relevance (PROTOCOL §3.3): a remote post is our business when its chain reaches a post of ours, or when it
 * names or quotes somebody here. */
#include <string.h>

#include "gateway/fed/handle.h"

static enum lookup in_thread(struct incoming *incoming, const char *in_reply_to, struct place *place)
{
    struct remote_object object;
    char hash[23];
    if (local_is_ours(incoming->gateway->config, in_reply_to))
        return incoming_local_post(incoming, in_reply_to, &place->record, &place->root);
    enum lookup found = remote_object_find(incoming->gateway, incoming->arena, in_reply_to, &object);
    if (found != LOOKUP_FOUND || object.gone)
        return found == LOOKUP_DOWN ? LOOKUP_DOWN : LOOKUP_ABSENT;
    id_hash(in_reply_to, hash);
    place->parent = arena_string(incoming->arena, hash);
    found = account_load(incoming->gateway->store, incoming->arena, object.aid, &place->record);
    if (found == LOOKUP_FOUND && !consent_is_bridged(place->record.consent))
        return LOOKUP_ABSENT;
    if (found != LOOKUP_FOUND || !object.oid[0])
        return found;
    found = post_load(incoming->gateway->store, incoming->arena, object.aid, object.oid, &place->root);
    return found == LOOKUP_FOUND && place->root.state != POST_LIVE ? LOOKUP_ABSENT : found;
}

/* Who is named and on; the first of them when there are several of one platform: the push names all. */
static enum lookup named(struct incoming *incoming, const struct inbound_note *note, struct place *place)
{
    for (size_t i = 0; i < note->mention_count; i++) {
        enum lookup found = incoming_local_account(incoming, note->mentions[i].href, &place->record);
        if (found == LOOKUP_DOWN || (found == LOOKUP_FOUND && consent_is_bridged(place->record.consent)))
            return found;
    }
    return LOOKUP_ABSENT;
}

static enum lookup quoted(struct incoming *incoming, const char *quote, struct place *place)
{
    struct post_record post;
    return incoming_local_post(incoming, quote, &place->record, &post);
}

static enum lookup find_place(struct incoming *incoming, const struct inbound_note *note, struct place *out)
{
    enum lookup found = LOOKUP_ABSENT;
    *out = (struct place){.parent = "", .root = {.oid = ""}};
    if (note->in_reply_to)
        found = in_thread(incoming, note->in_reply_to, out);
    if (found != LOOKUP_ABSENT)
        return found;
    out->parent = "";
    out->root = (struct post_record){.oid = ""};
    if (note->quote_of)
        found = quoted(incoming, note->quote_of, out);
    return found == LOOKUP_ABSENT ? named(incoming, note, out) : found;
}

enum lookup place_find(struct incoming *incoming, const struct inbound_note *note, struct place *out)
{
    enum lookup found = find_place(incoming, note, out);
    return found == LOOKUP_FOUND ? incoming_meets(incoming, &out->record) : found;
}
