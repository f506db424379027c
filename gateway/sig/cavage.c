#include "gateway/sig/cavage.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/http_date.h"

/* ---- parameters
 * ----------------------------------------------------------------------------------------------------- */

enum { PARAMETERS_MAX = 16, NAME_MAX_LENGTH = 32, DIGITS_MAX = 15 };

struct parameter {
    const char *name, *value;
};

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* `name="value"` or `name=digits` at *at. */
static const char *take_parameter(struct arena *arena, const char **at, struct parameter *out)
{
    const char *start = *at, *end = start;
    while (is_name_char(*end))
        end++;
    if (end == start || end - start > NAME_MAX_LENGTH || *end != '=')
        return "a parameter of the signature is malformed";
    out->name = arena_copy(arena, start, (size_t)(end - start));
    start = end + 1;
    if (*start != '"') {
        size_t digits = strspn(start, "0123456789");
        if (digits == 0 || digits > DIGITS_MAX)
            return "a parameter of the signature is not quoted";
        out->value = arena_copy(arena, start, digits);
        *at = start + digits;
        return NULL;
    }
    size_t length = strcspn(++start, "\"\\");
    if (start[length] != '"')
        return "a quote in the signature is not closed";
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)start[i] < 0x20 || start[i] == 0x7f)
            return "a parameter of the signature has control characters";
    out->value = arena_copy(arena, start, length);
    *at = start + length + 1;
    return NULL;
}

static const char *split(struct arena *arena, const char *text, struct parameter *out, size_t *count)
{
    *count = 0;
    for (const char *at = text;; at++) {
        at += strspn(at, " \t");
        if (*count == PARAMETERS_MAX)
            return "the signature has too many parameters";
        const char *wrong = take_parameter(arena, &at, &out[*count]);
        if (wrong)
            return wrong;
        for (size_t i = 0; i < *count; i++)
            if (strcasecmp(out[i].name, out[*count].name) == 0)
                return "a parameter of the signature is there twice";
        (*count)++;
        at += strspn(at, " \t");
        if (*at == '\0')
            return NULL;
        if (*at != ',')
            return "the signature's parameters are not separated by commas";
    }
}

static const char *find(const struct parameter *parameters, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parameters[i].name, name) == 0)
            return parameters[i].value;
    return NULL;
}

static bool read_seconds(const char *text, int64_t *out)
{
    *out = -1;
    if (!text)
        return true;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > DIGITS_MAX || text[digits])
        return false;
    *out = 0;
    for (size_t i = 0; i < digits; i++)
        *out = *out * 10 + (text[i] - '0');
    return true;
}

static bool covers(const struct cavage_parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->header_count; i++)
        if (strcmp(parameters->headers[i], name) == 0)
            return true;
    return false;
}

static const char *split_headers(struct arena *arena, const char *text, struct cavage_parameters *out)
{
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        if (length == 0 || out->header_count == CAVAGE_HEADERS_MAX)
            return "the signature's list of headers is malformed";
        char *name = arena_copy(arena, at, length);
        for (char *c = name; *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        if (covers(out, name))
            return "the signature lists a header twice";
        out->headers[out->header_count++] = name;
        at += length;
        if (*at == ' ' && *++at == '\0')
            return "the signature's list of headers is malformed";
    }
    return out->header_count > 0 ? NULL : "the signature covers nothing";
}

const char *cavage_parse(struct arena *arena, const char *text, struct cavage_parameters *out)
{
    *out = (struct cavage_parameters){.created = -1, .expires = -1};
    if (strnlen(text, SIGNATURE_HEADER_MAX + 1) > SIGNATURE_HEADER_MAX)
        return "the signature is too long";
    struct parameter parameters[PARAMETERS_MAX];
    size_t count;
    const char *wrong = split(arena, text, parameters, &count);
    if (wrong)
        return wrong;
    out->key_id = find(parameters, count, "keyId");
    out->signature = find(parameters, count, "signature");
    out->algorithm = find(parameters, count, "algorithm");
    const char *headers = find(parameters, count, "headers");
    if (!out->key_id || !out->key_id[0] || strlen(out->key_id) > SIGNATURE_KEY_ID_MAX)
        return "the signature has no usable keyId";
    if (!out->signature || !headers)
        return "the signature lacks its value or its list of headers";
    if (!read_seconds(find(parameters, count, "created"), &out->created) ||
        !read_seconds(find(parameters, count, "expires"), &out->expires))
        return "the signature's created or expires is no number of seconds";
    return split_headers(arena, headers, out);
}

/* ---- signing string
 * ------------------------------------------------------------------------------------------------- */

