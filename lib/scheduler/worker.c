/* SPDX-License-Identifier: MIT
 *
 * A worker: takes tasks and polls them; when it has none it steals, and when there is nothing to steal it
 * sleeps.
 *
 *                 ┌──────────────── plx_worker_tick ────────────────┐
 *     every 61st ▶│ turn the reactor                                │
 *                 │ own task:  LIFO slot ▶ deque ▶ global queue     │──▶ poll it
 *                 │ yielded:   turn the reactor, then queue them    │
 *                 │ steal:     half of another worker's deque       │──▶ poll one
 *                 │ nothing                                         │──▶ park, in the reactor or on a futex
 *                 └─────────────────────────────────────────────────┘
 *
 * The tick does one thing and returns, so that something else than a thread may call it: a stepped runtime
 * calls the same function for many workers in an order of its choice.
 *
 * Source: Tokio 1.x `scheduler/multi_thread/worker.rs`, where the reasons for most of this are recorded.
 */
#include "lib/scheduler/pool.h"

#include "lib/reactor/reactor.h"
#include "lib/time/timer.h"

enum {
    LIFO_MOST = 3,    /* in a row: two tasks that notify each other must not keep the rest from running */
    TELL_EVERY = 256, /* turns of the reactor, the trace is told the counters */
};

/* ── putting tasks into the worker's queues ───────────────────────────────────────────────────────── */

/* The younger half and the new task go to the global queue in one go. */
static void overflow(struct plx_worker *worker, struct plx_task *task)
{
    struct plx_task *half[PLX_DEQUE_SLOTS / 2 + 1];
    uint32_t count = plx_deque_overflow(&worker->deque, half);
    for (uint32_t i = 0; i < count; i++)
        plx_trace(overflow, .task = half[i]->id, .worker = worker->number);
    plx_count(&worker->counters.overflows, count);
    half[count++] = task;
    if (!plx_global_queue_push(&worker->pool->global, half, count))
        for (uint32_t i = 0; i < count; i++)
            plx__task_release(half[i], 1); /* closed: the pool stops, and cancels all that live */
}

static void push_back(struct plx_worker *worker, struct plx_task *task)
{
    if (plx_deque_room(&worker->deque) == 0) {
        overflow(worker, task);
        return;
    }
    plx_trace(push, .task = task->id, .queue = PLX_QUEUE_LOCAL, .worker = worker->number);
    plx_deque_push(&worker->deque, task); /* has room: nobody else pushes */
}

/* The task notified last runs next; the one that was in the slot goes to the deque, where others may steal
 * it. */
static bool put_in_lifo(struct plx_worker *worker, struct plx_task *task)
{
    struct plx_task *before = worker->lifo;
    if (before)
        push_back(worker, before);
    plx_trace(push, .task = task->id, .queue = PLX_QUEUE_LIFO, .worker = worker->number);
    worker->lifo = task;
    return before != NULL;
}

static void put_in_yielded(struct plx_worker *worker, struct plx_task *task)
{
    task->queue_next = NULL;
    *worker->yielded_end = task;
    worker->yielded_end = &task->queue_next;
}

struct plx_task *plx_worker_take_yielded(struct plx_worker *worker)
{
    struct plx_task *task = worker->yielded;
    if (!task)
        return NULL;
    worker->yielded = task->queue_next;
    if (!worker->yielded)
        worker->yielded_end = &worker->yielded;
    return task;
}

/* A task that notified itself goes behind all others. Nobody is woken for one in the LIFO slot, which this
 * worker runs at once, nor for one that yielded. */
void plx_worker_schedule(struct plx_worker *worker, struct plx_task *task, enum plx_submit how)
{
    bool stealable = false;
    if (how == PLX_SUBMIT_YIELDED)
        put_in_yielded(worker, task);
    else if (how == PLX_SUBMIT_NOTIFIED && !worker->pool->options.no_lifo)
        stealable = put_in_lifo(worker, task);
    else
        stealable = (push_back(worker, task), true);
    if (stealable && !worker->in_reactor)
        plx__pool_wake_one(worker->pool);
}

