#include "gateway/sig/rfc9421.h"

#include <string.h>

#include "gateway/sig/query_parameter.h"

enum { COMPONENTS_MAX = 32, LABELS_MAX = 8 };

/* ---- signature base
 * ------------------------------------------------------------------------------------------------- */

static const char *query_of(const struct signed_request *request)
{
    const char *mark = strchr(request->target, '?');
    return mark ? mark : "?";
}

static const char *derived(struct arena *arena, const char *name, const struct signed_request *request)
{
    if (strcmp(name, "@method") == 0)
        return request->method;
    if (strcmp(name, "@target-uri") == 0)
        return arena_format(arena, "%s://%s%s", request->scheme, request->authority, request->target);
    if (strcmp(name, "@authority") == 0)
        return request->authority;
    if (strcmp(name, "@scheme") == 0)
        return request->scheme;
    if (strcmp(name, "@request-target") == 0)
        return request->target;
    if (strcmp(name, "@path") == 0)
        return arena_copy(arena, request->target, strcspn(request->target, "?"));
    return strcmp(name, "@query") == 0 ? query_of(request) : NULL;
}

static const char *header_value(struct arena *arena, const char *name, const struct signed_request *request)
{
    for (const char *c = name; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            return NULL;
    const char *value =
        strcmp(name, "host") == 0 ? request->authority : request->header(request->context, name);
    if (!value)
        return NULL;
    value += strspn(value, " \t");
    size_t length = strlen(value);
    while (length > 0 && strchr(" \t", value[length - 1]))
        length--;
    return arena_copy(arena, value, length);
}

static const char *component_value(struct arena *arena, const struct field_item *component,
                                   const struct signed_request *request)
{
    const char *name = component->value.text;
    if (strcmp(name, "@query-param") == 0) {
        const struct field_value *parameter = field_parameter_find(component->parameters, "name");
        bool good = parameter && parameter->kind == FIELD_STRING && !component->parameters->next;
        return good ? query_parameter(arena, query_of(request) + 1, parameter->text) : NULL;
    }
    if (component->parameters)
        return NULL;
    return name[0] == '@' ? derived(arena, name, request) : header_value(arena, name, request);
}

/* `"name": value` and a line end. */
static const char *component_line(struct arena *arena, const struct field_item *component,
                                  const struct signed_request *request, const char **why)
{
    if (component->value.kind != FIELD_STRING) {
        *why = "a component of the signature is no string";
        return NULL;
    }
    const char *value = component_value(arena, component, request);
    const char *name = field_item_text(arena, component);
    if (!value || !name || strpbrk(value, "\r\n")) {
        *why = "a component that the signature covers is not there or not supported";
        return NULL;
    }
    return arena_format(arena, "%s: %s\n", name, value);
}

const char *rfc9421_base(struct arena *arena, const struct field_member *input,
                         const struct signed_request *request, const char **why)
{
    const char *lines[COMPONENTS_MAX + 1];
    size_t count = 0, total = 0;
    for (const struct field_item *component = input->items; component; component = component->next) {
        if (count == COMPONENTS_MAX) {
            *why = "the signature covers too many components";
            return NULL;
        }
        lines[count] = component_line(arena, component, request, why);
        if (!lines[count])
            return NULL;
        const char *colon = strstr(lines[count], "\": ");
        for (size_t i = 0; i < count; i++)
            if (strncmp(lines[i], lines[count], (size_t)(colon - lines[count]) + 3) == 0) {
                *why = "the signature covers a component twice";
                return NULL;
            }
        total += strlen(lines[count++]);
    }
    const char *parameters = field_list_text(arena, input);
    if (!parameters) {
        *why = "the signature's parameters are too long";
        return NULL;
    }
    lines[count] = arena_format(arena, "\"@signature-params\": %s", parameters);
    total += strlen(lines[count++]);
    char *out = arena_alloc(arena, total + 1), *end = out;
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, lines[i]);
    return out;
}

/* ---- receiving profile
 * ---------------------------------------------------------------------------------------------- */

static bool covers(const struct field_member *input, const char *name)
{
    for (const struct field_item *component = input->items; component; component = component->next)
        if (component->value.kind == FIELD_STRING && !component->parameters &&
            strcmp(component->value.text, name) == 0)
            return true;
    return false;
}

static const char *text_parameter(const struct field_member *input, const char *name)
{
    const struct field_value *value = field_parameter_find(input->parameters, name);
    return value && value->kind == FIELD_STRING ? value->text : NULL;
}

static const char *check_time(const struct field_member *input, int64_t now)
{
    const struct field_value *created = field_parameter_find(input->parameters, "created");
    const struct field_value *expires = field_parameter_find(input->parameters, "expires");
    if (!created || created->kind != FIELD_INTEGER)
        return "the signature has no created, or it is no integer";
    if (!signature_time_is_near(created->number, now))
        return "the signature was made more than an hour away from our time";
    if (expires && (expires->kind != FIELD_INTEGER || expires->number < now))
        return "the signature has expired";
    return NULL;
}

