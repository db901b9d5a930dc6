/* SPDX-License-Identifier: MIT
 *
 * Runtimes: built, run and taken down. See runtime.h.
 *
 * The struct is freed with the pool, by the last who holds that: what a task or an executor knows as its
 * runtime stays a valid address as long as they do.
 */
#include "lib/runtime/runtime.h"

#include "lib/reactor/reactor.h"
#include "lib/scheduler/pool.h"
#include "lib/task/contract.h"
#include "lib/time/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct plx_runtime {
    struct plx_pool *pool;
    uint64_t number;  /* in the trace, from 1 */
    atomic_bool lent; /* current_thread: some thread is running it */
};

static _Thread_local struct plx_runtime *entered;

enum {
    REACTOR_EVERY = 61, /* ticks. A prime, so that it does not fall into step with a program's own rhythm */
    GLOBAL_EVERY = 31, /* another prime: at the same ticks the reactor would always come first, and hide it */
};

/* ── building ─────────────────────────────────────────────────────────────────────────────────────── */

static int workers_from_environment(uint32_t *workers)
{
    const char *text = getenv("POLLUX_WORKERS");
    if (!text || !*text) {
        long cpus = sysconf(_SC_NPROCESSORS_ONLN);
        *workers = cpus < 1 ? 1 : cpus > PLX_WORKERS_MOST ? PLX_WORKERS_MOST : (uint32_t)cpus;
        return 0;
    }
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || *end || number < 1 || number > PLX_WORKERS_MOST) {
        fprintf(stderr, "pollux: POLLUX_WORKERS=%s is not a number from 1 to %d\n", text, PLX_WORKERS_MOST);
        return -EINVAL;
    }
    *workers = (uint32_t)number;
    return 0;
}

static uint32_t or_else(uint32_t given, uint32_t usual)
{
    return given ? given : usual;
}

/* Fills in what was left to us. A current_thread has no LIFO slot: its tasks run in turn (Tokio does the same). */
static int choose(struct plx_runtime_options *options)
{
    bool threads = options->kind == PLX_THREAD_POOL;
    int error = 0;
    if (options->workers > PLX_WORKERS_MOST)
        return -EINVAL;
    if (!threads)
        options->workers = 1;
    if (!options->workers)
        error = workers_from_environment(&options->workers);
    if (!error && !options->selector)
        error = plx_selector_choose(&options->selector);
    options->name = options->name ? options->name : "pollux";
    options->clock = options->clock ? options->clock : plx_clock_of_process();
    options->max_blocking = or_else(options->max_blocking, 100);
    options->blocking_threads = or_else(options->blocking_threads, 512);
    options->keep_alive_ms = or_else(options->keep_alive_ms, 10000);
    options->budget = or_else(options->budget, 128);
    options->reactor_every = or_else(options->reactor_every, REACTOR_EVERY);
    options->global_every = or_else(options->global_every, GLOBAL_EVERY);
    options->no_lifo |= !threads;
    return error;
}

static int build(struct plx_runtime *runtime, const struct plx_runtime_options *options)
{
    bool threads = options->kind == PLX_THREAD_POOL;
    int error = plx_pool_new(runtime, options, &runtime->pool);
    if (error) {
        free(runtime);
        return error;
    }
    plx_trace(runtime_start, .runtime = runtime->number, .kind = threads ? "thread_pool" : "current_thread",
              .first_worker = runtime->pool->workers[0].number, .workers = options->workers);
    error = threads ? plx_pool_start(runtime->pool) : 0;
    if (error)
        plx__schedule_release(&runtime->pool->schedule);
    return error;
}

int plx_runtime_new(const struct plx_runtime_options *options, struct plx_runtime **out)
{
    static _Atomic uint64_t last_number;
    struct plx_runtime_options chosen = {0};

    plx_trace_obey_environment();
    if (options)
        chosen = *options;
    int error = choose(&chosen);
    if (error)
        return error;
    struct plx_runtime *runtime = calloc(1, sizeof *runtime);
    if (!runtime)
        return -ENOMEM;
    runtime->number = atomic_fetch_add(&last_number, 1) + 1;
    error = build(runtime, &chosen);
    if (!error)
        *out = runtime;
    return error;
}

struct plx_pool *plx__runtime_pool(struct plx_runtime *runtime)
{
    return runtime->pool;
}

void plx__runtime_free_memory(struct plx_runtime *runtime)
{
    free(runtime);
}

/* ── waiting and lending ──────────────────────────────────────────────────────────────────────────── */

static bool is_current_thread(struct plx_runtime *runtime)
{
    return runtime->pool->options.kind == PLX_CURRENT_THREAD;
}

