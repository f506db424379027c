#include "gateway/store/hiredis_loop.h"

#include <stdlib.h>

struct watch {
    redisAsyncContext *context;
    struct loop_io *io;
    struct loop_turn *turn; /* sends what a turn of the loop has brought, without asking whether it can */
    bool reading, writing, due, flushing;
    bool inside, gone; /* hiredis may end the connection while it digests what we bring */
};

static void apply(struct watch *watch)
{
    loop_io_set(watch->io, watch->reading, watch->writing);
}

static void add_read(void *context)
{
    struct watch *watch = context;
    watch->reading = true;
    apply(watch);
}

static void remove_read(void *context)
{
    struct watch *watch = context;
    watch->reading = false;
    apply(watch);
}

static void add_write(void *context)
{
    struct watch *watch = context;
    if ((watch->context->c.flags & REDIS_CONNECTED) && !watch->flushing) {
        watch->due = true;
        return;
    }
    watch->writing = true;
    apply(watch);
}

static void remove_write(void *context)
{
    struct watch *watch = context;
    watch->writing = watch->due = false;
    apply(watch);
}

static void clean_up(void *context)
{
    struct watch *watch = context;
    loop_io_free(watch->io);
    watch->io = NULL;
    loop_turn_free(watch->turn);
    watch->turn = NULL;
    watch->gone = true;
    if (!watch->inside)
        free(watch);
}

static void handle(struct watch *watch, bool readable, bool writable)
{
    watch->inside = true;
    if (readable)
        redisAsyncHandleRead(watch->context);
    if (writable && !watch->gone) {
        watch->flushing = true; /* what does not go now waits until it can */
        redisAsyncHandleWrite(watch->context);
        watch->flushing = false;
    }
    watch->inside = false;
    if (watch->gone)
        free(watch);
}

static void ready(void *context, bool readable, bool writable)
{
    handle(context, readable, writable);
}

static void turn_ends(void *context)
{
    struct watch *watch = context;
    if (!watch->due)
        return;
    watch->due = false;
    if (!watch->writing)
        handle(watch, false, true);
}

void hiredis_attach(redisAsyncContext *context, struct loop *loop)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        abort();
    watch->context = context;
    watch->io = loop_io_new(loop, context->c.fd, ready, watch);
    watch->turn = loop_turn_new(loop, false, turn_ends, watch);
    context->ev.data = watch;
    context->ev.addRead = add_read;
    context->ev.delRead = remove_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = remove_write;
    context->ev.cleanup = clean_up;
}
