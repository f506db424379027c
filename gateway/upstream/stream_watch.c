/* Whose events are of use: a platform that tells everybody's would fill the queue with strangers. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/clock.h"
#include "gateway/jobs.h"
#include "gateway/upstream/stream.h"

enum { NOTE_EVERY_MS = 2000 };

struct watched {
    UT_hash_handle hh;
    char native[];
};

static bool picks_itself(const struct platform_stream *self)
{
    return self->platform->class->stream_watch == NULL;
}

static struct watched *find(const struct platform_stream *self, const char *native)
{
    struct watched *one = NULL;
    HASH_FIND_STR(self->watched, native, one);
    return one;
}

static void add(struct platform_stream *self, const char *native)
{
    size_t length = strlen(native);
    struct watched *one = calloc(1, sizeof *one + length + 1);
    if (!one)
        abort();
    memcpy(one->native, native, length);
    HASH_ADD_STR(self->watched, native, one);
}

/* native:PLATFORM is a hash: native account id → AID. Those that left stay in it, and may come back. */
static struct reply *read_all(struct platform_stream *self)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGETALL");
    arguments_format(arguments, "native:%s", self->platform->config->name);
    return store_run(self->platform->gateway->store, arguments);
}

static struct reply *count_all(struct platform_stream *self)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HLEN");
    arguments_format(arguments, "native:%s", self->platform->config->name);
    return store_run(self->platform->gateway->store, arguments);
}

/* Adds who is new; with `compare`, each is compared too. */
static bool read_more(struct platform_stream *self, bool compare)
{
    struct reply *reply = read_all(self);
    bool good = !reply_failed(reply);
    for (size_t i = 0; good && i + 1 < reply_count(reply); i += 2) {
        const char *native = reply_text(reply_at(reply, i));
        if (find(self, native))
            continue;
        good =
            !compare || job_queue(self->platform->gateway, "sweep", reply_text(reply_at(reply, i + 1)), "");
        if (good)
            add(self, native);
    }
    if (good)
        self->watched_count = (int64_t)(reply_count(reply) / 2);
    reply_free(reply);
    return good;
}

bool stream_watch_read(struct platform_stream *self)
{
    if (picks_itself(self))
        return true;
    return read_more(self, false);
}

bool stream_watch_tell(struct platform_stream *self)
{
    if (picks_itself(self))
        return true;
    size_t count = 0;
    const char **list = malloc((HASH_COUNT(self->watched) + 1) * sizeof *list);
    if (!list)
        abort();
    for (const struct watched *one = self->watched; one; one = one->hh.next)
        list[count++] = one->native;
    const struct stream_sink sink = stream_sink_of(self);
    bool good = self->platform->class->stream_watch(self->stream, list, count, &sink);
    free(list);
    return good;
}

bool stream_watch_refresh(struct platform_stream *self)
{
    if (picks_itself(self))
        return true;
    struct reply *reply = count_all(self);
    bool same = reply_failed(reply) || reply_number(reply) == self->watched_count;
    reply_free(reply);
    /* First in the list, then compared: what comes from now on is told by the stream, what came before is
     * found by the comparison. */
    return same || !read_more(self, true) || stream_watch_tell(self);
}

bool stream_watch_has(const struct platform_stream *self, const char *native)
{
    return picks_itself(self) || find(self, native) != NULL;
}

void stream_watch_free(struct platform_stream *self)
{
    struct watched *one;
    struct watched *next;
    HASH_ITER(hh, self->watched, one, next)
    {
        HASH_DEL(self->watched, one);
        free(one);
    }
}

void stream_note(struct platform_stream *self)
{
    int64_t now = clock_now_ms();
    if (now - self->told < NOTE_EVERY_MS)
        return;
    self->told = now;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HSET");
    arguments_format(arguments, "stream:%s", self->platform->config->name);
    arguments_text(arguments, "seen");
    arguments_number(arguments, now);
    if (self->event_came) {
        arguments_text(arguments, "event_time");
        arguments_number(arguments, self->event_time);
        arguments_text(arguments, "event_came");
        arguments_number(arguments, self->event_came);
    }
    reply_free(store_run(self->platform->gateway->store, arguments));
}
