/* LD signatures (RsaSignature2017, as Mastodon checks them) on our own Deletes and on nothing else: Mastodon
 * passes a Delete on to those who hold a copy second-hand only when it carries one (PROTOCOL §2.4). No
 * general JSON-LD: the one shape that mapping/activity_out.c gives a Delete is canonicalised by a template.
 * We never check an LD signature. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_LD_SIGNATURE_H
#define DRAWBRIDGE_GATEWAY_SIG_LD_SIGNATURE_H

#include <jansson.h>
#include <stdint.h>

#include "gateway/sig/key.h"
#include "mapping/buffer.h"

enum { LD_QUADS_MAX = 16384 };

/* Appends the canonical N-Quads (URDNA2015) of a Delete of a post or of an actor. False when the document is
 * of any other shape: a member more or less, another context, a URL that N-Quads could not carry as it is. */
bool ld_delete_quads(const json_t *activity, struct buffer *out);

/* The same of the signature's options, read by the context https://w3id.org/identity/v1. */
bool ld_options_quads(const char *creator, const char *created, struct buffer *out);

/* The `signature` member for a Delete, made at `now` (ms) with the key (RSA) named `key_id`: a new reference.
 * NULL when the document is no Delete of that shape or the key cannot sign. Touches its arguments only: for
 * the crypto pool. */
json_t *ld_signature(const json_t *activity, const struct private_key *key, const char *key_id, int64_t now);

#endif
