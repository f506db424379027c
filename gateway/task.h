/* Tasks: straight-line code on the event loop. A task has a stack of its own and gives the loop back whenever
 * it waits, so that a handler of ten steps reads as ten lines and not as ten callbacks. All tasks of a worker
 * run on its loop's thread, one at a time: between two waits nothing else runs, and no locks are needed.
 *
 * A call marked "waits" may only be made inside a task. */
#ifndef DRAWBRIDGE_GATEWAY_TASK_H
#define DRAWBRIDGE_GATEWAY_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/loop.h"

struct task_pool; /* the stacks of one worker */
struct task;

/* At most `maximum` tasks live at once. */
struct task_pool *task_pool_new(struct loop *loop, size_t maximum);
/* All tasks must have ended. */
void task_pool_free(struct task_pool *pool);
size_t task_pool_count(const struct task_pool *pool);

/* Runs `run(context)` in a new task, at once, until its first wait. False when `maximum` tasks live: nothing
 * ran. */
bool task_spawn(struct task_pool *pool, void (*run)(void *context), void *context);

/* The task that runs now, NULL outside of tasks. */
struct task *task_current(void);

/* What the running task may still ask of servers that strangers name (fetch.h). A task begins without limit;
 * a long one gets a new allowance for each thing it does. */
struct task_allowance {
    bool limited;
    unsigned requests;
    int64_t until; /* monotonic ms */
};
/* Of the task that runs now; NULL outside of tasks. */
struct task_allowance *task_allowance(void);

/* Waits until task_resume(task) is called. The caller has stored task_current() where the waker finds it. */
void task_park(void);
/* Lets a parked task go on, from the loop, soon. Call once per park. */
void task_resume(struct task *task);

/* Waits. */
void task_sleep(int64_t milliseconds);

/* A counter to wait on: task_gate_wait waits while `busy` ≥ limit, task_gate_leave lets the next one in, in
 * order. */
struct task_gate {
    size_t busy, limit;
    struct task_waiter *first, **last;
};
void task_gate_init(struct task_gate *gate, size_t limit);
void task_gate_enter(struct task_gate *gate); /* waits */
void task_gate_leave(struct task_gate *gate);

/* The crypto pool: runs `work` on a thread while the task waits. `work` touches nothing that belongs to the
 * loop. */
struct crypto_pool;
struct crypto_pool *crypto_pool_new(struct loop *loop, unsigned threads);
void crypto_pool_free(struct crypto_pool *pool);
void crypto_pool_run(struct crypto_pool *pool, void (*work)(void *context), void *context); /* waits */
/* The same without a task: `done` runs on the loop. The job is the caller's and lives until then. */
struct crypto_job {
    void (*work)(struct crypto_job *job);
    void (*done)(struct crypto_job *job);
    struct crypto_job *next;
};
void crypto_pool_submit(struct crypto_pool *pool, struct crypto_job *job);

#endif
