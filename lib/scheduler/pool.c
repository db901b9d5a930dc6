/* SPDX-License-Identifier: MIT
 *
 * The pool: made, started, given tasks, stopped. See pool.h for the picture.
 */
#include "lib/scheduler/pool.h"

#include "lib/reactor/reactor.h"
#include "lib/runtime/runtime.h"
#include "lib/scheduler/watchdog.h"
#include "lib/time/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct plx_schedule_ops pool_ops, pool_ops_hooked, jobs_ops, jobs_ops_hooked;
static _Atomic uint32_t next_worker_number;

static struct plx_pool *pool_of(struct plx_schedule *schedule)
{
    return plx_container_of(schedule, struct plx_pool, schedule);
}

static struct plx_pool *pool_of_jobs(struct plx_schedule *jobs)
{
    return plx_container_of(jobs, struct plx_pool, jobs);
}

/* ── life ─────────────────────────────────────────────────────────────────────────────────────────── */

static void unpark_for_timer(void *arg)
{
    struct plx_worker *worker = arg;
    plx_parker_unpark(&worker->parker, worker->reactor);
}

static int init_reactor(struct plx_worker *worker)
{
    struct plx_pool *pool = worker->pool;
    if (worker->index == 0 || pool->options.reactor_per_worker)
        return plx_reactor_new(pool->options.selector, &worker->reactor);
    worker->reactor = pool->workers[0].reactor;
    plx_reactor_keep(worker->reactor);
    return 0;
}

static int init_worker(struct plx_pool *pool, uint32_t index, uint32_t number)
{
    struct plx_worker *worker = &pool->workers[index];
    *worker = (struct plx_worker){.pool = pool, .index = index, .random = 0x9E3779B9u * (index + 1)};
    worker->yielded_end = &worker->yielded;
    worker->patience = 8;
    worker->until_reactor = pool->options.reactor_every;
    worker->until_global = pool->options.global_every;
    worker->number = (uint16_t)(number % PLX_NO_WORKER);
    plx_deque_init(&worker->deque);
    int error = init_reactor(worker);
    return error
               ? error
               : plx_timer_new(pool->options.clock, worker->number, unpark_for_timer, worker, &worker->timer);
}

static void free_workers(struct plx_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->workers[i].timer)
            plx_timer_release(pool->workers[i].timer);
        if (pool->workers[i].reactor)
            plx_reactor_release(pool->workers[i].reactor);
    }
    free(pool->workers);
}

static int init_workers(struct plx_pool *pool)
{
    uint32_t first = atomic_fetch_add(&next_worker_number, pool->count);
    int error = 0;
    for (uint32_t i = 0; i < pool->count && !error; i++)
        error = init_worker(pool, i, first + i);
    return error;
}

static int init_threads(struct plx_pool *pool)
{
    const struct plx_runtime_options *chosen = &pool->options;
    struct plx_threads_options options = {
        .name = chosen->name,
        .stack_bytes = chosen->stack_bytes,
        .workers = chosen->kind == PLX_THREAD_POOL ? pool->count : 0,
        .most_jobs = chosen->blocking_threads,
        .keep_alive_ns = chosen->keep_alive_ms * UINT64_C(1000000),
    };
    return plx_threads_init(&pool->threads, pool, &options);
}

/* Each step that fails undoes those before it. */
static int init_parts(struct plx_pool *pool)
{
    int error = plx_idle_init(&pool->idle, pool->count, pool->options.wake_per_submit);
    if (error)
        return error;
    if ((error = plx__cells_init(&pool->cells)))
        goto no_cells;
    if ((error = plx_global_queue_init(&pool->global)))
        goto no_global;
    if ((error = plx_capacity_new(pool->options.max_blocking, &pool->capacity)))
        goto no_capacity;
    if ((error = init_threads(pool)))
        goto no_threads;
    return 0;

no_threads:
    plx_capacity_drop(pool->capacity);
no_capacity:
    plx_global_queue_done(&pool->global);
no_global:
    plx__cells_done(&pool->cells);
no_cells:
    plx_idle_done(&pool->idle);
    return error;
}