/* A thread that polls may not wait, unless it has said that it is going to block. */
static bool may_not_wait(void)
{
    plx_context *cx = plx__context_current();
    return cx ? !cx->may_block : plx__worker_current() != NULL;
}

static bool no_task_left(void *runtime)
{
    return plx_owned_count(&((struct plx_runtime *)runtime)->pool->owned) == 0;
}

/* The right to be the worker of a current_thread runtime. One thread at a time: 0 or -EBUSY. */
static int begin_lending(struct plx_runtime *runtime)
{
    return atomic_exchange(&runtime->lent, true) ? -EBUSY : 0;
}

static void end_lending(struct plx_runtime *runtime)
{
    atomic_store(&runtime->lent, false);
}

/* Lets the caller's thread be that worker until `done(arg)`. */
static int lend_thread(struct plx_runtime *runtime, bool (*done)(void *arg), void *arg)
{
    int error = begin_lending(runtime);
    if (error)
        return error;
    plx_pool_lend_thread(runtime->pool, done, arg);
    end_lending(runtime);
    return 0;
}

int plx_runtime_wait_idle(struct plx_runtime *runtime)
{
    if (may_not_wait())
        return -EDEADLK;
    if (is_current_thread(runtime))
        return lend_thread(runtime, no_task_left, runtime);
    plx_owned_wait_empty(&runtime->pool->owned, 0);
    return 0;
}

static bool no_task_or_no_time(void *arg)
{
    struct plx_runtime *runtime = arg;
    return no_task_left(runtime) || plx_monotonic_ns() >= runtime->pool->workers[0].wake_at_ns;
}

/* With the right to run it. */
static void lend_until(struct plx_runtime *runtime, uint64_t deadline_ns, bool (*done)(void *arg), void *arg)
{
    struct plx_worker *worker = &runtime->pool->workers[0];
    worker->wake_at_ns = deadline_ns;
    plx_pool_lend_thread(runtime->pool, done, arg);
    worker->wake_at_ns = 0;
}

int plx_runtime_wait_idle_for(struct plx_runtime *runtime, uint32_t ms)
{
    uint64_t deadline_ns = plx_monotonic_ns() + ms * UINT64_C(1000000);
    if (may_not_wait())
        return -EDEADLK;
    if (!is_current_thread(runtime))
        return plx_owned_wait_empty(&runtime->pool->owned, deadline_ns) ? 0 : -ETIMEDOUT;
    int error = begin_lending(runtime);
    if (error)
        return error;
    lend_until(runtime, deadline_ns, no_task_or_no_time, runtime);
    end_lending(runtime);
    return no_task_left(runtime) ? 0 : -ETIMEDOUT;
}

/* How far a turn goes: as many polls as there were tasks ready when it began. */
struct turn {
    struct plx_worker *worker;
    uint64_t polls_before, polls_most;
    bool waits;
};

static uint64_t ready_tasks(struct plx_worker *worker)
{
    return plx_deque_length(&worker->deque) + plx_global_queue_length(&worker->pool->global);
}

static bool turn_is_over(void *arg)
{
    struct turn *turn = arg;
    uint64_t polled = plx_counted(&turn->worker->counters.polls) - turn->polls_before;
    if (turn->polls_most == 0)
        turn->polls_most = ready_tasks(turn->worker);
    if (turn->polls_most == 0)
        return !turn->waits || plx_monotonic_ns() >= turn->worker->wake_at_ns;
    return polled >= turn->polls_most || ready_tasks(turn->worker) == 0;
}

int plx_runtime_turn(struct plx_runtime *runtime, int ms)
{
    if (!is_current_thread(runtime))
        return -ENOTSUP;
    int error = may_not_wait() ? -EDEADLK : begin_lending(runtime);
    if (error)
        return error;
    struct plx_worker *worker = &runtime->pool->workers[0];
    struct turn turn = {.worker = worker, .polls_before = plx_counted(&worker->counters.polls), .waits = ms != 0};
    plx_worker_look_around(worker);
    turn.polls_most = ready_tasks(worker);
    lend_until(runtime, ms < 0 ? UINT64_MAX : plx_monotonic_ns() + (uint64_t)ms * 1000000, turn_is_over, &turn);
    end_lending(runtime);
    return (int)(plx_counted(&worker->counters.polls) - turn.polls_before);
}

static enum plx_answer poll_handle(void *handle, plx_context *cx, void *item)
{
    return plx__handle_poll(handle, cx, item);
}

static bool is_complete(void *task)
{
    return plx_state_load(&((struct plx_task *)task)->state) & PLX_COMPLETE;
}

