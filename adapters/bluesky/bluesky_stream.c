/* What the streams share: where they are opened, their cursor ("SOURCE HOST NUMBER": a number means something
 * on its own host only), what their end means. */
#include "adapters/bluesky/bluesky_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum {
    PING_MS = 30000,
    SILENCE_MS = 75000,
    CURSOR_MAX = 400,
    UNWANTED_MAX = 200,
    CHAINS_MAX = 50000,
    TOO_SLOW_MS = 5000,
    BAD_FRAME_MS = 5000,
    SLOW_DOWN_MS = 30000,
    REWIND_US = 5000000,
};

struct chain {
    char rev[16];
    UT_hash_handle hh;
    char did[];
};

static const char *const source_names[] = {
    [SOURCE_JETSTREAM] = "jetstream", [SOURCE_JETSTREAM_2] = "jetstream2", [SOURCE_FIREHOSE] = "firehose"};

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *text, ...)
{
    char *out = NULL;
    va_list arguments;
    va_start(arguments, text);
    if (vasprintf(&out, text, arguments) < 0)
        abort();
    va_end(arguments);
    return out;
}

/* ---- opening
 * -------------------------------------------------------------------------------------------------------- */

/* False when it is none of ours, or of another host or source: then the stream is live, and all is compared.
 */
static bool read_cursor(struct stream *stream, struct adapter_bytes cursor)
{
    char text[CURSOR_MAX + 1];
    if (!cursor.length || cursor.length > CURSOR_MAX)
        return false;
    memcpy(text, cursor.data, cursor.length);
    text[cursor.length] = '\0';
    char *number = strrchr(text, ' ');
    if (!number || strlen(text) != cursor.length)
        return false;
    *number++ = '\0';
    size_t digits = strspn(number, "0123456789");
    if (!digits || number[digits] || digits > 16)
        return false;
    int64_t seq = strtoll(number, NULL, 10);
    if (seq >= (int64_t)1 << 53)
        return false;
    /* Version 1 counts in time, which is the same everywhere: another host goes on a little before it. */
    if (strcmp(text, stream->place) != 0) {
        if (stream->adapter->source != SOURCE_JETSTREAM || strncmp(text, "jetstream ", 10) != 0)
            return false;
        seq = seq > REWIND_US ? seq - REWIND_US : 0;
    }
    stream->seq = seq;
    return true;
}

static char *url_of(const struct stream *stream)
{
    const char *base = stream->adapter->stream;
    char cursor[48] = "";
    if (stream->seq >= 0)
        (void)snprintf(cursor, sizeof cursor, "cursor=%" PRId64, stream->seq);
    switch (stream->adapter->source) {
    case SOURCE_JETSTREAM:
        return format("%s/subscribe?requireHello=true%s%s", base, cursor[0] ? "&" : "", cursor);
    case SOURCE_JETSTREAM_2:
        return format("%s/xrpc/network.bsky.jetstream.subscribeEvents?collections=" BLUESKY_POST
                      "&collections=" BLUESKY_REPOST "&collections=" BLUESKY_PROFILE
                      "&collections=" BLUESKY_INTENTS "&collections=" BLUESKY_THREADGATE
                      "&collections=" BLUESKY_POSTGATE "%s%s",
                      base, cursor[0] ? "&" : "", cursor);
    case SOURCE_FIREHOSE:
        break;
    }
    return format("%s/xrpc/com.atproto.sync.subscribeRepos%s%s", base, cursor[0] ? "?" : "", cursor);
}

struct stream *bluesky_stream_new(struct adapter *adapter, struct adapter_bytes cursor)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    stream->adapter = adapter;
    stream->seq = -1;
    stream->arena = arena_new(STREAM_ARENA_BUDGET);
    stream->place = format("%s %s", source_names[adapter->source], adapter->stream);
    if (cursor.length && !read_cursor(stream, cursor))
        stream->foreign_cursor = true;
    stream->url = url_of(stream);
    stream->plan = (struct stream_plan){
        .carrier = CARRIER_WEBSOCKET,
        .url = stream->url,
        .silence_ms = SILENCE_MS,
        .ping_ms = PING_MS,
        .message_max = BLUESKY_FRAME_MAX,
    };
    return stream;
}

void bluesky_stream_free(struct stream *stream)
{
    struct chain *chain;
    struct chain *next;
    if (!stream)
        return;
    HASH_ITER(hh, stream->chains, chain, next)
    {
        HASH_DEL(stream->chains, chain);
        free(chain);
    }
    arena_free(stream->arena);
    free(stream->url);
    free(stream->place);
    free(stream);
}

const struct stream_plan *bluesky_stream_plan(const struct stream *stream)
{
    return &stream->plan;
}

/* ---- feeding
 * -------------------------------------------------------------------------------------------------------- */

