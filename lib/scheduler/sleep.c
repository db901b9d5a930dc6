/* SPDX-License-Identifier: MIT
 *
 * How a worker sleeps: when its tick has found nothing, until there is something for it. Whether it does so
 * at all is decided in steal.c.
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

/* As long as it lasts, a task that comes to lie behind a long poll waits for it. With 50 microseconds (and as
 * many more, the kernel's slack) a thief that has nothing to do spends a tenth of its time looking out. */
enum { DOZE_NS = 50000 };

/* ── reasons to be awake ──────────────────────────────────────────────────────────────────────────── */

static bool anything_queued(struct plx_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++)
        if (plx_deque_length(&pool->workers[i].deque) > 0)
            return true;
    return plx_global_queue_length(&pool->global) > 0;
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

static void begin_sleep(struct plx_worker *worker)
{
    plx_trace(park, .worker = worker->number);
    plx_count(&worker->counters.parks, 1);
    plx_busy_end(&worker->counters.busy);
}

static void end_sleep(struct plx_worker *worker)
{
    plx_busy_begin(&worker->counters.busy);
    plx_trace(wake, .worker = worker->number);
}

static void turn_timer(struct plx_worker *worker)
{
    worker->in_reactor = true;
    plx_timer_turn(worker->timer);
    worker->in_reactor = false;
}

static void fall_asleep(struct plx_worker *worker)
{
    struct plx_pool *pool = worker->pool;
    begin_sleep(worker);
    bool nobody_searches = plx_idle_park(&pool->idle, worker->index, worker->searching);
    worker->searching = false;
    if (nobody_searches && anything_queued(pool))
        plx__pool_wake_one(pool);
    plx__cells_tell_empty(&pool->cells);
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
        turn_timer(worker);
    } while (still_asleep(worker));
    worker->polls_when_woken = plx_counted(&worker->counters.polls);
    end_sleep(worker);
}

/* A short sleep of a searcher: it still counts as awake and searching, so nobody wakes it or another, and is
 * back in time to see whether one of those whom it has watched needs help by now. Not in the reactor: there
 * it would take the events away, one by one, from those that are awake and turn it now and then for many
 * (tcp_echo_2t: 126,000 requests a second with a doze in the reactor, 142,000 with this one). */
static void doze(struct plx_worker *worker)
{
    int64_t ns = time_to_sleep(worker);
    begin_sleep(worker);
    plx_parker_sleep(&worker->parker, ns < 0 || ns > DOZE_NS ? DOZE_NS : ns);
    turn_timer(worker);
    end_sleep(worker);
}

/* The hook may spawn: then there is something to do after all. */
void plx_worker_park(struct plx_worker *worker)
{
    enum plx_outlook outlook = plx_worker_look_out(worker);
    if (outlook == PLX_OUTLOOK_TASKS)
        return;
    plx__pool_hook(worker->pool, worker->pool->options.hooks.park);
    skip_the_wait(worker);
    bool has_tasks = plx_worker_has_more_than(worker, 0) || worker->yielded;
    if (!has_tasks && outlook == PLX_OUTLOOK_DOZE)
        doze(worker);
    else if (!has_tasks)
        sleep_until_woken(worker);
    plx__pool_hook(worker->pool, worker->pool->options.hooks.unpark);
}

void plx_worker_run(struct plx_thread *thread, bool (*done)(void *arg), void *arg)
{
    struct plx_worker *worker = thread->worker;
    worker->polite = true;
    plx_busy_begin(&worker->counters.busy);
    while (thread->worker == worker && !done(arg)) {
        if (plx_worker_tick(worker) == PLX_TICK_WOULD_PARK)
            plx_worker_park(worker);
    }
}