int plx__handle_wait(struct plx_task **handle, void *item)
{
    if (may_not_wait())
        return -EDEADLK;
    if (!*handle)
        return -EINVAL;
    struct plx_runtime *runtime = (*handle)->schedule->runtime;
    struct plx_sleeper *sleeper = plx__sleeper_new();
    if (!sleeper)
        return -ENOMEM;
    bool lend = !is_complete(*handle) && runtime && is_current_thread(runtime);
    int error = lend ? lend_thread(runtime, is_complete, *handle) : 0;
    if (!error)
        error = plx__sleep_until_ready(sleeper, poll_handle, handle, item);
    plx__sleeper_drop(sleeper);
    return error;
}

static int spawn_and_wait(struct plx_runtime *runtime, struct plx_sleeper *sleeper, const struct plx_future_ops *ops,
                          void *future, void *item, struct plx_at at)
{
    struct plx_task *handle;
    int error = plx__spawn(runtime, ops, future, at, &handle);
    if (error)
        return error;
    if (is_current_thread(runtime))
        plx_pool_lend_thread(runtime->pool, is_complete, handle);
    return plx__sleep_until_ready(sleeper, poll_handle, &handle, item);
}

/* All that can be refused is asked for before the task is spawned: it may borrow from the caller, and would be
 * there after the caller has been refused and has gone. */
int plx__block_on(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, void *item,
                  struct plx_at at)
{
    bool lend = is_current_thread(runtime);
    struct plx_sleeper *sleeper = plx__sleeper_new();
    int error = may_not_wait() ? -EDEADLK : !sleeper ? -ENOMEM : lend ? begin_lending(runtime) : 0;
    if (error) {
        plx__drop_unnumbered(ops, future);
    } else {
        error = spawn_and_wait(runtime, sleeper, ops, future, item, at);
        if (lend)
            end_lending(runtime);
    }
    plx__sleeper_drop(sleeper);
    return error;
}

/* ── spawning ─────────────────────────────────────────────────────────────────────────────────────── */

struct plx_runtime *plx_runtime_current(void)
{
    plx_context *cx = plx__context_current();
    return cx && cx->runtime ? cx->runtime : entered;
}

struct plx_entered plx_runtime_enter(struct plx_runtime *runtime)
{
    struct plx_entered before = {entered};
    entered = runtime;
    return before;
}

void plx_runtime_leave(struct plx_entered guard)
{
    entered = guard.before;
}

static int spawn_on(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future, struct plx_at at,
                    struct plx_task **handle)
{
    if (schedule)
        return plx__task_spawn(schedule, ops, future, at, handle);
    if (handle)
        *handle = NULL;
    plx__drop_unnumbered(ops, future);
    return -ESHUTDOWN;
}

int plx__spawn(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, struct plx_at at,
               struct plx_task **handle)
{
    if (!runtime)
        runtime = plx_runtime_current();
    return spawn_on(runtime ? &runtime->pool->schedule : NULL, ops, future, at, handle);
}

int plx__spawn_blocking(struct plx_runtime *runtime, const struct plx_future_ops *ops, void *future, struct plx_at at,
                        struct plx_task **handle)
{
    if (!runtime)
        runtime = plx_runtime_current();
    return spawn_on(runtime ? &runtime->pool->jobs : NULL, ops, future, at, handle);
}

int plx__spawn_with(const plx_executor *executor, const struct plx_future_ops *ops, void *future, struct plx_at at,
                    struct plx_task **handle)
{
    return spawn_on(executor->pool ? &executor->pool->schedule : NULL, ops, future, at, handle);
}

plx_executor plx_executor_of(struct plx_runtime *runtime)
{
    if (runtime)
        plx__schedule_keep(&runtime->pool->schedule);
    return (plx_executor){runtime ? runtime->pool : NULL};
}

plx_executor plx_executor_current(void)
{
    return plx_executor_of(plx_runtime_current());
}

plx_executor plx_executor_clone(const plx_executor *executor)
{
    if (executor->pool)
        plx__schedule_keep(&executor->pool->schedule);
    return *executor;
}

void plx_executor_drop(plx_executor *executor)
{
    plx_executor gone = PLX_MOVE(*executor);
    if (gone.pool)
        plx__schedule_release(&gone.pool->schedule);
}

bool plx_executor_is_open(const plx_executor *executor)
{
    return executor->pool && !atomic_load(&executor->pool->stopping);
}

/* ── taking down ──────────────────────────────────────────────────────────────────────────────────── */

/* True: no thread of it is left. */
static bool shut_down(struct plx_runtime *runtime, enum plx_shutdown how, int64_t timeout_ns)
{
    struct plx_pool *pool = runtime->pool;
    uint64_t number = runtime->number;
    plx_trace(runtime_shutdown, .runtime = number, .how = how);
    bool all = plx_pool_stop(pool, timeout_ns);
    if (all) {
        plx__cells_check(&pool->schedule.cells);
        plx__cells_check(&pool->jobs.cells);
    }
    plx_trace(runtime_stop, .runtime = number);
    plx__schedule_release(&pool->schedule);
    return all;
}

