/* HTTP Message Signatures (RFC 9421) in the profile of PROTOCOL §2.2. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_RFC9421_H
#define DRAWBRIDGE_GATEWAY_SIG_RFC9421_H

#include "gateway/sig/signature.h"
#include "gateway/sig/structured_field.h"

/* The signature base (§2.5) of one member of Signature-Input; its parameters are written in the order in
 * which they came. Components: @method @target-uri @authority @scheme @request-target @path @query
 * @query-param and header fields without parameters. NULL with the reason. */
const char *rfc9421_base(struct arena *arena, const struct field_member *input,
                         const struct signed_request *request, const char **why);

/* signature_read for this scheme. Labels that do not keep the profile are passed over; when several keep it,
 * the one counts whose keyid is on the origin of request->actor, and without such a one the request is
 * refused. */
enum signature_reading rfc9421_read(const struct signed_request *request, int64_t now, struct arena *arena,
                                    struct signature *out, const char **why);

enum { SIGNATURE_INPUT_MAX = 4096 };

/* The values of Signature-Input and Signature, label sig1, over @method and @target-uri, and for a POST over
 * content-digest (`content_digest` NULL: none, a GET). `created` in seconds. Touches only its arguments: safe
 * on any thread. False when the URL cannot be signed for or a buffer is too small (SIGNATURE_INPUT_MAX never
 * is, nor SIGNATURE_HEADER_MAX). */
bool rfc9421_sign(const struct private_key *key, const char *key_id, const char *method, const char *url,
                  const char *content_digest, int64_t created, char *input, size_t input_size,
                  char *signature, size_t signature_size);

#endif
