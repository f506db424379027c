/* Whose key signs: instance actors and accounts, with their private keys opened and kept in this process. */
#ifndef DRAWBRIDGE_GATEWAY_FED_SIGNER_H
#define DRAWBRIDGE_GATEWAY_FED_SIGNER_H

#include <jansson.h>

#include "gateway/client/fetch.h"
#include "gateway/gateway.h"
#include "mapping/arena.h"

struct private_key;

struct signer {
    const char *key_id; /* ACTOR#main-key */
    const char *public_key_pem;
    struct private_key *key;
};

/* The signer of a host's instance actor; its key is made at first use. Waits. NULL when the store is away.
 * The signer lives as long as the gateway. */
const struct signer *signer_instance(struct gateway *gateway, const struct config_host *host);

/* The signer of an account whose key is of that generation (account:AID, key_generation); a newer one when it
 * was changed meanwhile. Waits when it is not kept. NULL when there is none or the store is away. It lives
 * for at least a minute: ask again for each piece of work, it costs nothing. */
const struct signer *signer_account(struct gateway *gateway, const char *aid, int64_t generation);

/* The one that is kept for the account, whichever key it has; NULL when none is. Does not wait. */
const struct signer *signer_kept(struct gateway *gateway, const char *aid);

/* A new RSA key pair: SPKI PEM (malloc'd) and the private key sealed for the store (malloc'd). Computed in
 * the crypto pool: waits. */
void signer_make_key(struct gateway *gateway, char **public_key_pem, unsigned char **sealed,
                     size_t *sealed_length);

/* How a GET is signed: some servers expect the path without its query (PROTOCOL §2.1), some will want
 * RFC 9421. */
enum get_way { GET_CAVAGE, GET_CAVAGE_PATH, GET_RFC9421 };
/* The headers of a signed GET of `url` (Date, Signature, perhaps Signature-Input) into `headers`, texts in
 * the arena. Computed in the crypto pool: waits. Returns how many; 0 when signing failed or `maximum` is less
 * than 3. */
size_t signer_sign_get(struct gateway *gateway, const struct signer *signer, const char *url,
                       enum get_way way, struct arena *arena, struct fetch_header *headers, size_t maximum);

struct signed_post {
    const char *url, *content_type;
    const void *body;
    size_t length;
};
/* The same for a POST: Content-Type, Date, a digest, Signature, perhaps Signature-Input. 0 when `maximum` is
 * less than 5. */
size_t signer_sign_post(struct gateway *gateway, const struct signer *signer, const struct signed_post *post,
                        enum get_way way, struct arena *arena, struct fetch_header *headers, size_t maximum);

/* Adds the LD signature to a Delete of ours (gateway/sig/ld_signature.h). Computed in the crypto pool: waits.
 * False: the document is of a shape that cannot be signed, and stays as it was. */
bool signer_sign_delete(struct gateway *gateway, const struct signer *signer, json_t *document);

void signers_free(struct gateway *gateway);

#endif
