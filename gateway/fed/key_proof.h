/* Whose key it is: the rules of PROTOCOL §2.1 "keyId resolution and key rules", without any I/O. */
#ifndef DRAWBRIDGE_GATEWAY_FED_KEY_PROOF_H
#define DRAWBRIDGE_GATEWAY_FED_KEY_PROOF_H

#include "gateway/sig/key.h"
#include "mapping/inbound.h"

/* The address of the document behind a keyId: without its fragment, http or https only. NULL with the reason.
 */
const char *key_document_url(struct arena *arena, const char *key_id, const char **why);

/* The key that the actor's own document lists under this id, with the actor as its owner and on the actor's
 * own origin. A keyId that is the actor's id itself means the actor's only PEM key. Ed25519 counts as a
 * Multikey only. A new reference, or NULL with the reason. */
struct public_key *key_of_actor(struct arena *arena, const struct inbound_actor *actor, const char *key_id,
                                const char **why);

/* What a stand-alone key document must say before its owner is asked: its id is the keyId, its owner is on
 * the same origin. NULL when it does, else the reason. */
const char *key_document_check(struct arena *arena, const struct inbound_key *document, const char *key_id);
/* Then the actor's document must list the very same key. */
struct public_key *key_of_owner(struct arena *arena, const struct inbound_key *document,
                                const struct inbound_actor *owner, const char *key_id, const char **why);

#endif