/* ── taking tasks out of them ─────────────────────────────────────────────────────────────────────── */

static struct plx_task *from_global(struct plx_worker *worker)
{
    struct plx_task *task;
    return plx_global_queue_pop(&worker->pool->global, &task, 1) ? task : NULL;
}

/* A fair share of the global queue at once: the first is returned, the others go to the deque, which is
 * empty. On the way they are in no queue at all, and a worker that looked everywhere just then has gone to
 * sleep: so somebody is woken for them. */
static struct plx_task *share_of_global(struct plx_worker *worker)
{
    struct plx_task *tasks[PLX_DEQUE_SLOTS / 2];
    size_t share = plx_global_queue_length(&worker->pool->global) / worker->pool->count + 1;
    size_t room = plx_deque_room(&worker->deque);
    if (share > room)
        share = room;
    if (share > PLX_DEQUE_SLOTS / 2)
        share = PLX_DEQUE_SLOTS / 2;

    size_t count = plx_global_queue_pop(&worker->pool->global, tasks, share ? share : 1);
    for (size_t i = 1; i < count; i++)
        push_back(worker, tasks[i]);
    if (count > 1)
        plx__pool_wake_one(worker->pool);
    return count ? tasks[0] : NULL;
}

static struct plx_task *from_lifo(struct plx_worker *worker)
{
    struct plx_task *task = worker->lifo;
    if (!task)
        return NULL;
    worker->lifo = NULL;
    if (worker->lifo_streak++ >= LIFO_MOST) {
        push_back(worker, task);
        return NULL;
    }
    plx_count(&worker->counters.lifo_polls, 1);
    plx_trace(pop, .task = task->id, .queue = PLX_QUEUE_LIFO);
    return task;
}

static struct plx_task *from_deque(struct plx_worker *worker)
{
    struct plx_task *task = plx_deque_pop(&worker->deque);
    worker->lifo_streak = 0;
    if (task)
        plx_trace(pop, .task = task->id, .queue = PLX_QUEUE_LOCAL);
    return task;
}

static struct plx_task *own_task(struct plx_worker *worker)
{
    struct plx_task *task = NULL;
    if (worker->ticks % worker->pool->options.global_every == 0)
        task = from_global(worker);
    if (!task)
        task = from_lifo(worker);
    if (!task)
        task = from_deque(worker);
    if (!task)
        task = share_of_global(worker);
    return task;
}

/* ── stealing ─────────────────────────────────────────────────────────────────────────────────────── */

/* xorshift (Marsaglia 2003): where to begin, so that thieves do not all go to the same victim. */
static uint32_t random_below(struct plx_worker *worker, uint32_t limit)
{
    uint32_t x = worker->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    worker->random = x;
    return (uint32_t)((uint64_t)x * limit >> 32);
}

static void start_search(struct plx_worker *worker)
{
    if (worker->searching || !plx_idle_start_search(&worker->pool->idle))
        return;
    worker->searching = true;
    plx_trace(search, .worker = worker->number);
}

/* The last one that stops searching because it has found something wakes another: there may be more. */
static void stop_search(struct plx_worker *worker)
{
    if (!worker->searching)
        return;
    worker->searching = false;
    if (plx_idle_stop_search(&worker->pool->idle))
        plx__pool_wake_one(worker->pool);
}

/* Takes half of the victim's tasks: the youngest of those is run at once, the others go to the own deque,
 * which is empty. */
static struct plx_task *steal_from(struct plx_worker *worker, struct plx_worker *victim)
{
    struct plx_task *taken[PLX_DEQUE_SLOTS / 2];
    uint32_t count = plx_deque_steal(&victim->deque, taken);
    for (uint32_t i = 0; i < count; i++) {
        plx_trace(steal, .task = taken[i]->id, .victim = victim->number);
        if (i + 1 < count)
            plx_deque_push(&worker->deque, taken[i]);
    }
    if (count == 0)
        return NULL;
    plx_count(&worker->counters.steals, 1);
    plx_count(&worker->counters.stolen, count);
    plx_trace(pop, .task = taken[count - 1]->id, .queue = PLX_QUEUE_LOCAL);
    return taken[count - 1];
}

