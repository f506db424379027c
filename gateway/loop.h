/* The event loop: timers, descriptors, signals and wake-ups from other threads. The one door to libev. All
 * calls on the loop's own thread, but loop_wake_send. */
#ifndef DRAWBRIDGE_GATEWAY_LOOP_H
#define DRAWBRIDGE_GATEWAY_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* The library's own loop, for libraries that bring a libev plug-in (libwebsockets). */
void *loop_native(struct loop *loop);

typedef void (*loop_callback)(void *context);
typedef void (*loop_io_callback)(void *context, bool readable, bool writable);

/* A timer object: set as often as wanted; fires once per set. Owned by the caller, who frees it (that cancels
 * it). */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback callback, void *context);
void loop_timer_set(struct loop_timer *timer, int64_t after_ms);
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* A watch on a descriptor, idle until loop_io_set. The descriptor stays the caller's. */
struct loop_io;
struct loop_io *loop_io_new(struct loop *loop, int descriptor, loop_io_callback callback, void *context);
void loop_io_set(struct loop_io *io, bool readable, bool writable);
void loop_io_free(struct loop_io *io);

/* Wakes the loop from any thread; several sends may become one call. */
struct loop_wake;
struct loop_wake *loop_wake_new(struct loop *loop, loop_callback callback, void *context);
void loop_wake_send(struct loop_wake *wake);
void loop_wake_free(struct loop_wake *wake);

struct loop_signal;
struct loop_signal *loop_signal_new(struct loop *loop, int signal_number, loop_callback callback,
                                    void *context);
void loop_signal_free(struct loop_signal *signal);

/* Runs `callback` once, soon, from the loop (not from the caller's stack). */
void loop_soon(struct loop *loop, loop_callback callback, void *context);

/* Milliseconds of a clock that never jumps; for deadlines. */
int64_t loop_monotonic_ms(void);

#endif
