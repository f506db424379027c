/* The Ed25519 key by which an instance actor vouches for documents (FEP-521a, FEP-8b32):
 * BASE/actor#ed25519-key in its assertionMethod. Made at first use, sealed at rest. Calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_INSTANCE_PROOF_H
#define DRAWBRIDGE_GATEWAY_FED_INSTANCE_PROOF_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "gateway/sig/key.h"
#include "mapping/arena.h"

/* The public half as publicKeyMultibase, in the arena. NULL: the store is away. */
const char *instance_proof_public(struct gateway *gateway, const struct config_host *host,
                                  struct arena *arena);

/* Adds a proof (eddsa-jcs-2022) to the document by the instance actor of that host. False with a sentence. */
bool instance_proof_add(struct gateway *gateway, const struct config_host *host, json_t *document,
                        const char **why);

#endif
