/* Object integrity proofs: FEP-8b32 with the cryptosuite eddsa-jcs-2022 (W3C vc-di-eddsa §3.3). */
#ifndef DRAWBRIDGE_GATEWAY_SIG_PROOF_H
#define DRAWBRIDGE_GATEWAY_SIG_PROOF_H

#include <jansson.h>
#include <stdint.h>

#include "gateway/sig/key.h"
#include "mapping/arena.h"

enum { PROOF_HASHES_LENGTH = 64, PROOF_VALUE_LENGTH = 64 };

struct proof {
    const char
        *verification_method; /* the id of the key; on the actor's own server, to be proven like a keyId */
    unsigned char
        hashes[PROOF_HASHES_LENGTH]; /* of the proof's configuration and of the document: what is signed */
    unsigned char value[PROOF_VALUE_LENGTH];
    /* Of the configuration as Fedify means it when the proof has no context of its own: with the document's.
     */
    unsigned char other_config[PROOF_HASHES_LENGTH / 2];
    bool has_other_config;
    int64_t created, expires; /* ms; 0 when it does not say */
};

/* Reads the proof of a document: one DataIntegrityProof of eddsa-jcs-2022 for assertionMethod. The document's
 * LD `signature` is left out, as PROTOCOL §2.5 wants it. Strings live in the arena. NULL on success, else the
 * reason.
 */
const char *proof_read(const json_t *document, struct arena *arena, struct proof *out);

/* True when the key (Ed25519) made it. Touches its arguments only: for the crypto pool. */
bool proof_check(const struct proof *proof, const struct public_key *key);

/* A proof of the document, as it is without one, made at `now` (ms) with an Ed25519 key named `method`; a new
 * reference, to be the document's `proof` member. NULL when the document is too large. */
json_t *proof_make(const json_t *document, const struct private_key *key, const char *method, int64_t now);

#endif
