/* Public keys in DER, read by hand: only the two kinds that we accept, so that no other algorithm of the
 * crypto library ever meets bytes from outside (and 20 times faster than its decoder, ENGINE §4). */
#ifndef DRAWBRIDGE_GATEWAY_SIG_DER_H
#define DRAWBRIDGE_GATEWAY_SIG_DER_H

#include <stdbool.h>
#include <stddef.h>

struct der_key {
    bool is_ed25519;
    const unsigned char *modulus; /* RSA; borrowed from the input, big-endian without a leading zero */
    size_t modulus_length;
    const unsigned char *exponent;
    size_t exponent_length;
    const unsigned char *point; /* Ed25519: 32 bytes */
};

/* SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of rsaEncryption or Ed25519 (RFC 8410). */
bool der_read_spki(const unsigned char *bytes, size_t length, struct der_key *out);
/* RSAPublicKey (RFC 8017 A.1.1). */
bool der_read_rsa(const unsigned char *bytes, size_t length, struct der_key *out);

#endif
