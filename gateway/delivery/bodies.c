/* Bodies of activities in this process: read once, shared by all sends, the last ones kept. A Delete gets its
 * LD signature (PROTOCOL §2.4) here and not when it is queued: it may wait for half a year, and who passes it
 * on needs one by the key that the account has when it is sent. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/delivery/engine.h"
#include "gateway/log.h"
#include "gateway/sig/digest.h"
#include "mapping/ids.h"

enum { KEPT_BYTES_MAX = 32 << 20 };

struct body {
    size_t references, length;
    char digest[DIGEST_HEADER_SIZE], content_digest[CONTENT_DIGEST_HEADER_SIZE];
    char signed_by[23]; /* hash of the key of its LD signature; "" when it has none */
    char text[];
};

struct kept {
    char *number;
    struct body *body;
    UT_hash_handle hh; /* in the order of use, oldest first */
};

struct bodies {
    struct kept *kept;
    size_t bytes;
};

struct bodies *bodies_new(void)
{
    struct bodies *bodies = calloc(1, sizeof *bodies);
    if (!bodies)
        abort();
    return bodies;
}

struct body *body_ref(struct body *body)
{
    body->references++;
    return body;
}

void body_unref(struct body *body)
{
    if (body && --body->references == 0)
        free(body);
}

static void drop(struct bodies *bodies, struct kept *one)
{
    HASH_DEL(bodies->kept, one);
    bodies->bytes -= one->body->length;
    body_unref(one->body);
    free(one->number);
    free(one);
}

void bodies_free(struct bodies *bodies)
{
    struct kept *one;
    struct kept *next;
    HASH_ITER(hh, bodies->kept, one, next)
    drop(bodies, one);
    free(bodies);
}

static struct body *body_new(const char *text, size_t length)
{
    struct body *body = calloc(1, sizeof *body + length + 1);
    if (!body)
        abort();
    body->references = 1;
    body->length = length;
    memcpy(body->text, text, length);
    struct body_digest digest;
    body_digest_make(text, length, false, &digest);
    digest_header_make(&digest, body->digest);
    content_digest_header_make(&digest, body->content_digest);
    return body;
}

static void keep(struct bodies *bodies, const char *number, struct body *body)
{
    struct kept *one = calloc(1, sizeof *one);
    if (!one)
        abort();
    one->number = strdup(number);
    if (!one->number)
        abort();
    one->body = body;
    body->references++;
    bodies->bytes += body->length;
    HASH_ADD_KEYPTR(hh, bodies->kept, one->number, strlen(one->number), one);
    struct kept *oldest;
    struct kept *next;
    HASH_ITER(hh, bodies->kept, oldest, next)
    {
        if (bodies->bytes <= KEPT_BYTES_MAX || oldest == one)
            break;
        drop(bodies, oldest);
    }
}

/* NULL when it is no Delete of ours, which as all that we write stands there without blanks. */
static json_t *read_delete(const char *text, size_t length)
{
    return memmem(text, length, "\"type\":\"Delete\"", 15) ? json_loadb(text, length, 0, NULL) : NULL;
}

static struct body *body_signed(struct gateway *gateway, const struct signer *signer, const char *text,
                                size_t length)
{
    json_t *document = read_delete(text, length);
    if (!document)
        return body_new(text, length);
    (void)json_object_del(document, "signature");
    bool good = signer_sign_delete(gateway, signer, document);
    char *with = json_dumps(document, JSON_COMPACT);
    struct body *body = good && with ? body_new(with, strlen(with)) : body_new(text, length);
    if (good)
        id_hash(signer->public_key_pem, body->signed_by);
    else
        log_write(LOG_WARNING, "a Delete cannot be signed for those who pass it on", "activity",
                  json_string_value(json_object_get(document, "id")), (char *)NULL);
    free(with);
    json_decref(document);
    return body;
}

static bool is_signed_by_another(const struct body *body, const struct signer *signer)
{
    char hash[23];
    if (!body->signed_by[0])
        return false;
    id_hash(signer->public_key_pem, hash);
    return strcmp(body->signed_by, hash) != 0;
}

struct body *body_of_new(const void *text, size_t length)
{
    return memmem(text, length, "\"type\":\"Delete\"", 15) ? NULL : body_new(text, length);
}

void bodies_put(struct bodies *bodies, const char *number, struct body *body)
{
    struct kept *one;
    HASH_FIND_STR(bodies->kept, number, one);
    if (!one)
        keep(bodies, number, body);
}

static struct body *kept_body(struct bodies *bodies, const char *number, const struct signer *signer)
{
    struct kept *one;
    HASH_FIND_STR(bodies->kept, number, one);
    if (one && is_signed_by_another(one->body, signer))
        drop(bodies, one);
    else if (one) {
        HASH_DEL(bodies->kept, one);
        HASH_ADD_KEYPTR(hh, bodies->kept, one->number, strlen(one->number), one);
        one->body->references++;
        return one->body;
    }
    return NULL;
}

struct body *bodies_get(struct gateway *gateway, const char *number, const struct signer *signer)
{
    struct bodies *bodies = gateway->delivery->bodies;
    struct body *body = kept_body(bodies, number, signer);
    if (body)
        return body;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "activity:%s", number);
    arguments_text(arguments, "body");
    struct reply *reply = store_run(gateway->store, arguments);
    if (reply_kind(reply) == REPLY_TEXT) {
        size_t length = 0;
        const char *text = reply_bytes(reply, &length);
        body = body_signed(gateway, signer, text, length);
        keep(bodies, number, body);
    }
    reply_free(reply);
    return body;
}

const char *body_text(const struct body *body, size_t *length)
{
    *length = body->length;
    return body->text;
}

const char *body_digest_header(const struct body *body)
{
    return body->digest;
}

const char *body_content_digest_header(const struct body *body)
{
    return body->content_digest;
}