static const char *target_line(struct arena *arena, const struct signed_request *request, bool with_query)
{
    char *method = arena_string(arena, request->method);
    for (char *c = method; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    size_t length = with_query ? strlen(request->target) : strcspn(request->target, "?");
    return arena_format(arena, "%s %.*s", method, (int)length, request->target);
}

static const char *value_of(struct arena *arena, const struct cavage_parameters *parameters, const char *name,
                            const struct signed_request *request, bool with_query)
{
    if (strcmp(name, "(request-target)") == 0)
        return target_line(arena, request, with_query);
    if (strcmp(name, "(created)") == 0)
        return parameters->created < 0 ? NULL : arena_format(arena, "%" PRId64, parameters->created);
    if (strcmp(name, "(expires)") == 0)
        return parameters->expires < 0 ? NULL : arena_format(arena, "%" PRId64, parameters->expires);
    if (strcmp(name, "host") == 0)
        return request->authority;
    const char *value = request->header(request->context, name);
    if (!value)
        return NULL;
    value += strspn(value, " \t");
    size_t length = strlen(value);
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    return arena_copy(arena, value, length);
}

const char *cavage_signing_string(struct arena *arena, const struct cavage_parameters *parameters,
                                  const struct signed_request *request, bool with_query, const char **why)
{
    const char *lines[CAVAGE_HEADERS_MAX];
    size_t total = 0;
    for (size_t i = 0; i < parameters->header_count; i++) {
        const char *name = parameters->headers[i];
        const char *value = value_of(arena, parameters, name, request, with_query);
        if (!value) {
            *why = "a header that the signature covers is not there";
            return NULL;
        }
        lines[i] = arena_format(arena, "%s%s: %s", i > 0 ? "\n" : "", name, value);
        total += strlen(lines[i]);
    }
    char *out = arena_alloc(arena, total + 1), *end = out;
    for (size_t i = 0; i < parameters->header_count; i++)
        end = stpcpy(end, lines[i]);
    return out;
}

/* ---- receiving profile
 * ---------------------------------------------------------------------------------------------- */

static const char *signature_text(const struct signed_request *request)
{
    const char *text = request->header(request->context, "signature");
    const char *authorization = request->header(request->context, "authorization");
    bool authorized = authorization && strncasecmp(authorization, "Signature ", 10) == 0;
    if (!text)
        return authorized ? authorization + 10 : NULL;
    return strncasecmp(text, "Signature ", 10) == 0 ? text + 10 : text;
}

/* The algorithm follows from the key; of the names only rsa-sha512 says more than the key does. A name that
 * no server means is refused. */
static const char *read_algorithm(const char *name, struct signature *out)
{
    static const char *const known[] = {"hs2019", "rsa-sha256", "rsa-sha512", "ed25519", "ed25519-sha512"};
    if (!name)
        return NULL;
    out->names_algorithm = strcasecmp(name, "rsa-sha512") == 0;
    out->algorithm = SIGN_RSA_SHA512;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(name, known[i]) == 0)
            return NULL;
    return "the signature's algorithm is unknown or too weak";
}

static const char *check_coverage(const struct cavage_parameters *parameters,
                                  const struct signed_request *request)
{
    if (!covers(parameters, "(request-target)") || !covers(parameters, "host"))
        return "the signature does not cover (request-target) and host";
    if (!covers(parameters, "date") && !covers(parameters, "(created)"))
        return "the signature covers neither date nor (created)";
    if (request->has_body && !covers(parameters, "digest"))
        return "the signature does not cover the digest";
    return NULL;
}

static const char *check_time(const struct cavage_parameters *parameters,
                              const struct signed_request *request, int64_t now)
{
    const char *date = request->header(request->context, "date");
    int64_t time;
    if (covers(parameters, "date")) {
        if (!date || !http_date_parse(date, &time))
            return "the date is missing or malformed";
        if (!signature_time_is_near(time, now))
            return "the date is more than an hour away from ours";
    }
    if (covers(parameters, "(created)") && parameters->created < 0)
        return "the signature has no created";
    if (parameters->created >= 0 && !signature_time_is_near(parameters->created, now))
        return "the signature was made more than an hour away from our time";
    if (parameters->expires >= 0 && parameters->expires < now)
        return "the signature has expired";
    return NULL;
}

static const char *check_digest(const struct signed_request *request)
{
    const char *digest = request->header(request->context, "digest");
    if (!digest)
        return "the digest is missing";
    switch (digest_check(digest, &request->body)) {
    case DIGEST_MATCHES:
        return NULL;
    case DIGEST_DIFFERS:
        return "the digest is not the body's";
    case DIGEST_MISSING:
        return "the digest has no SHA-256";
    case DIGEST_MALFORMED:
        break;
    }
    return "the digest is malformed";
}

static const char *decode_value(struct arena *arena, const char *text, struct signature *out)
{
    unsigned char *value = arena_alloc(arena, SIGNATURE_BYTES_MAX);
    if (!base64_decode(text, strlen(text), value, SIGNATURE_BYTES_MAX, &out->value_length) ||
        out->value_length == 0)
        return "the signature's value is no Base64";
    out->value = value;
    return NULL;
}

enum signature_reading cavage_read(const struct signed_request *request, int64_t now, struct arena *arena,
                                   struct signature *out, const char **why)
{
    const char *text = signature_text(request);
    if (!text)
        return SIGNATURE_ABSENT;
    struct cavage_parameters parameters;
    *why = cavage_parse(arena, text, &parameters);
    if (!*why)
        *why = read_algorithm(parameters.algorithm, out);
    if (!*why)
        *why = check_coverage(&parameters, request);
    if (!*why)
        *why = check_time(&parameters, request, now);
    if (!*why && (request->has_body || covers(&parameters, "digest")))
        *why = check_digest(request);
    if (!*why)
        *why = decode_value(arena, parameters.signature, out);
    if (*why)
        return SIGNATURE_REFUSED;
    out->key_id = parameters.key_id;
    bool has_query = strchr(request->target, '?') != NULL;
    for (int i = 0; i < (has_query ? 2 : 1); i++) {
        const char *base = cavage_signing_string(arena, &parameters, request, i == 0, why);
        if (!base)
            return SIGNATURE_REFUSED;
        out->bases[out->base_count++] = base;
    }
    return SIGNATURE_READ;
}
