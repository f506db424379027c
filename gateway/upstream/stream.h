/* Private to the stream of a platform: what came and waits to be made durable (stream_batches.c), and the
 * task that holds the stream by one carrier or another (stream.c, stream_websocket.c, stream_poll.c,
 * webhook.c). */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_STREAM_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_STREAM_H

#include "gateway/client/websocket.h"
#include "gateway/lease.h"
#include "gateway/upstream/platform.h"

enum { STREAM_TICK_MS = 500, STREAM_BACKOFF_FIRST_MS = 250, STREAM_BACKOFF_MAX_MS = 30000 };

struct stream_batch;
struct watched; /* an account of ours */

struct platform_stream {
    struct platform *platform;
    struct lease lease;
    char lease_name[PLATFORM_NAME_MAX + 16];
    struct stream *stream;
    struct websocket *socket;
    struct stream_batch *first, **last, *filling;
    size_t pending_bytes;
    struct task *waiting;
    struct loop_timer *timer;
    struct watched *watched;              /* for platforms that do not pick them themselves */
    int64_t watched_count;                /* as the store counts them; -1: never read */
    int64_t event_time, event_came, told; /* of the last event; when that was written down */
    bool live;                            /* it was opened without a cursor */
    bool open, broken, closed;
    int http_status, close_code;
    char reason[512];
    int64_t backoff_ms;
    int64_t compare_at; /* of a platform without events */
};

/* ---- stream_batches.c ---- */

/* Events and cursors into batches; frames to send onto the socket, where there is one. */
struct stream_sink stream_sink_of(struct platform_stream *self);
/* Makes durable what came, oldest first. Waits. False: the store is away; what is not durable comes again
 * with the old cursor. */
bool stream_flush(struct platform_stream *self);
void stream_drop_batches(struct platform_stream *self);
/* Queues the event that everything must be compared. Waits. */
bool stream_queue_gap(struct platform_stream *self);
/* The stored cursor as a reply of the store. Waits. */
struct reply *stream_read_cursor(struct platform *platform);
/* Waits. */
bool stream_forget_cursor(struct platform_stream *self);

/* ---- stream_watch.c ---- */

/* Reads who is watched. Waits. False: the store is away. */
bool stream_watch_read(struct platform_stream *self);
/* The same when there are others than before: they are told to the adapter and compared with the platform,
 * since what they did before was passed over. Waits. False: close the stream. */
bool stream_watch_refresh(struct platform_stream *self);
/* Tells the adapter who is watched. False: close the stream. */
bool stream_watch_tell(struct platform_stream *self);
bool stream_watch_has(const struct platform_stream *self, const char *native);
void stream_watch_free(struct platform_stream *self);
/* Writes down, now and then, that the stream is open and what came last. Waits. */
void stream_note(struct platform_stream *self);

/* ---- stream.c ---- */

/* Lets the waiting task go on. */
void stream_wake(struct platform_stream *self);
/* Waits for stream_wake, at most so long. */
void stream_wait(struct platform_stream *self, int64_t milliseconds);
/* Opens the adapter's stream from the stored cursor. Waits. Its plan, or NULL: try again later. */
const struct stream_plan *stream_begin(struct platform_stream *self);

/* ---- the carriers: hold the stream until it ends, the lease is lost or the gateway stops. Wait. False: it
 * could not even be opened. ---- */

bool stream_by_websocket(struct platform_stream *self, const struct stream_plan *plan);
bool stream_by_poll(struct platform_stream *self);
/* The platform comes to us; what is held is that it was compared the first time. */
bool stream_by_webhook(struct platform_stream *self);

#endif
