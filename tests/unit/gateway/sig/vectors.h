/* The vectors and requests of the signature tests. Keys: RFC 9421 appendix B.1, published for tests. */
#ifndef DRAWBRIDGE_TESTS_SIG_VECTORS_H
#define DRAWBRIDGE_TESTS_SIG_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/cavage.h"
#include "gateway/sig/rfc9421.h"

#define VECTORS TEST_DATA "/unit/gateway/sig/vectors/"
enum { VECTOR_TIME = 1618884475 };
#define VECTOR_DATE "Tue, 20 Apr 2021 02:07:55 GMT"

static inline json_t *vectors_load(void)
{
    json_t *vectors = json_load_file(VECTORS "signatures.json", 0, NULL);
    assert_non_null(vectors);
    return vectors;
}

static inline const char *vectors_text(const json_t *vectors, const char *object, const char *name)
{
    const json_t *in = object ? json_object_get(vectors, object) : vectors;
    const char *text = json_string_value(json_object_get(in, name));
    assert_non_null(text);
    return text;
}

static inline struct private_key *vectors_rsa(void)
{
    char pem[4096] = "";
    FILE *file = fopen(VECTORS "test-key-rsa.pem", "r");
    assert_non_null(file);
    assert_true(fread(pem, 1, sizeof pem - 1, file) > 0);
    (void)fclose(file);
    struct private_key *key = private_key_from_pem(pem);
    assert_non_null(key);
    return key;
}

static inline struct public_key *vectors_public(const json_t *vectors, const char *name)
{
    const char *why = NULL;
    struct public_key *key = public_key_from_pem(vectors_text(vectors, "keys", name), &why);
    assert_non_null(key);
    return key;
}

/* Header names are compared without case: a JSON object as a header table. */
static inline const char *vectors_header(const void *context, const char *name)
{
    json_t *headers = (json_t *)(uintptr_t)context, *value;
    const char *key;
    json_object_foreach(headers, key, value)
    {
        if (strcasecmp(key, name) == 0)
            return json_string_value(value);
    }
    return NULL;
}

/* "POST https://remote.example/inbox" with headers and a body. */
static inline struct signed_request vectors_request(struct arena *arena, const char *line, json_t *headers,
                                                    const char *body)
{
    size_t method = strcspn(line, " ");
    struct url_parts url;
    assert_true(url_take_apart(arena, line + method + 1, &url));
    struct signed_request request = {.method = arena_copy(arena, line, method),
                                     .scheme = url.scheme,
                                     .authority = url.authority,
                                     .target = url.target,
                                     .header = vectors_header,
                                     .context = headers};
    request.has_body = strcmp(request.method, "POST") == 0;
    body_digest_make(body, request.has_body ? strlen(body) : 0, true, &request.body);
    return request;
}

#endif
