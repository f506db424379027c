#include "gateway/store/hiredis_loop.h"

#include <stdlib.h>

struct watch {
    redisAsyncContext *context;
    struct loop_io *io;
    bool reading, writing;
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
    watch->writing = true;
    apply(watch);
}

static void remove_write(void *context)
{
    struct watch *watch = context;
    watch->writing = false;
    apply(watch);
}

static void clean_up(void *context)
{
    struct watch *watch = context;
    loop_io_free(watch->io);
    watch->io = NULL;
    watch->gone = true;
    if (!watch->inside)
        free(watch);
}

static void ready(void *context, bool readable, bool writable)
{
    struct watch *watch = context;
    watch->inside = true;
    if (readable)
        redisAsyncHandleRead(watch->context);
    if (writable && !watch->gone)
        redisAsyncHandleWrite(watch->context);
    watch->inside = false;
    if (watch->gone)
        free(watch);
}

void hiredis_attach(redisAsyncContext *context, struct loop *loop)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        abort();
    watch->context = context;
    watch->io = loop_io_new(loop, context->c.fd, ready, watch);
    context->ev.data = watch;
    context->ev.addRead = add_read;
    context->ev.delRead = remove_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = remove_write;
    context->ev.cleanup = clean_up;
}
