/* Threads for signatures and digests: the loop never computes for long. */
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "gateway/task.h"

enum { THREADS_MAX = 64, BATCH_MAX = 8 };

struct crypto_pool {
    pthread_mutex_t mutex;
    pthread_cond_t more;
    struct crypto_job *waiting, **waiting_last;
    size_t waiting_count;
    struct crypto_job *finished, **finished_last;
    struct loop_wake *wake;
    pthread_t threads[THREADS_MAX];
    unsigned count;
    bool stopping;
};

/* A list of one job, or of a few when many wait: each handover costs a lock, and often a switch. */
static struct crypto_job *next_jobs(struct crypto_pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->waiting && !pool->stopping)
        (void)pthread_cond_wait(&pool->more, &pool->mutex);
    struct crypto_job *first = pool->waiting;
    if (first) {
        size_t share = pool->waiting_count / pool->count / 2;
        struct crypto_job *last = first;
        size_t taken = 1;
        for (; taken < share && taken < BATCH_MAX; taken++)
            last = last->next;
        pool->waiting = last->next;
        last->next = NULL;
        if (!pool->waiting)
            pool->waiting_last = &pool->waiting;
        pool->waiting_count -= taken;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return first;
}

static void *thread_main(void *context)
{
    struct crypto_pool *pool = context;
    for (struct crypto_job *first = next_jobs(pool); first; first = next_jobs(pool)) {
        struct crypto_job *last = first;
        for (struct crypto_job *job = first; job; job = job->next) {
            job->work(job);
            last = job;
        }
        (void)pthread_mutex_lock(&pool->mutex);
        *pool->finished_last = first;
        pool->finished_last = &last->next;
        (void)pthread_mutex_unlock(&pool->mutex);
        loop_wake_send(pool->wake);
    }
    OPENSSL_thread_stop();
    return NULL;
}

static void hand_over(void *context)
{
    struct crypto_pool *pool = context;
    (void)pthread_mutex_lock(&pool->mutex);
    struct crypto_job *job = pool->finished;
    pool->finished = NULL;
    pool->finished_last = &pool->finished;
    (void)pthread_mutex_unlock(&pool->mutex);
    while (job) {
        struct crypto_job *next = job->next;
        job->done(job);
        job = next;
    }
}

struct crypto_pool *crypto_pool_new(struct loop *loop, unsigned threads)
{
    struct crypto_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        abort();
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->more, NULL);
    pool->waiting_last = &pool->waiting;
    pool->finished_last = &pool->finished;
    pool->wake = loop_wake_new(loop, hand_over, pool);
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    /* Signals belong to the loop's thread alone. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pool->count = threads ? threads : 1;
    for (unsigned i = 0; i < pool->count; i++)
        if (pthread_create(&pool->threads[i], NULL, thread_main, pool) != 0)
            abort();
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

void crypto_pool_free(struct crypto_pool *pool)
{
    if (!pool)
        return;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    (void)pthread_cond_broadcast(&pool->more);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    loop_wake_free(pool->wake);
    (void)pthread_mutex_destroy(&pool->mutex);
    (void)pthread_cond_destroy(&pool->more);
    free(pool);
}

void crypto_pool_submit(struct crypto_pool *pool, struct crypto_job *job)
{
    job->next = NULL;
    (void)pthread_mutex_lock(&pool->mutex);
    *pool->waiting_last = job;
    pool->waiting_last = &job->next;
    pool->waiting_count++;
    (void)pthread_cond_signal(&pool->more);
    (void)pthread_mutex_unlock(&pool->mutex);
}

struct task_job {
    struct crypto_job job;
    void (*work)(void *context);
    void *context;
    struct task *task;
};

static void task_job_work(struct crypto_job *job)
{
    struct task_job *self = (struct task_job *)job;
    self->work(self->context);
}

static void task_job_done(struct crypto_job *job)
{
    task_resume(((struct task_job *)job)->task);
}

void crypto_pool_run(struct crypto_pool *pool, void (*work)(void *context), void *context)
{
    struct task_job self = {.job = {.work = task_job_work, .done = task_job_done},
                            .work = work,
                            .context = context,
                            .task = task_current()};
    crypto_pool_submit(pool, &self.job);
    task_park();
}
