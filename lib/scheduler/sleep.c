/* SPDX-License-Identifier: MIT
 *
 * How a worker sleeps: when its tick has found nothing, until there is something for it.
 *
 *     nothing to do ──▶ say so (idle.h) ──▶ look at all queues once more ──▶ park, at most until the next timer
 *                            ▲                                                  │
 *                            └────────────── no reason to be awake ◀────────────┤
 *                                                                               ▼
 *                                     chosen to search, or given tasks by the reactor or a timer: awake
 *
 * Source: Tokio 1.x `scheduler/multi_thread/worker.rs`.
 */
#include "lib/scheduler/pool.h"

#include "lib/time/clock.h"
#include "lib/time/timer.h"

enum {
    SPINS = 300, /* some 5 microseconds */
    PATIENCE_MOST = 32,
    TRY_AGAIN = 64, /* times that it went to sleep at once, and looks out once more */
};

/* ── reasons to be awake ──────────────────────────────────────────────────────────────────────────── */

static bool anything_queued(struct plx_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++)
        if (plx_deque_length(&pool->workers[i].deque) > 0)
            return true;
    return plx_global_queue_length(&pool->global) > 0;
}

/* Looks out for a moment before it sleeps, as long as that has lately been worth while: to sleep and to be
 * woken costs two system calls and some microseconds, and meanwhile nobody wakes another worker, because this
 * one counts as searching. Each success allows two failures more, so a worker that waits for sockets soon
 * stops (Go spins, too; "adaptive" as in glibc's mutexes). */
static bool comes_soon(struct plx_worker *worker)
{
    if (!worker->searching)
        return false;
    if (worker->patience <= 0) {
        if (++worker->impatient % TRY_AGAIN == 0)
            worker->patience = 1;
        return false;
    }
    for (int i = 0; i < SPINS; i++) {
        if (anything_queued(worker->pool)) {
            worker->patience += worker->patience < PATIENCE_MOST ? 2 : 0;
            return true;
        }
        plx_relax();
    }
    worker->patience--;
    return false;
}

static bool is_time_up(struct plx_worker *worker)
{
    return worker->wake_at_ns && plx_monotonic_ns() >= worker->wake_at_ns;
}

/* Why it woke decides how it is counted: chosen by plx_idle_worker_to_wake it searches; woken by the
 * reactor, which has given it tasks, it does not, for it need not (Tokio #4383). */
static bool still_asleep(struct plx_worker *worker)
{
    struct plx_idle *idle = &worker->pool->idle;
    if (atomic_load(&worker->pool->stopping))
        return false;
    if (plx_worker_has_more_than(worker, 0)) {
        worker->searching = !plx_idle_unpark(idle, worker->index);
        if (plx_worker_has_more_than(worker, worker->pool->options.eager_reactor ? 0 : 1))
            plx__pool_wake_one(worker->pool);
        return false;
    }
    if (plx_idle_is_parked(idle, worker->index)) {
        bool stay = !atomic_exchange(&worker->pool->look_again, false) && !is_time_up(worker);
        if (!stay)
            worker->searching = !plx_idle_unpark(idle, worker->index);
        return stay;
    }
    worker->searching = true;
    return false;
}

/* ── how long ─────────────────────────────────────────────────────────────────────────────────────── */

/* How long it may sleep: until its next timer. A clock that stands still makes no timer due. */
static int64_t time_to_sleep(struct plx_worker *worker)
{
    int64_t ns = plx_timer_timeout_ns(worker->timer);
    if (ns > 0 && plx_clock_is_paused(worker->pool->options.clock))
        ns = -1;
    if (!worker->wake_at_ns)
        return ns;
    uint64_t now = plx_monotonic_ns();
    int64_t left = now < worker->wake_at_ns ? (int64_t)(worker->wake_at_ns - now) : 0;
    return ns < 0 || left < ns ? left : ns;
}

static bool has_nothing(struct plx_worker *worker)
{
    return !plx_worker_has_more_than(worker, 0) && !worker->yielded &&
           plx_global_queue_length(&worker->pool->global) == 0;
}

/* A paused clock moves by itself when the one worker that there is has nothing to do until its next timer: a
 * test of an hour takes no time (Tokio's `time::pause`). The way to a timer may take several wakes of its
 * wheel. */
static void skip_the_wait(struct plx_worker *worker)
{
    struct plx_pool *pool = worker->pool;
    while (pool->count == 1 && plx_clock_is_paused(pool->options.clock) &&
           !plx_threads_busy(&pool->threads)) {
        plx_worker_turn_reactor(worker);
        int64_t ns = has_nothing(worker) ? plx_timer_timeout_ns(worker->timer) : -1;
        if (ns < 0)
            return;
        plx_clock_advance(pool->options.clock, (uint64_t)ns);
    }
}

/* ── the sleep ────────────────────────────────────────────────────────────────────────────────────── */

static void fall_asleep(struct plx_worker *worker)
{
    struct plx_pool *pool = worker->pool;
    struct plx_counters *counters = &worker->counters;

    plx_trace(park, .worker = worker->number);
    plx_count(&counters->parks, 1);
    plx_busy_end(&counters->busy);
    bool nobody_searches = plx_idle_park(&pool->idle, worker->index, worker->searching);
    worker->searching = false;
    if (nobody_searches && anything_queued(pool))
        plx__pool_wake_one(pool);
    plx__cells_tell_empty(&pool->cells);
}

static void wake_up(struct plx_worker *worker)
{
    plx_busy_begin(&worker->counters.busy);
    worker->polls_when_woken = plx_counted(&worker->counters.polls);
    plx_trace(wake, .worker = worker->number);
}

static void sleep_until_woken(struct plx_worker *worker)
{
    if (worker->polls_when_woken == plx_counted(&worker->counters.polls) &&
        plx_counted(&worker->counters.parks))
        plx_count(&worker->counters.noops, 1);
    fall_asleep(worker);
    do {
        worker->in_reactor = true;
        plx_parker_park(&worker->parker, worker->reactor, time_to_sleep(worker));
        plx_timer_turn(worker->timer);
        worker->in_reactor = false;
    } while (still_asleep(worker));
    wake_up(worker);
}

/* The hook may spawn: then there is something to do after all. */
void plx_worker_park(struct plx_worker *worker)
{
    if (comes_soon(worker))
        return;
    plx__pool_hook(worker->pool, worker->pool->options.hooks.park);
    skip_the_wait(worker);
    if (!plx_worker_has_more_than(worker, 0) && !worker->yielded)
        sleep_until_woken(worker);
    plx__pool_hook(worker->pool, worker->pool->options.hooks.unpark);
}

void plx_worker_run(struct plx_thread *thread, bool (*done)(void *arg), void *arg)
{
    struct plx_worker *worker = thread->worker;
    plx_busy_begin(&worker->counters.busy);
    while (thread->worker == worker && !done(arg)) {
        if (plx_worker_tick(worker) == PLX_TICK_WOULD_PARK)
            plx_worker_park(worker);
    }
}
