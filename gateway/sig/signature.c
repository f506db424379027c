#include "gateway/sig/signature.h"

#include <string.h>

#include "gateway/sig/cavage.h"
#include "gateway/sig/rfc9421.h"

bool signature_time_is_near(int64_t time, int64_t now)
{
    return time >= now - SIGNATURE_WINDOW_S && time <= now + SIGNATURE_WINDOW_S;
}

enum signature_reading signature_read(const struct signed_request *request, int64_t now, struct arena *arena,
                                      struct signature *out, const char **why)
{
    *out = (struct signature){0};
    if (request->header(request->context, "signature-input"))
        return rfc9421_read(request, now, arena, out, why);
    return cavage_read(request, now, arena, out, why);
}

static bool check_with(const struct signature *signature, const struct public_key *key,
                       enum signature_algorithm algorithm)
{
    for (size_t i = 0; i < signature->base_count; i++)
        if (public_key_verify(key, algorithm, signature->bases[i], strlen(signature->bases[i]),
                              signature->value, signature->value_length))
            return true;
    return false;
}

bool signature_check(const struct signature *signature, const struct public_key *key)
{
    if (signature->names_algorithm)
        return check_with(signature, key, signature->algorithm);
    if (public_key_kind(key) == KEY_ED25519)
        return check_with(signature, key, SIGN_ED25519);
    return check_with(signature, key, SIGN_RSA_SHA256);
}