int plx_runtime_free(struct plx_runtime *runtime)
{
    if (!runtime)
        return 0;
    if (may_not_wait())
        return -EDEADLK;
    shut_down(runtime, PLX_NOW, -1);
    return 0;
}

int plx_runtime_shutdown_on_idle(struct plx_runtime *runtime)
{
    int error = plx_runtime_wait_idle(runtime);
    if (!error)
        shut_down(runtime, PLX_ON_IDLE, -1);
    return error;
}

int plx_runtime_shutdown_timeout(struct plx_runtime *runtime, uint32_t ms)
{
    if (may_not_wait())
        return -EDEADLK;
    return shut_down(runtime, PLX_ON_TIMEOUT, (int64_t)ms * 1000000) ? 0 : -ETIMEDOUT;
}

int plx__run(const struct plx_future_ops *ops, void *future, void *item, struct plx_at at)
{
    struct plx_runtime *runtime;
    int error = may_not_wait() ? -EDEADLK : plx_runtime_new(NULL, &runtime);
    if (error) {
        plx__drop_unnumbered(ops, future);
        return error;
    }
    error = plx__block_on(runtime, ops, future, item, at);
    if (!error)
        plx_item_drop(ops->item(), item);
    plx_runtime_shutdown_on_idle(runtime);
    return error;
}

/* ── looking at it ────────────────────────────────────────────────────────────────────────────────── */

uint32_t plx_runtime_workers(struct plx_runtime *runtime)
{
    return runtime->pool->count;
}

size_t plx_runtime_tasks(struct plx_runtime *runtime)
{
    return plx_owned_count(&runtime->pool->owned);
}

size_t plx_runtime_sources(struct plx_runtime *runtime)
{
    struct plx_pool *pool = runtime->pool;
    size_t sources = 0;
    for (uint32_t i = 0; i < (pool->options.reactor_per_worker ? pool->count : 1); i++)
        sources += plx_reactor_sources(pool->workers[i].reactor);
    return sources;
}

static uint64_t busy_ns(struct plx_counters *counters)
{
    uint64_t since = plx_counted(&counters->awake_since_ns);
    return plx_counted(&counters->busy_ns) + (since ? plx_monotonic_ns() - since : 0);
}

int plx_runtime_worker_metrics(struct plx_runtime *runtime, uint32_t index, struct plx_worker_metrics *metrics)
{
    if (index >= runtime->pool->count)
        return -EINVAL;
    struct plx_worker *worker = &runtime->pool->workers[index];
    struct plx_counters *counters = &worker->counters;
    *metrics = (struct plx_worker_metrics){
        .polls = plx_counted(&counters->polls),
        .lifo_polls = plx_counted(&counters->lifo_polls),
        .steals = plx_counted(&counters->steals),
        .stolen = plx_counted(&counters->stolen),
        .overflows = plx_counted(&counters->overflows),
        .parks = plx_counted(&counters->parks),
        .noops = plx_counted(&counters->noops),
        .turns = plx_counted(&counters->turns),
        .busy_ns = busy_ns(counters),
        .queued = plx_deque_length(&worker->deque),
    };
    return 0;
}

void plx_runtime_metrics(struct plx_runtime *runtime, struct plx_runtime_metrics *metrics)
{
    struct plx_threads *threads = &runtime->pool->threads;
    *metrics = (struct plx_runtime_metrics){
        .workers = runtime->pool->count,
        .tasks = plx_runtime_tasks(runtime),
        .sources = plx_runtime_sources(runtime),
        .queued = plx_global_queue_length(&runtime->pool->global),
    };
    pthread_mutex_lock(&threads->lock);
    metrics->threads = threads->alive;
    metrics->idle_threads = threads->idle;
    metrics->jobs = threads->jobs;
    metrics->jobs_waiting = threads->wanted;
    pthread_mutex_unlock(&threads->lock);
}

static struct plx_worker *worker_of(struct plx_runtime *runtime)
{
    struct plx_worker *worker = plx__worker_current();
    return worker && worker->pool == runtime->pool ? worker : &runtime->pool->workers[0];
}

struct plx_reactor *plx__runtime_reactor(struct plx_runtime *runtime)
{
    return worker_of(runtime)->reactor;
}

struct plx_timer *plx__runtime_timer(struct plx_runtime *runtime)
{
    return worker_of(runtime)->timer;
}

const struct plx_runtime_hooks *plx__runtime_hooks(struct plx_runtime *runtime)
{
    return &runtime->pool->options.hooks;
}

uint64_t plx__runtime_number(struct plx_runtime *runtime)
{
    return runtime->number;
}
