/* SPDX-License-Identifier: MIT
 *
 * The pool: made, started, given tasks, stopped. See pool.h for the picture.
 */
#include "lib/scheduler/pool.h"

#include "lib/reactor/reactor.h"
#include "lib/runtime/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────── */

static _Atomic uint32_t next_worker_number;

static void init_workers(struct plx_pool *pool)
{
    uint32_t first = atomic_fetch_add(&next_worker_number, pool->count);
    for (uint32_t i = 0; i < pool->count; i++) {
        struct plx_worker *worker = &pool->workers[i];
        *worker = (struct plx_worker){.pool = pool, .index = i, .random = 0x9E3779B9u * (i + 1)};
        worker->yielded_end = &worker->yielded;
        worker->number = (uint16_t)((first + i) % PLX_NO_WORKER);
        plx_deque_init(&worker->deque);
    }
}

static void free_pool(struct plx_pool *pool)
{
    plx_idle_done(&pool->idle);
    plx_owned_done(&pool->owned);
    plx_global_queue_done(&pool->global);
    plx_reactor_release(pool->reactor);
    free(pool->workers);
    free(pool);
}

int plx_pool_new(struct plx_runtime *runtime, struct plx_reactor *reactor, uint32_t count, bool use_lifo,
                 struct plx_pool **out)
{
    struct plx_pool *pool = calloc(1, sizeof *pool);
    struct plx_worker *workers = aligned_alloc(64, count * sizeof *workers);
    if (!pool || !workers || plx_idle_init(&pool->idle, count)) {
        free(pool);
        free(workers);
        return -ENOMEM;
    }
    if (plx_owned_init(&pool->owned) || plx_global_queue_init(&pool->global)) {
        plx_idle_done(&pool->idle);
        free(pool);
        free(workers);
        return -ENOMEM;
    }
    plx_reactor_keep(reactor);
    pool->runtime = runtime;
    pool->reactor = reactor;
    pool->count = count;
    pool->use_lifo = use_lifo;
    pool->workers = workers;
    pool->cells = PLX_CELLS_EMPTY;
    atomic_init(&pool->holders, 1);
    init_workers(pool);
    *out = pool;
    return 0;
}

void plx__pool_keep(struct plx_pool *pool)
{
    atomic_fetch_add_explicit(&pool->holders, 1, memory_order_relaxed);
}

void plx__pool_release(struct plx_pool *pool)
{
    if (atomic_fetch_sub_explicit(&pool->holders, 1, memory_order_acq_rel) == 1)
        free_pool(pool);
}

struct plx_runtime *plx__pool_runtime(struct plx_pool *pool)
{
    return pool->runtime;
}

struct plx_cells *plx__pool_cells(struct plx_pool *pool)
{
    return &pool->cells;
}

/* ── tasks come in and go ─────────────────────────────────────────────────────────────────────────── */

void plx__pool_wake_one(struct plx_pool *pool)
{
    int index = plx_idle_worker_to_wake(&pool->idle);
    if (index < 0)
        return;
    struct plx_worker *worker = &pool->workers[index];
    plx_trace(unpark, .worker = worker->number);
    plx_parker_unpark(&worker->parker, pool->reactor);
}

/* A worker of this pool keeps the task; everyone else, workers of other pools included, gives it to the
 * global queue. */
void plx__pool_submit(struct plx_pool *pool, struct plx_task *task, enum plx_submit how)
{
    struct plx_worker *worker = plx__worker_current();
    if (worker && worker->pool == pool) {
        plx_worker_schedule(worker, task, how);
        return;
    }
    if (plx_global_queue_push(&pool->global, &task, 1))
        plx__pool_wake_one(pool);
    else
        plx__task_release(task, 1);
}

bool plx__pool_disown(struct plx_pool *pool, struct plx_task *task)
{
    return plx_owned_remove(&pool->owned, task);
}

/* ── threads ──────────────────────────────────────────────────────────────────────────────────────── */

static bool is_stopping(void *pool)
{
    return atomic_load(&((struct plx_pool *)pool)->stopping);
}

static void *worker_thread(void *arg)
{
    struct plx_worker *worker = arg;
    uint64_t runtime = plx__runtime_number(worker->pool->runtime);

    plx_trace_as_worker(worker->number);
    plx_trace(worker_start, .runtime = runtime);
    plx_worker_run(worker, is_stopping, worker->pool);
    plx_trace_as_worker(worker->number);
    plx_trace(worker_stop, .runtime = runtime);
    return NULL;
}

static int start_worker(struct plx_worker *worker, const char *name, const pthread_attr_t *attributes)
{
    char thread_name[16];
    int error = pthread_create(&worker->thread, attributes, worker_thread, worker);
    if (error)
        return -error;
    snprintf(thread_name, sizeof thread_name, "%.10s-%u", name, worker->index);
    pthread_setname_np(worker->thread, thread_name);
    return 0;
}

static void stop_threads(struct plx_pool *pool, uint32_t started)
{
    atomic_store(&pool->stopping, true);
    for (uint32_t i = 0; i < started; i++)
        plx_parker_unpark(&pool->workers[i].parker, pool->reactor);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(pool->workers[i].thread, NULL);
}

int plx_pool_start(struct plx_pool *pool, const char *name, size_t stack_bytes)
{
    pthread_attr_t attributes;
    int error = -pthread_attr_init(&attributes);
    if (!error && stack_bytes)
        error = -pthread_attr_setstacksize(&attributes, stack_bytes);
    uint32_t started = 0;
    while (!error && started < pool->count) {
        error = start_worker(&pool->workers[started], name, &attributes);
        started += !error;
    }
    pthread_attr_destroy(&attributes);
    if (error)
        stop_threads(pool, started);
    return error;
}

void plx_pool_lend_thread(struct plx_pool *pool, bool (*done)(void *arg), void *arg)
{
    plx_worker_run(&pool->workers[0], done, arg);
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────── */

/* Cancelled one by one without a lock: what a task's drop does (notify others, close sockets) is its own
 * affair. No worker runs any more, so every task is idle or ended; it leaves the list when it is
 * cancelled. */
static void cancel_all(struct plx_pool *pool)
{
    struct plx_task *task;
    while ((task = plx_owned_any(&pool->owned))) {
        plx__task_cancel(task);
        plx__task_release(task, 1);
    }
}

/* The queues still hold references to tasks that have ended. */
static void empty_queues(struct plx_pool *pool)
{
    struct plx_task *task;
    plx_global_queue_close(&pool->global);
    while (plx_global_queue_pop(&pool->global, &task, 1))
        plx__task_release(task, 1);
    for (uint32_t i = 0; i < pool->count; i++) {
        struct plx_worker *worker = &pool->workers[i];
        if (worker->lifo)
            plx__task_release(PLX_MOVE(worker->lifo), 1);
        while ((task = plx_worker_take_yielded(worker)))
            plx__task_release(task, 1);
        while ((task = plx_deque_pop(&worker->deque)))
            plx__task_release(task, 1);
    }
}

void plx_pool_stop(struct plx_pool *pool)
{
    plx_owned_close(&pool->owned);
    if (pool->workers[0].thread)
        stop_threads(pool, pool->count);
    cancel_all(pool);
    empty_queues(pool);
}
