#include "gateway/fed/key_proof.h"

#include <string.h>

#include "gateway/sig/signed_request.h"

const char *key_document_url(struct arena *arena, const char *key_id, const char **why)
{
    struct url_parts parts;
    if (!url_take_apart(arena, key_id, &parts)) {
        *why = "the keyId is no URL that we fetch";
        return NULL;
    }
    return arena_copy(arena, key_id, strcspn(key_id, "#"));
}

static struct public_key *read_key(const struct inbound_key *key, const char **why)
{
    if (!key->pem && key->multibase)
        return public_key_from_multibase(key->multibase, why);
    if (!key->pem) {
        *why = "the key's document has no key in it";
        return NULL;
    }
    struct public_key *read = public_key_from_pem(key->pem, why);
    if (!read || public_key_kind(read) == KEY_RSA)
        return read;
    public_key_unref(read);
    *why = "an Ed25519 key must be a Multikey under assertionMethod";
    return NULL;
}

/* The place of that key id in the actor's list; a bare actor id stands for its only PEM key. */
static const struct inbound_key *listed(const struct inbound_actor *actor, const char *key_id)
{
    const struct inbound_key *only = NULL;
    size_t pems = 0;
    for (size_t i = 0; i < actor->key_count; i++) {
        if (actor->keys[i].id && strcmp(actor->keys[i].id, key_id) == 0)
            return &actor->keys[i];
        if (actor->keys[i].pem) {
            only = &actor->keys[i];
            pems++;
        }
    }
    return pems == 1 && strcmp(key_id, actor->id) == 0 ? only : NULL;
}

struct public_key *key_of_actor(struct arena *arena, const struct inbound_actor *actor, const char *key_id,
                                const char **why)
{
    if (!url_on_same_origin(arena, actor->id, key_id)) {
        *why = "the key is on another server than its actor";
        return NULL;
    }
    const struct inbound_key *key = listed(actor, key_id);
    if (!key) {
        *why = "the actor does not list that key";
        return NULL;
    }
    if (!key->owner || strcmp(key->owner, actor->id) != 0) {
        *why = "the key's owner is another actor";
        return NULL;
    }
    return read_key(key, why);
}

const char *key_document_check(struct arena *arena, const struct inbound_key *document, const char *key_id)
{
    if (!document->id || strcmp(document->id, key_id) != 0)
        return "the key's document has another id";
    if (!document->owner || !url_on_same_origin(arena, document->owner, key_id))
        return "the key is on another server than its owner";
    return NULL;
}

struct public_key *key_of_owner(struct arena *arena, const struct inbound_key *document,
                                const struct inbound_actor *owner, const char *key_id, const char **why)
{
    if (strcmp(document->owner, owner->id) != 0) {
        *why = "the key's owner is another actor";
        return NULL;
    }
    struct public_key *claimed = read_key(document, why);
    struct public_key *own = claimed ? key_of_actor(arena, owner, key_id, why) : NULL;
    if (own && !public_key_equal(claimed, own)) {
        public_key_unref(own);
        own = NULL;
        *why = "the key's document and its actor show different keys";
    }
    public_key_unref(claimed);
    return own;
}
