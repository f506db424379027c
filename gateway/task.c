#include "gateway/task.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

enum { STACK_SIZE = 256 * 1024, GUARD_SIZE = 4096, STACKS_KEPT = 256 };

struct task {
    ucontext_t context;
    char *stack; /* the mapping, its first page is the guard */
    void (*run)(void *argument);
    void *argument;
    struct task_pool *pool;
    struct task *next; /* in the pool's list of idle tasks, or in its list of tasks to resume */
    bool ended;
    struct task_allowance allowance;
#if defined(__SANITIZE_ADDRESS__)
    void *fake_stack;
#endif
#if defined(__SANITIZE_THREAD__)
    void *fiber;
#endif
};

struct task_pool {
    struct loop *loop;
    struct loop_timer *timer; /* fires at once: tasks wait to be resumed */
    ucontext_t home;
    struct task *idle;
    struct task *ready, **ready_last;
    size_t idle_count, live, maximum;
    bool armed;
#if defined(__SANITIZE_ADDRESS__)
    const void *home_stack;
    size_t home_size;
    void *home_fake;
#endif
#if defined(__SANITIZE_THREAD__)
    void *home_fiber;
#endif
};

/* Which task the loop's thread runs: the one thing that a task cannot be told by a parameter. */
static _Thread_local struct task *running;

static void enter_task(struct task_pool *pool, struct task *task);

static void resume_ready(void *context)
{
    struct task_pool *pool = context;
    pool->armed = false;
    struct task *task = pool->ready;
    pool->ready = NULL;
    pool->ready_last = &pool->ready;
    while (task) {
        struct task *next = task->next;
        enter_task(pool, task);
        task = next;
    }
}

struct task_pool *task_pool_new(struct loop *loop, size_t maximum)
{
    struct task_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        abort();
    pool->loop = loop;
    pool->maximum = maximum;
    pool->ready_last = &pool->ready;
    pool->timer = loop_timer_new(loop, resume_ready, pool);
    return pool;
}

static void task_free(struct task *task)
{
#if defined(__SANITIZE_THREAD__)
    if (task->fiber)
        __tsan_destroy_fiber(task->fiber);
#endif
    (void)munmap(task->stack, STACK_SIZE + GUARD_SIZE);
    free(task);
}

void task_pool_free(struct task_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct task *task = pool->idle;
        pool->idle = task->next;
        task_free(task);
    }
    loop_timer_free(pool->timer);
    free(pool);
}

size_t task_pool_count(const struct task_pool *pool)
{
    return pool->live;
}

struct task *task_current(void)
{
    return running;
}

struct task_allowance *task_allowance(void)
{
    return running ? &running->allowance : NULL;
}

static void leave_task(struct task *task, bool for_ever)
{
    struct task_pool *pool = task->pool;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(for_ever ? NULL : &task->fake_stack, pool->home_stack, pool->home_size);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(pool->home_fiber, 0);
#endif
    (void)for_ever;
    (void)swapcontext(&task->context, &pool->home);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(task->fake_stack, &pool->home_stack, &pool->home_size);
#endif
}

static void task_main(void)
{
    struct task *task = running;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(NULL, &task->pool->home_stack, &task->pool->home_size);
#endif
    task->run(task->argument);
    task->ended = true;
    leave_task(task, true);
    abort(); /* an ended task is never entered again */
}

static void enter_task(struct task_pool *pool, struct task *task)
{
    running = task;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&pool->home_fake, task->stack + GUARD_SIZE, STACK_SIZE);
#endif
#if defined(__SANITIZE_THREAD__)
    pool->home_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(task->fiber, 0);
#endif
    (void)swapcontext(&pool->home, &task->context);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(pool->home_fake, NULL, NULL);
#endif
    running = NULL;
    if (!task->ended)
        return;
    pool->live--;
    if (pool->idle_count >= STACKS_KEPT) {
        task_free(task);
        return;
    }
    task->next = pool->idle;
    pool->idle = task;
    pool->idle_count++;
}

static struct task *task_take(struct task_pool *pool)
{
    struct task *task = pool->idle;
    if (task) {
        pool->idle = task->next;
        pool->idle_count--;
        return task;
    }
    task = calloc(1, sizeof *task);
    if (!task)
        abort();
    task->stack = mmap(NULL, STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (task->stack == MAP_FAILED || mprotect(task->stack, GUARD_SIZE, PROT_NONE) != 0)
        abort();
    task->pool = pool;
#if defined(__SANITIZE_THREAD__)
    task->fiber = __tsan_create_fiber(0);
#endif
    return task;
}

/* A task that is spawned from inside another starts from the loop: tasks never nest. */
static void make_ready(struct task_pool *pool, struct task *task)
{
    task->next = NULL;
    *pool->ready_last = task;
    pool->ready_last = &task->next;
    if (pool->armed)
        return;
    pool->armed = true;
    loop_timer_set(pool->timer, 0);
}

/* A function of its own: the compiler treats getcontext as setjmp, and would fear for its caller's variables.
 */
__attribute__((noinline)) static void prepare_context(struct task *task)
{
    (void)getcontext(&task->context);
    task->context.uc_stack.ss_sp = task->stack + GUARD_SIZE;
    task->context.uc_stack.ss_size = STACK_SIZE;
    task->context.uc_link = NULL;
    makecontext(&task->context, task_main, 0);
}

bool task_spawn(struct task_pool *pool, void (*run)(void *context), void *context)
{
    if (pool->live >= pool->maximum)
        return false;
    struct task *task = task_take(pool);
    task->run = run;
    task->argument = context;
    task->ended = false;
    task->allowance = (struct task_allowance){.limited = false};
    pool->live++;
    prepare_context(task);
    if (running)
        make_ready(pool, task);
    else
        enter_task(pool, task);
    return true;
}

void task_park(void)
{
    struct task *task = running;
    if (!task)
        abort(); /* a call that waits was made outside of a task: a bug that must not hide */
    leave_task(task, false);
}

void task_resume(struct task *task)
{
    make_ready(task->pool, task);
}

static void sleep_over(void *context)
{
    task_resume(context);
}

void task_sleep(int64_t milliseconds)
{
    struct loop_timer *timer = loop_timer_new(running->pool->loop, sleep_over, running);
    loop_timer_set(timer, milliseconds);
    task_park();
    loop_timer_free(timer);
}

struct task_waiter {
    struct task *task;
    struct task_waiter *next;
};

void task_gate_init(struct task_gate *gate, size_t limit)
{
    *gate = (struct task_gate){.limit = limit};
}

void task_gate_enter(struct task_gate *gate)
{
    if (gate->busy < gate->limit) {
        gate->busy++;
        return;
    }
    struct task_waiter waiter = {.task = running};
    if (!gate->first)
        gate->last = &gate->first;
    *gate->last = &waiter;
    /* Until this task is woken. */
    // cppcheck-suppress autoVariables
    gate->last = &waiter.next;
    task_park(); /* the one who leaves hands its place over: busy stays as it is */
}

void task_gate_leave(struct task_gate *gate)
{
    struct task_waiter *waiter = gate->first;
    if (!waiter) {
        gate->busy--;
        return;
    }
    gate->first = waiter->next;
    if (!gate->first)
        gate->last = &gate->first;
    task_resume(waiter->task);
}
