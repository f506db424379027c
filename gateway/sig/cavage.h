/* Signatures of draft-cavage-http-signatures-12 as the fediverse uses them (PROTOCOL §2.1). */
#ifndef DRAWBRIDGE_GATEWAY_SIG_CAVAGE_H
#define DRAWBRIDGE_GATEWAY_SIG_CAVAGE_H

#include "gateway/sig/signature.h"

enum { CAVAGE_HEADERS_MAX = 32 };

struct cavage_parameters {
    const char *key_id, *algorithm;          /* algorithm: NULL when absent */
    const char *headers[CAVAGE_HEADERS_MAX]; /* lower case */
    size_t header_count;
    const char *signature;    /* Base64 */
    int64_t created, expires; /* -1 when absent */
};
/* Parses the parameters of a Signature header, or of Authorization after its scheme. Strict: quotes closed,
 * no parameter twice, nothing between. NULL on success, else the reason. */
const char *cavage_parse(struct arena *arena, const char *text, struct cavage_parameters *out);

/* The signing string (§2.3 of the draft); with the query of the target or cut before it. NULL when a header
 * is missing, with the reason. */
const char *cavage_signing_string(struct arena *arena, const struct cavage_parameters *parameters,
                                  const struct signed_request *request, bool with_query, const char **why);

/* signature_read for this scheme: receiving profile, time, digest. */
enum signature_reading cavage_read(const struct signed_request *request, int64_t now, struct arena *arena,
                                   struct signature *out, const char **why);

/* The value of the Signature header for a POST, over (request-target), host, date, digest and content-type,
 * with the sending profile. `date` and `digest` are the very texts of those headers. Touches only its
 * arguments: safe on any thread. False when the URL cannot be signed for or `out` is too small
 * (SIGNATURE_HEADER_MAX never is). */
bool cavage_sign_post(const struct private_key *key, const char *key_id, const char *url, const char *date,
                      const char *digest, const char *content_type, char *out, size_t size);
/* The same for a GET, over (request-target), host and date. Without the query for servers that expect the
 * path only. */
bool cavage_sign_get(const struct private_key *key, const char *key_id, const char *url, bool with_query,
                     const char *date, char *out, size_t size);

#endif
