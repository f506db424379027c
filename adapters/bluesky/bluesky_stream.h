/* Private to the streams: bluesky_stream.c holds what they share, bluesky_firehose.c and bluesky_jetstream.c
 * read their messages. */
#ifndef DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_STREAM_H
#define DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_STREAM_H

#include "adapters/bluesky/bluesky.h"

enum { STREAM_ARENA_BUDGET = 32 << 20, STREAM_SEQ_JUMP = 10000000 };

struct chain; /* the last rev of a repository that was seen */

struct stream {
    struct adapter *adapter;
    struct stream_plan plan;
    char *url;
    char *place;       /* what the cursor counts: SOURCE and host */
    int64_t seq;       /* or time in µs: the last that is behind us; -1: none, live only */
    unsigned unwanted; /* messages since the last cursor that held nothing for us */
    struct chain *chains;
    struct arena *arena; /* of the message that is being read */
    bool slow;           /* the server says that we are */
    bool foreign_cursor; /* what was stored is of another source or host */
    const char *lost;    /* why the cursor is of no use any more; NULL: it is good */
};

/* Always false. */
bool bluesky_stream_lose(struct stream *stream, const char *why);
/* Everything up to `seq` is behind us. `wanted`: something in it was for us; else the cursor is told now and
 * then. */
void bluesky_stream_commit(struct stream *stream, int64_t seq, bool wanted, const struct stream_sink *sink);
/* Tells the gateway to compare everything. */
bool bluesky_stream_gap(struct stream *stream, int64_t mark, const struct stream_sink *sink);
/* Whether events of this account are of any use. */
bool bluesky_stream_wants(const struct stream_sink *sink, const char *did);
/* Whether `since` names the rev that was seen last of that repository; then `rev` is. True when none was. */
bool bluesky_stream_follows(struct stream *stream, const char *did, const char *since, const char *rev);

bool bluesky_firehose_feed(struct stream *stream, struct adapter_bytes message,
                           const struct stream_sink *sink);
bool bluesky_jetstream_feed(struct stream *stream, struct adapter_bytes message,
                            const struct stream_sink *sink);
bool bluesky_jetstream_2_feed(struct stream *stream, struct adapter_bytes message,
                              const struct stream_sink *sink);
/* The list of accounts as Jetstream v1 wants it: a new text, the caller's. */
char *bluesky_jetstream_options(const char *const *accounts, size_t count);

#endif
