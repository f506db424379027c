#include "gateway/loop.h"

#include <ev.h>
#include <stdlib.h>
#include <time.h>

struct loop {
    struct ev_loop *native;
};

struct loop_timer {
    ev_timer watcher;
    struct loop *loop;
    loop_callback callback;
    void *context;
};

struct loop_io {
    ev_io watcher;
    struct loop *loop;
    loop_io_callback callback;
    void *context;
};

struct loop_wake {
    ev_async watcher;
    struct loop *loop;
    loop_callback callback;
    void *context;
};

struct loop_signal {
    ev_signal watcher;
    struct loop *loop;
    loop_callback callback;
    void *context;
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

struct loop *loop_new(void)
{
    struct loop *loop = allocate(sizeof *loop);
    /* The default loop, since signals can be watched by one loop of a process only. */
    loop->native = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!loop->native)
        abort();
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    ev_loop_destroy(loop->native);
    free(loop);
}

void loop_run(struct loop *loop)
{
    ev_run(loop->native, 0);
}

void loop_stop(struct loop *loop)
{
    ev_break(loop->native, EVBREAK_ALL);
}

void *loop_native(struct loop *loop)
{
    return loop->native;
}

static void timer_fired(struct ev_loop *native, ev_timer *watcher, int events)
{
    (void)native;
    (void)events;
    struct loop_timer *timer = watcher->data;
    timer->callback(timer->context);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_callback callback, void *context)
{
    struct loop_timer *timer = allocate(sizeof *timer);
    *timer = (struct loop_timer){.loop = loop, .callback = callback, .context = context};
    ev_init(&timer->watcher, timer_fired);
    timer->watcher.data = timer;
    return timer;
}

void loop_timer_set(struct loop_timer *timer, int64_t after_ms)
{
    ev_timer_stop(timer->loop->native, &timer->watcher);
    /* libev counts from the loop's own idea of now, which is old after long callbacks. */
    ev_now_update(timer->loop->native);
    ev_timer_set(&timer->watcher, after_ms > 0 ? (double)after_ms / 1000. : 0., 0.);
    ev_timer_start(timer->loop->native, &timer->watcher);
}

void loop_timer_cancel(struct loop_timer *timer)
{
    ev_timer_stop(timer->loop->native, &timer->watcher);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    loop_timer_cancel(timer);
    free(timer);
}

static void io_ready(struct ev_loop *native, ev_io *watcher, int events)
{
    (void)native;
    struct loop_io *io = watcher->data;
    io->callback(io->context, (events & EV_READ) != 0, (events & EV_WRITE) != 0);
}

struct loop_io *loop_io_new(struct loop *loop, int descriptor, loop_io_callback callback, void *context)
{
    struct loop_io *io = allocate(sizeof *io);
    *io = (struct loop_io){.loop = loop, .callback = callback, .context = context};
    ev_io_init(&io->watcher, io_ready, descriptor, 0);
    io->watcher.data = io;
    return io;
}

void loop_io_set(struct loop_io *io, bool readable, bool writable)
{
    int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
    if (ev_is_active(&io->watcher) && (io->watcher.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(io->loop->native, &io->watcher);
    if (!events)
        return;
    ev_io_set(&io->watcher, io->watcher.fd, events);
    ev_io_start(io->loop->native, &io->watcher);
}

void loop_io_free(struct loop_io *io)
{
    if (!io)
        return;
    ev_io_stop(io->loop->native, &io->watcher);
    free(io);
}

static void wake_came(struct ev_loop *native, ev_async *watcher, int events)
{
    (void)native;
    (void)events;
    struct loop_wake *wake = watcher->data;
    wake->callback(wake->context);
}

struct loop_wake *loop_wake_new(struct loop *loop, loop_callback callback, void *context)
{
    struct loop_wake *wake = allocate(sizeof *wake);
    *wake = (struct loop_wake){.loop = loop, .callback = callback, .context = context};
    ev_async_init(&wake->watcher, wake_came);
    wake->watcher.data = wake;
    ev_async_start(loop->native, &wake->watcher);
    return wake;
}

void loop_wake_send(struct loop_wake *wake)
{
    ev_async_send(wake->loop->native, &wake->watcher);
}

void loop_wake_free(struct loop_wake *wake)
{
    if (!wake)
        return;
    ev_async_stop(wake->loop->native, &wake->watcher);
    free(wake);
}

static void signal_came(struct ev_loop *native, ev_signal *watcher, int events)
{
    (void)native;
    (void)events;
    struct loop_signal *watch = watcher->data;
    watch->callback(watch->context);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signal_number, loop_callback callback,
                                    void *context)
{
    struct loop_signal *watch = allocate(sizeof *watch);
    *watch = (struct loop_signal){.loop = loop, .callback = callback, .context = context};
    ev_signal_init(&watch->watcher, signal_came, signal_number);
    watch->watcher.data = watch;
    ev_signal_start(loop->native, &watch->watcher);
    return watch;
}

void loop_signal_free(struct loop_signal *watch)
{
    if (!watch)
        return;
    ev_signal_stop(watch->loop->native, &watch->watcher);
    free(watch);
}

struct soon {
    ev_timer watcher;
    loop_callback callback;
    void *context;
};

static void soon_fired(struct ev_loop *native, ev_timer *watcher, int events)
{
    (void)native;
    (void)events;
    struct soon soon = *(struct soon *)watcher->data;
    free(watcher->data);
    soon.callback(soon.context);
}

void loop_soon(struct loop *loop, loop_callback callback, void *context)
{
    struct soon *soon = allocate(sizeof *soon);
    soon->callback = callback;
    soon->context = context;
    ev_timer_init(&soon->watcher, soon_fired, 0., 0.);
    soon->watcher.data = soon;
    ev_timer_start(loop->native, &soon->watcher);
}

int64_t loop_monotonic_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