static void free_pool(struct plx_schedule *schedule)
{
    struct plx_pool *pool = pool_of(schedule);
    plx_threads_done(&pool->threads);
    plx_capacity_drop(pool->capacity);
    plx_global_queue_done(&pool->global);
    plx__cells_done(&pool->cells);
    plx_idle_done(&pool->idle);
    free_workers(pool);
    plx__runtime_free_memory(schedule->runtime);
    free(pool);
}

static struct plx_pool *allocate(uint32_t count)
{
    struct plx_pool *pool = calloc(1, sizeof *pool);
    struct plx_worker *workers = aligned_alloc(64, count * sizeof *workers);
    if (!pool || !workers) {
        free(pool);
        free(workers);
        return NULL;
    }
    memset(workers, 0, count * sizeof *workers);
    pool->count = count;
    pool->workers = workers;
    return pool;
}

int plx_pool_new(struct plx_runtime *runtime, const struct plx_runtime_options *options,
                 struct plx_pool **out)
{
    struct plx_pool *pool = allocate(options->workers);
    if (!pool)
        return -ENOMEM;
    pool->options = *options;
    int error = init_workers(pool);
    if (!error)
        error = init_parts(pool);
    if (error) {
        free_workers(pool);
        free(pool);
        return error;
    }
    uint32_t budget = options->budget == PLX_NO_BUDGET ? 0 : options->budget;
    bool hooks = options->hooks.task_spawn || options->hooks.task_end;
    plx__schedule_init(&pool->schedule, hooks ? &pool_ops_hooked : &pool_ops, runtime, &pool->cells);
    plx__schedule_init(&pool->jobs, hooks ? &jobs_ops_hooked : &jobs_ops, runtime, &pool->cells);
    for (uint32_t i = 0; i < pool->count; i++)
        plx__home_init(&pool->workers[i].home, &pool->schedule);
    plx__schedule_keep(&pool->schedule); /* for the jobs */
    pool->schedule.budget = pool->jobs.budget = budget;
    pool->schedule.stays = options->kind == PLX_CURRENT_THREAD;
    *out = pool;
    return 0;
}

/* ── tasks come in and go ─────────────────────────────────────────────────────────────────────────── */

void plx__pool_wake_one(struct plx_pool *pool)
{
    int index = plx_idle_worker_to_wake(&pool->idle);
    if (index < 0)
        return;
    struct plx_worker *worker = &pool->workers[index];
    plx_trace(unpark, .worker = worker->number);
    plx_parker_unpark(&worker->parker, worker->reactor);
}

/* The one worker that there is may sleep for ever now: it looks at what it waits for once more. */
void plx__pool_look_again(struct plx_pool *pool)
{
    if (pool->count > 1)
        return;
    atomic_store(&pool->look_again, true);
    plx_parker_unpark(&pool->workers[0].parker, pool->workers[0].reactor);
}

/* A worker of this pool keeps the task; everyone else, workers of other pools included, gives it to the
 * global queue. */
