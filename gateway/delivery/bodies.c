/* Bodies of activities in this process: read once, shared by all sends, the last ones kept. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/delivery/engine.h"
#include "gateway/sig/digest.h"

enum { KEPT_BYTES_MAX = 32 << 20 };

struct body {
    size_t references, length;
    char digest[DIGEST_HEADER_SIZE], content_digest[CONTENT_DIGEST_HEADER_SIZE];
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

void bodies_put(struct bodies *bodies, const char *number, const void *text, size_t length)
{
    struct kept *one;
    HASH_FIND_STR(bodies->kept, number, one);
    if (one)
        return;
    struct body *body = body_new(text, length);
    keep(bodies, number, body);
    body_unref(body);
}

struct body *bodies_get(struct bodies *bodies, struct store *store, const char *number)
{
    struct kept *one;
    HASH_FIND_STR(bodies->kept, number, one);
    if (one) {
        HASH_DEL(bodies->kept, one);
        HASH_ADD_KEYPTR(hh, bodies->kept, one->number, strlen(one->number), one);
        one->body->references++;
        return one->body;
    }
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "activity:%s", number);
    arguments_text(arguments, "body");
    struct reply *reply = store_run(store, arguments);
    struct body *body = NULL;
    if (reply_kind(reply) == REPLY_TEXT) {
        size_t length = 0;
        const char *text = reply_bytes(reply, &length);
        body = body_new(text, length);
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
