/* A signature that came with a request: read, checked for all that needs no key, and ready to be checked with
 * one. It holds what was signed, so the request may be answered and gone before the key is known. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_SIGNATURE_H
#define DRAWBRIDGE_GATEWAY_SIG_SIGNATURE_H

#include <stdint.h>

#include "gateway/sig/key.h"
#include "gateway/sig/signed_request.h"

enum { SIGNATURE_WINDOW_S = 3600, SIGNATURE_KEY_ID_MAX = 2048, SIGNATURE_HEADER_MAX = 8192 };

struct signature {
    const char *key_id;
    const unsigned char *value;
    size_t value_length;
    const char *bases[2]; /* what may have been signed: with the query, without it */
    size_t base_count;
    bool names_algorithm; /* `algorithm` it must be; else the key's kind decides */
    enum signature_algorithm algorithm;
};

enum signature_reading {
    SIGNATURE_READ,
    SIGNATURE_ABSENT,
    SIGNATURE_REFUSED, /* *why is a sentence */
};

/* Reads the signature of a request by the receiving profile of PROTOCOL §2.1 and §2.2: RFC 9421 where a
 * Signature-Input is there, else draft-cavage-12 in Signature or Authorization. `now` in seconds. All results
 * in the arena. */
enum signature_reading signature_read(const struct signed_request *request, int64_t now, struct arena *arena,
                                      struct signature *out, const char **why);

/* True when the key made it. Touches its arguments only: for the crypto pool. */
bool signature_check(const struct signature *signature, const struct public_key *key);

/* True when `time` is no more than the window away from `now`. */
bool signature_time_is_near(int64_t time, int64_t now);

#endif