static void submit(struct plx_schedule *schedule, struct plx_task *task, enum plx_submit how)
{
    struct plx_pool *pool = pool_of(schedule);
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

/* No thread for it: it ends with that error, and not in silence. */
static void submit_job(struct plx_schedule *jobs, struct plx_task *task, enum plx_submit how)
{
    struct plx_pool *pool = pool_of_jobs(jobs);
    (void)how;
    int error = plx_threads_run_job(&pool->threads, task);
    if (!error)
        return;
    plx__task_fail(task, error);
    plx__pool_look_again(pool);
    plx__task_release(task, 1);
}

static void tell_hook(struct plx_pool *pool, void (*hook)(void *arg, uint64_t task), struct plx_task *task)
{
    if (hook)
        hook(pool->options.hooks.arg, task->id);
}

static void begins(struct plx_schedule *schedule, struct plx_task *task)
{
    struct plx_pool *pool = pool_of(schedule);
    tell_hook(pool, pool->options.hooks.task_spawn, task);
}

static void ends(struct plx_schedule *schedule, struct plx_task *task)
{
    struct plx_pool *pool = pool_of(schedule);
    tell_hook(pool, pool->options.hooks.task_end, task);
}

static void job_begins(struct plx_schedule *jobs, struct plx_task *task)
{
    begins(&pool_of_jobs(jobs)->schedule, task);
}

static void job_ends(struct plx_schedule *jobs, struct plx_task *task)
{
    ends(&pool_of_jobs(jobs)->schedule, task);
}

static void free_jobs(struct plx_schedule *jobs)
{
    plx__schedule_release(&pool_of_jobs(jobs)->schedule);
}

/* Most runtimes have no hooks, and ask nothing. */
static const struct plx_schedule_ops pool_ops = {submit, free_pool, NULL, NULL};
static const struct plx_schedule_ops pool_ops_hooked = {submit, free_pool, begins, ends};
static const struct plx_schedule_ops jobs_ops = {submit_job, free_jobs, NULL, NULL};
static const struct plx_schedule_ops jobs_ops_hooked = {submit_job, free_jobs, job_begins, job_ends};

/* ── threads ──────────────────────────────────────────────────────────────────────────────────────── */

/* They sleep in their parkers, or wait to be worth something in threads.c. */
static void stop_workers(struct plx_pool *pool)
{
    atomic_store(&pool->stopping, true);
    for (uint32_t i = 0; i < pool->count; i++)
        plx_parker_unpark(&pool->workers[i].parker, pool->workers[i].reactor);
    plx_threads_stop_workers(&pool->threads);
}

int plx_pool_start(struct plx_pool *pool)
{
    int error = 0;
    for (uint32_t i = 0; i < pool->count && !error; i++)
        error = plx_threads_offer(&pool->threads, &pool->workers[i]);
    if (!error && pool->options.watchdog_ms)
        error = plx_watchdog_start(pool);
    if (error) {
        stop_workers(pool);
        plx_threads_join(&pool->threads, -1);
        plx__schedule_abandon(&pool->jobs);
    }
    return error;
}

void plx_pool_lend_thread(struct plx_pool *pool, bool (*done)(void *arg), void *arg)
{
    struct plx_worker *worker = &pool->workers[0], *outer = plx__worker_current();
    struct plx_thread thread = {.pool = pool, .worker = worker};
    struct plx_thread *before = plx__thread_set_current(&thread);
    struct plx_home *home_before = plx__home_mine;
    worker->thread = &thread;
    plx__home_mine = &worker->home;
    plx_trace_as_worker(worker->number);
    plx_worker_run(&thread, done, arg);
    plx_trace_as_worker(outer ? outer->number : PLX_NO_WORKER);
    worker->thread = NULL;
    plx__home_mine = home_before;
    plx__thread_set_current(before);
}

/* ── the end ──────────────────────────────────────────────────────────────────────────────────────── */

/* The queues still hold references to tasks that have ended. */
static void empty_queues(struct plx_pool *pool)
{
    struct plx_task *task;
    plx_global_queue_close(&pool->global);
    while (plx_global_queue_pop(&pool->global, &task, 1))
        plx__task_release(task, 1);
    while ((task = plx_threads_take_job(&pool->threads)))
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

/* No worker runs any more when tasks are cancelled, so a task is idle, or its thread blocks: then that thread
 * ends it. Tasks are cancelled before the threads that block are waited for: what these wait for may be what a task
 * will never send, and only when that task is dropped do they learn it (Tokio #2789). */
bool plx_pool_stop(struct plx_pool *pool, int64_t timeout_ns)
{
    plx__cells_close(&pool->cells);
    stop_workers(pool);
    plx_watchdog_stop(pool);
    plx__cells_cancel_all(&pool->cells);
    bool all = plx_threads_join(&pool->threads, timeout_ns);
    empty_queues(pool);
    for (uint32_t i = 0; i < pool->count; i++) {
        plx_timer_shutdown(pool->workers[i].timer);
        plx_reactor_shutdown(pool->workers[i].reactor);
    }
    plx__schedule_abandon(&pool->jobs);
    return all;
}
