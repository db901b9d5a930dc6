/* SPDX-License-Identifier: MIT
 *
 * A worker: takes tasks and polls them; when it has none it steals, and when there is nothing to steal it
 * sleeps (steal.c, sleep.c).
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

/* Those for which there is room, in one go. */
static void push_all(struct plx_worker *worker, struct plx_task **tasks, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        plx_trace(push, .task = tasks[i]->id, .queue = PLX_QUEUE_LOCAL, .worker = worker->number);
    plx_deque_push_all(&worker->deque, tasks, count);
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

/* Their turn has come: as many as there is room for in one go, the others by way of the global queue. */
static void queue_yielded(struct plx_worker *worker)
{
    struct plx_task *tasks[PLX_DEQUE_SLOTS], *task;
    uint32_t count = 0, room = plx_deque_room(&worker->deque);
    while (count < room && (task = plx_worker_take_yielded(worker)))
        tasks[count++] = task;
    push_all(worker, tasks, count);
    while ((task = plx_worker_take_yielded(worker)))
        push_back(worker, task);
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

/* It is no link of the chain of tasks in the LIFO slot, and has a budget of its own. */
static struct plx_task *from_global(struct plx_worker *worker)
{
    struct plx_task *task;
    if (!plx_global_queue_pop(&worker->pool->global, &task, 1))
        return NULL;
    worker->lifo_streak = 0;
    return task;
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
    if (count <= 1)
        return count ? tasks[0] : NULL;
    push_all(worker, tasks + 1, (uint32_t)count - 1);
    plx__pool_wake_one(worker->pool);
    return tasks[0];
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

/* Every so many times: counted down, for a division costs as much as the rest of a tick's decisions. */
static bool is_time(uint32_t *left, uint32_t every)
{
    bool now = --*left == 0;
    if (now)
        *left = every;
    return now;
}

static struct plx_task *own_task(struct plx_worker *worker)
{
    struct plx_task *task = NULL;
    if (is_time(&worker->until_global, worker->pool->options.global_every))
        task = from_global(worker);
    if (!task)
        task = from_lifo(worker);
    if (!task)
        task = from_deque(worker);
    if (!task)
        task = share_of_global(worker);
    return task;
}

/* ── the tick ─────────────────────────────────────────────────────────────────────────────────────── */

/* A chain of tasks that wake each other through the LIFO slot has one budget together. When the task has
 * blocked, the worker is another thread's now. */
static void run(struct plx_worker *worker, struct plx_task *task)
{
    struct plx_thread *thread = worker->thread;
    if (worker->searching)
        plx_worker_stop_search(worker);
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
    if (worker->yielded)
        queue_yielded(worker);
    if (plx_worker_has_more_than(worker, 1))
        plx__pool_wake_one(worker->pool);
}

enum plx_tick plx_worker_tick(struct plx_worker *worker)
{
    struct plx_task *task;

    if (is_time(&worker->until_reactor, worker->pool->options.reactor_every)) {
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
    if ((task = plx_worker_steal(worker)) || (task = share_of_global(worker))) {
        run(worker, task);
        return PLX_TICK_STOLE;
    }
    return PLX_TICK_WOULD_PARK;
}
