/* Keys: public ones of others, private ones of ours. Every function may be called from any thread; a key is
 * never changed after it was made. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_KEY_H
#define DRAWBRIDGE_GATEWAY_SIG_KEY_H

#include <stdbool.h>
#include <stddef.h>

enum key_kind { KEY_RSA, KEY_ED25519 };

/* PROTOCOL §6.2 */
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, SIGNATURE_BYTES_MAX = RSA_BITS_MAX / 8 };

enum signature_algorithm {
    SIGN_RSA_SHA256, /* PKCS#1 v1.5 */
    SIGN_RSA_SHA512,
    SIGN_RSA_PSS_SHA512, /* RFC 9421 §3.3.1: salt of 64 bytes */
    SIGN_ED25519,
};

/* ---- public keys: counted references */

struct public_key;

/* From PEM: `BEGIN PUBLIC KEY` (SPKI) or `BEGIN RSA PUBLIC KEY` (PKCS#1). RSA of 2048 to 8192 bits with an
 * odd exponent of 3 to 2^32, or Ed25519; anything else is NULL with the reason in *why. */
struct public_key *public_key_from_pem(const char *pem, const char **why);
/* From a Multikey's publicKeyMultibase (FEP-521a): Ed25519 or RSA, with the same limits. */
struct public_key *public_key_from_multibase(const char *text, const char **why);
struct public_key *public_key_ref(struct public_key *key);
void public_key_unref(struct public_key *key); /* NULL is nothing */
enum key_kind public_key_kind(const struct public_key *key);
/* True when a check by it takes less than a tenth of a millisecond, and thus hardly more than it takes to
 * have a thread do it: RSA of at most 4096 bits. */
bool public_key_is_quick(const struct public_key *key);
bool public_key_equal(const struct public_key *one, const struct public_key *other);
/* False when the signature is wrong, or the algorithm is not one of the key's kind. */
bool public_key_verify(const struct public_key *key, enum signature_algorithm algorithm, const void *data,
                       size_t length, const unsigned char *signature, size_t signature_length);

/* ---- private keys */

struct private_key;

/* A new RSA key of 2048 bits. Takes tenths of a second: for the crypto pool. */
struct private_key *private_key_generate(void);
/* A new Ed25519 key; takes no time. */
struct private_key *private_key_generate_ed25519(void);
/* From PEM without a pass phrase; NULL when it is none or its kind or size is not accepted. */
struct private_key *private_key_from_pem(const char *pem);
/* Wipes and frees; NULL is nothing. */
void private_key_free(struct private_key *key);
enum key_kind private_key_kind(const struct private_key *key);
/* SPKI PEM as PROTOCOL §1.4.1 wants it; malloc'd. */
char *private_key_public_pem(const struct private_key *key);
/* The public half of an Ed25519 key as publicKeyMultibase (FEP-521a); false when it is of another kind or
 * does not fit. */
bool private_key_public_multibase(const struct private_key *key, char *out, size_t size);
/* Signs by RSA PKCS#1 v1.5 with SHA-256, or by Ed25519. `out` holds SIGNATURE_BYTES_MAX. */
bool private_key_sign(const struct private_key *key, const void *data, size_t length, unsigned char *out,
                      size_t *out_length);

/* At rest (DESIGN §4): AES-256-GCM. A sealed key is: version 1, nonce (12), PKCS#8 encrypted, tag (16).
 * malloc'd. */
void private_key_seal(const struct private_key *key, const unsigned char secret[32], unsigned char **sealed,
                      size_t *sealed_length);
/* NULL when the secret is another one, a bit was changed or there is no room for keys (key_memory.h). */
struct private_key *private_key_open(const unsigned char secret[32], const void *sealed,
                                     size_t sealed_length);

#endif