static const char *read_algorithm(const struct field_member *input, struct signature *out)
{
    static const struct {
        const char *name;
        enum signature_algorithm algorithm;
    } known[] = {{"rsa-v1_5-sha256", SIGN_RSA_SHA256},
                 {"ed25519", SIGN_ED25519},
                 {"rsa-pss-sha512", SIGN_RSA_PSS_SHA512}};
    if (!field_parameter_find(input->parameters, "alg"))
        return NULL;
    const char *name = text_parameter(input, "alg");
    for (size_t i = 0; name && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) != 0)
            continue;
        out->names_algorithm = true;
        out->algorithm = known[i].algorithm;
        return NULL;
    }
    return "the signature's algorithm is unknown or too weak";
}

static const char *check_digest(const struct signed_request *request)
{
    const char *digest = request->header(request->context, "content-digest");
    enum digest_result result = digest ? content_digest_check(digest, &request->body) : DIGEST_MISSING;
    if (result == DIGEST_MATCHES)
        return NULL;
    return result == DIGEST_DIFFERS   ? "the content digest is not the body's"
           : result == DIGEST_MISSING ? "the content digest is missing"
                                      : "the content digest is malformed";
}

/* NULL when this label keeps the profile; then `out` is filled but for the base. */
static const char *examine(const struct field_member *input, const struct field_member *value,
                           const struct signed_request *request, int64_t now, struct signature *out)
{
    *out = (struct signature){0};
    if (!input->is_list || !value || value->is_list || value->item.value.kind != FIELD_BYTES)
        return "Signature and Signature-Input do not belong together";
    out->key_id = text_parameter(input, "keyid");
    if (!out->key_id || !out->key_id[0] || strlen(out->key_id) > SIGNATURE_KEY_ID_MAX)
        return "the signature has no usable keyid";
    out->value = value->item.value.bytes;
    out->value_length = value->item.value.length;
    if (out->value_length == 0 || out->value_length > SIGNATURE_BYTES_MAX)
        return "the signature's value has no possible length";
    if (!covers(input, "@method") || !covers(input, "@target-uri"))
        return "the signature does not cover @method and @target-uri";
    if (request->has_body && !covers(input, "content-digest"))
        return "the signature does not cover the content digest";
    const char *wrong = check_time(input, now);
    return wrong ? wrong : read_algorithm(input, out);
}

static const struct field_member *choose(const struct field_dictionary *inputs,
                                         const struct field_dictionary *values,
                                         const struct signed_request *request, int64_t now,
                                         struct arena *arena, struct signature *out, const char **why)
{
    const struct field_member *good = NULL, *by_actor = NULL;
    struct signature one, actors = {0};
    size_t count = 0;
    for (const struct field_member *input = inputs->first; input; input = input->next) {
        const char *wrong = examine(input, field_dictionary_find(values, input->key), request, now, &one);
        if (wrong) {
            *why = wrong;
            continue;
        }
        count++;
        good = input;
        *out = one;
        if (request->actor && !by_actor && url_on_same_origin(arena, one.key_id, request->actor)) {
            by_actor = input;
            actors = one;
        }
    }
    if (count <= 1)
        return good;
    if (!by_actor)
        *why = "there are several signatures and none is by the actor's server";
    *out = actors;
    return by_actor;
}

enum signature_reading rfc9421_read(const struct signed_request *request, int64_t now, struct arena *arena,
                                    struct signature *out, const char **why)
{
    const char *inputs_text = request->header(request->context, "signature-input");
    const char *values_text = request->header(request->context, "signature");
    struct field_dictionary inputs, values;
    if (!inputs_text || !values_text)
        return SIGNATURE_ABSENT;
    *why = "Signature or Signature-Input is malformed";
    if (!field_dictionary_parse(arena, inputs_text, &inputs) ||
        !field_dictionary_parse(arena, values_text, &values) || inputs.repeats || values.repeats ||
        inputs.count == 0 || inputs.count > LABELS_MAX)
        return SIGNATURE_REFUSED;
    const struct field_member *input = choose(&inputs, &values, request, now, arena, out, why);
    if (!input)
        return SIGNATURE_REFUSED;
    if (request->has_body || covers(input, "content-digest")) {
        *why = check_digest(request);
        if (*why)
            return SIGNATURE_REFUSED;
    }
    out->bases[0] = rfc9421_base(arena, input, request, why);
    out->base_count = 1;
    return out->bases[0] ? SIGNATURE_READ : SIGNATURE_REFUSED;
}