bool bluesky_stream_lose(struct stream *stream, const char *why)
{
    stream->lost = why;
    return false;
}

bool bluesky_stream_wants(const struct stream_sink *sink, const char *did)
{
    return !sink->wants || sink->wants(sink->context, did);
}

void bluesky_stream_commit(struct stream *stream, int64_t seq, bool wanted, const struct stream_sink *sink)
{
    char cursor[CURSOR_MAX + 1];
    bool first = stream->seq < 0;
    stream->seq = seq;
    if (!wanted && !first && ++stream->unwanted < UNWANTED_MAX)
        return;
    stream->unwanted = 0;
    int length = snprintf(cursor, sizeof cursor, "%s %" PRId64, stream->place, seq);
    if (length > 0 && (size_t)length < sizeof cursor)
        sink->cursor(sink->context, (struct adapter_bytes){cursor, (size_t)length},
                     (struct adapter_bytes){"", 0});
}

bool bluesky_stream_gap(struct stream *stream, int64_t mark, const struct stream_sink *sink)
{
    char *key = format("gap:%s:%" PRId64, stream->place, mark);
    bool taken = sink->event(sink->context, &(struct event){.kind = EVENT_GAP, .key = key});
    free(key);
    /* Nothing need follow for a long time: what is told becomes durable with a cursor. */
    if (taken && stream->seq >= 0)
        bluesky_stream_commit(stream, stream->seq, true, sink);
    return taken;
}

bool bluesky_stream_follows(struct stream *stream, const char *did, const char *since, const char *rev)
{
    struct chain *chain = NULL;
    size_t length = strlen(did);
    HASH_FIND(hh, stream->chains, did, length, chain);
    bool follows = !chain || !since[0] || strcmp(chain->rev, since) == 0;
    if (!chain) {
        if (HASH_COUNT(stream->chains) >= CHAINS_MAX)
            return true;
        chain = calloc(1, sizeof *chain + length + 1);
        if (!chain)
            abort();
        memcpy(chain->did, did, length);
        HASH_ADD(hh, stream->chains, did, length, chain);
    }
    (void)snprintf(chain->rev, sizeof chain->rev, "%s", rev);
    return follows;
}

bool bluesky_stream_feed(struct stream *stream, struct adapter_bytes message, bool binary,
                         const struct stream_sink *sink)
{
    if (stream->foreign_cursor)
        return bluesky_stream_lose(stream, "the cursor is of another source or host");
    arena_clear(stream->arena);
    switch (stream->adapter->source) {
    case SOURCE_JETSTREAM:
        return !binary && bluesky_jetstream_feed(stream, message, sink);
    case SOURCE_JETSTREAM_2:
        return !binary && bluesky_jetstream_2_feed(stream, message, sink);
    case SOURCE_FIREHOSE:
        break;
    }
    return binary && bluesky_firehose_feed(stream, message, sink);
}

bool bluesky_stream_watch(struct stream *stream, const char *const *accounts, size_t count,
                          const struct stream_sink *sink)
{
    if (stream->foreign_cursor)
        return bluesky_stream_lose(stream, "the cursor is of another source or host");
    /* Without a first account nothing is asked for: an empty list would mean everybody. */
    if (stream->adapter->source == SOURCE_JETSTREAM && count) {
        char *options = bluesky_jetstream_options(accounts, count);
        sink->send(sink->context, (struct adapter_bytes){options, strlen(options)});
        free(options);
    }
    return true;
}

/* ---- closing
 * -------------------------------------------------------------------------------------------------------- */

static bool names(struct adapter_bytes reason, const char *word)
{
    return reason.length && memmem(reason.data, reason.length, word, strlen(word)) != NULL;
}

/* The reasons are constants: the gateway may show them after it freed the stream. */
struct stream_close bluesky_stream_closed(struct stream *stream, int http_status, int close_code,
                                          struct adapter_bytes reason)
{
    (void)close_code;
    if (stream->lost)
        return (struct stream_close){STREAM_RECONCILE, 0, stream->lost};
    if (stream->slow || names(reason, "ConsumerTooSlow"))
        return (struct stream_close){STREAM_RESUME, TOO_SLOW_MS, "the server says that we read too slowly"};
    if (names(reason, "CursorTooOld") || names(reason, "FutureCursor"))
        return (struct stream_close){STREAM_RECONCILE, 0,
                                     "the cursor is none that the server can go on from"};
    if (http_status == 429)
        return (struct stream_close){STREAM_RESUME, SLOW_DOWN_MS, "the server asks to slow down"};
    if (http_status)
        return (struct stream_close){STREAM_RESUME, BAD_FRAME_MS, "the server refused to tell events"};
    return (struct stream_close){STREAM_RESUME, 0, "the connection ended"};
}