static struct plx_task *steal(struct plx_worker *worker)
{
    struct plx_pool *pool = worker->pool;
    start_search(worker);
    if (!worker->searching || plx_deque_room(&worker->deque) < PLX_DEQUE_SLOTS / 2)
        return NULL;

    uint32_t first = random_below(worker, pool->count);
    for (uint32_t i = 0; i < pool->count; i++) {
        struct plx_worker *victim = &pool->workers[(first + i) % pool->count];
        struct plx_task *task = victim == worker ? NULL : steal_from(worker, victim);
        if (task)
            return task;
    }
    return share_of_global(worker);
}

/* ── the tick ─────────────────────────────────────────────────────────────────────────────────────── */

/* A chain of tasks that wake each other through the LIFO slot has one budget together. When the task has
 * blocked, the worker is another thread's now. */
static void run(struct plx_worker *worker, struct plx_task *task)
{
    struct plx_thread *thread = worker->thread;
    stop_search(worker);
    plx_count(&worker->counters.polls, 1);
    if (worker->lifo_streak == 0)
        thread->cx.spent = 0;
    atomic_store_explicit(&worker->polling, task->ops->shape, memory_order_relaxed);
    plx__task_run_in(task, &thread->cx);
    if (plx_likely(thread->worker == worker))
        atomic_store_explicit(&worker->polling, NULL, memory_order_relaxed);
    if (plx_unlikely(thread->holds_capacity))
        plx__blocking_poll_ended(thread);
}

/* First they are taken out of the queues: what comes back, or is new, waits for the next time. */
void plx_worker_run_each_once(struct plx_worker *worker)
{
    struct plx_task *first = NULL, **end = &first, *task;
    while ((task = from_deque(worker)) || (task = from_global(worker))) {
        *end = task;
        end = &task->queue_next;
    }
    *end = NULL;
    while ((task = first)) {
        first = task->queue_next;
        run(worker, task);
    }
}

static void tell_counters(struct plx_worker *worker)
{
    struct plx_counters *counters = &worker->counters;
    plx_trace(metrics, .worker = worker->number, .queued = plx_deque_length(&worker->deque),
              .polls = plx_counted(&counters->polls), .busy_ns = plx_busy_ns(&counters->busy),
              .steals = (uint32_t)plx_counted(&counters->steals),
              .overflows = (uint32_t)plx_counted(&counters->overflows),
              .parks = (uint32_t)plx_counted(&counters->parks),
              .noops = (uint32_t)plx_counted(&counters->noops));
}

/* Without waiting. When another worker sits in the reactor it is being looked after. Then those that
 * yielded get their turn. */
void plx_worker_turn_reactor(struct plx_worker *worker)
{
    struct plx_reactor *reactor = worker->reactor;
    struct plx_task *task;
    plx_count(&worker->counters.turns, 1);
    if (plx_counted(&worker->counters.turns) % TELL_EVERY == 0)
        tell_counters(worker);
    worker->in_reactor = true;
    if (plx_reactor_try_own(reactor)) {
        plx_reactor_turn(reactor, 0);
        plx_reactor_disown(reactor);
    }
    plx_timer_turn(worker->timer);
    worker->in_reactor = false;
    while ((task = plx_worker_take_yielded(worker)))
        push_back(worker, task);
    if (plx_worker_has_more_than(worker, 1))
        plx__pool_wake_one(worker->pool);
}

enum plx_tick plx_worker_tick(struct plx_worker *worker)
{
    struct plx_task *task;

    if (++worker->ticks % worker->pool->options.reactor_every == 0) {
        plx_worker_turn_reactor(worker);
        return PLX_TICK_TURNED;
    }
    if ((task = own_task(worker))) {
        run(worker, task);
        return PLX_TICK_POLLED;
    }
    if (worker->yielded) {
        plx_worker_turn_reactor(worker);
        return PLX_TICK_TURNED;
    }
    if ((task = steal(worker))) {
        run(worker, task);
        return PLX_TICK_STOLE;
    }
    return PLX_TICK_WOULD_PARK;
}
