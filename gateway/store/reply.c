#include "gateway/store/reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"

struct reply {
    enum reply_kind kind;
    bool logged; /* an error is told once, however often one asks */
    const char *text;
    size_t length; /* of text */
    int64_t number;
    struct reply *children;
    size_t count;
    const char *command;
};

/* One block: the outermost reply, its command's name, then children and texts as they come. */
struct block {
    char *next;
};

static size_t rounded(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

static void *take(struct block *block, size_t size)
{
    void *memory = block->next;
    block->next += rounded(size);
    return memory;
}

static bool is_text(const redisReply *source)
{
    return source->type == REDIS_REPLY_STRING || source->type == REDIS_REPLY_STATUS ||
           source->type == REDIS_REPLY_ERROR;
}

static size_t size_inside(const redisReply *source, int depth)
{
    if (is_text(source))
        return rounded((size_t)source->len + 1);
    if (source->type != REDIS_REPLY_ARRAY || depth >= REPLY_DEPTH_MAX)
        return 0;
    size_t size = rounded(source->elements * sizeof(struct reply));
    for (size_t i = 0; i < source->elements; i++)
        size += size_inside(source->element[i], depth + 1);
    return size;
}

static void fill(struct reply *reply, const redisReply *source, struct block *block, int depth)
{
    *reply = (struct reply){.kind = REPLY_NIL};
    if (is_text(source)) {
        reply->kind = source->type == REDIS_REPLY_ERROR ? REPLY_ERROR : REPLY_TEXT;
        reply->length = (size_t)source->len;
        char *text = take(block, reply->length + 1);
        memcpy(text, source->str, reply->length);
        text[reply->length] = '\0';
        reply->text = text;
    } else if (source->type == REDIS_REPLY_INTEGER) {
        reply->kind = REPLY_NUMBER;
        reply->number = source->integer;
    } else if (source->type == REDIS_REPLY_ARRAY && depth < REPLY_DEPTH_MAX) {
        reply->kind = REPLY_LIST;
        reply->count = source->elements;
        reply->children = take(block, source->elements * sizeof *reply->children);
        for (size_t i = 0; i < source->elements; i++)
            fill(&reply->children[i], source->element[i], block, depth + 1);
    }
}

static struct reply *reply_with(const char *command, size_t inside, struct block *block)
{
    size_t name = strlen(command) + 1;
    block->next = malloc(rounded(sizeof(struct reply)) + rounded(name) + inside);
    if (!block->next)
        abort();
    struct reply *reply = take(block, sizeof *reply);
    *reply = (struct reply){.kind = REPLY_DOWN};
    (void)memcpy(take(block, name), command, name);
    return reply;
}

static void name_command(struct reply *reply)
{
    reply->command = (const char *)reply + rounded(sizeof *reply);
}

struct reply *reply_copy(const redisReply *source, const char *command)
{
    struct block block;
    struct reply *reply = reply_with(command, source ? size_inside(source, 0) : 0, &block);
    if (source)
        fill(reply, source, &block, 0);
    name_command(reply);
    return reply;
}

struct reply *reply_refusal(const char *command, const char *text)
{
    struct block block;
    size_t size = strlen(text) + 1;
    struct reply *reply = reply_with(command, rounded(size), &block);
    reply->kind = REPLY_ERROR;
    reply->text = memcpy(take(&block, size), text, size);
    reply->length = size - 1;
    name_command(reply);
    return reply;
}

enum reply_kind reply_kind(const struct reply *reply)
{
    return reply->kind;
}

bool reply_failed(const struct reply *reply)
{
    if (reply->kind == REPLY_ERROR && !reply->logged) {
        log_write(LOG_ERROR, "the store refused a command", "command", reply->command, "reason", reply->text,
                  (char *)NULL);
        ((struct reply *)(uintptr_t)reply)->logged = true; /* all replies are ours, none is a constant */
    }
    return reply->kind == REPLY_DOWN || reply->kind == REPLY_ERROR;
}

const char *reply_text(const struct reply *reply)
{
    return reply->text ? reply->text : "";
}

const char *reply_bytes(const struct reply *reply, size_t *length)
{
    *length = reply->length;
    return reply_text(reply);
}

int64_t reply_number(const struct reply *reply)
{
    if (reply->kind == REPLY_NUMBER)
        return reply->number;
    if (reply->kind != REPLY_TEXT)
        return 0;
    char *end = NULL;
    int64_t number = strtoll(reply->text, &end, 10);
    return end != reply->text && !*end ? number : 0;
}

size_t reply_count(const struct reply *reply)
{
    return reply->count;
}

const struct reply *reply_at(const struct reply *reply, size_t index)
{
    static const struct reply nothing = {.kind = REPLY_NIL};
    return index < reply->count ? &reply->children[index] : &nothing;
}

const char *reply_field(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i + 1 < reply->count; i += 2)
        if (strcmp(reply_text(&reply->children[i]), name) == 0)
            return reply->children[i + 1].text;
    return NULL;
}

void reply_free(struct reply *reply)
{
    free(reply);
}
