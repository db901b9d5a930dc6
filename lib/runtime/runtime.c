/* SPDX-License-Identifier: MIT
 *
 * Runtimes: built, looked at, and taken down. See runtime.h.
 */
#include "lib/runtime/internal.h"

#include "lib/reactor/reactor.h"
#include "lib/task/contract.h"
#include "lib/time/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

/* Fills in what was left to us. A current_thread has no LIFO slot: its tasks run in turn (Tokio does the
 * same). */
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
    if (options->reactor_every == 1)
        options->reactor_every = 2; /* a tick does one thing: with 1 no task would ever be polled */
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
        plx__schedule_abandon(&runtime->pool->schedule);
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

/* ── taking down ──────────────────────────────────────────────────────────────────────────────────── */

/* True: no thread of it is left. */
static bool shut_down(struct plx_runtime *runtime, enum plx_shutdown how, int64_t timeout_ns)
{
    struct plx_pool *pool = runtime->pool;
    uint64_t number = runtime->number;
    plx_trace(runtime_shutdown, .runtime = number, .how = how);
    bool all = plx_pool_stop(pool, timeout_ns);
    if (all)
        plx__cells_check(&pool->cells);
    plx_trace(runtime_stop, .runtime = number);
    plx__schedule_abandon(&pool->schedule);
    return all;
}

int plx_runtime_free(struct plx_runtime *runtime)
{
    if (!runtime)
        return 0;
    if (plx__may_not_wait_for_all_of(runtime))
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
    if (plx__may_not_wait_for_all_of(runtime))
        return -EDEADLK;
    return shut_down(runtime, PLX_ON_TIMEOUT, (int64_t)ms * 1000000) ? 0 : -ETIMEDOUT;
}

/* ── looking at it ────────────────────────────────────────────────────────────────────────────────── */

uint32_t plx_runtime_workers(struct plx_runtime *runtime)
{
    return runtime->pool->count;
}

size_t plx_runtime_tasks(struct plx_runtime *runtime)
{
    return plx__cells_count(&runtime->pool->cells);
}

size_t plx_runtime_sources(struct plx_runtime *runtime)
{
    struct plx_pool *pool = runtime->pool;
    size_t sources = 0;
    for (uint32_t i = 0; i < (pool->options.reactor_per_worker ? pool->count : 1); i++)
        sources += plx_reactor_sources(pool->workers[i].reactor);
    return sources;
}

int plx_runtime_worker_metrics(struct plx_runtime *runtime, uint32_t index,
                               struct plx_worker_metrics *metrics)
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
        .busy_ns = plx_busy_ns(&counters->busy),
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
    metrics->threads = threads->alive + threads->leaving;
    metrics->idle_threads = threads->idle;
    metrics->jobs = threads->jobs;
    metrics->jobs_waiting = threads->waiting;
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
