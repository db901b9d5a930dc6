/* SPDX-License-Identifier: MIT
 *
 * The pool: the workers of one runtime and what they share.
 *
 *        spawn, notify from outside                    notify from a task of worker 0
 *                   │                                              │
 *                   ▼                                              ▼
 *             global queue ◀── overflow ── worker 0:  [LIFO slot] ──▶ [deque] ◀── steal ── worker 1
 *                   └───────── every 31st tick, and when the deque is empty ──▶ worker N
 *
 * A worker has a deque, a LIFO slot, a timer and a reactor (mostly one that all share); which thread it runs
 * on may change, see threads.h. `current_thread` is a pool of one worker that has no thread of its own:
 * whoever runs the runtime lends it his.
 *
 * Locks: those of the global queue, the cells, idle, threads, capacity and the timers are leaves:
 * nothing is called while one of them is held, no waker and no drop in particular, so their order does not
 * matter.
 */
#ifndef PLX_SCHEDULER_POOL_H
#define PLX_SCHEDULER_POOL_H

#include "lib/scheduler/blocking.h"
#include "lib/scheduler/deque.h"
#include "lib/scheduler/global_queue.h"
#include "lib/scheduler/idle.h"
#include "lib/scheduler/metrics.h"
#include "lib/scheduler/parker.h"
#include "lib/scheduler/threads.h"
#include "lib/runtime/options.h"
#include "lib/task/task.h"

struct plx_timer;

/* What one tick of a worker has done: exactly one of these. */
enum plx_tick {
    PLX_TICK_POLLED,     /* it took a task of its own queues and polled it */
    PLX_TICK_STOLE,      /* it stole from another worker, and polled one of those */
    PLX_TICK_TURNED,     /* it turned the reactor */
    PLX_TICK_WOULD_PARK, /* there is nothing to do */
};

struct plx_worker {
    /* set once */
    struct plx_pool *pool;
    uint32_t index;  /* in the pool */
    uint16_t number; /* in the process: what the trace calls it */
    struct plx_reactor *reactor;
    struct plx_timer *timer;

    /* under the lock of the threads */
    struct plx_thread *thread;       /* that is this worker, or NULL */
    struct plx_worker *next_offered; /* while it waits for one */

    /* any thread */
    struct plx_deque deque;
    struct plx_parker parker;
    struct plx_home home; /* of the cells of tasks that are spawned on it */
    struct plx_counters counters;
    _Atomic(const struct plx_shape *) polling; /* the shape of the task that it polls, or NULL */

    /* the thread that is the worker, only */
    _Alignas(64) struct plx_task *lifo;      /* notified last by a task of this worker: it runs next */
    unsigned lifo_streak;                    /* how many in a row came from there */
    struct plx_task *yielded, **yielded_end; /* a list: tasks that let the others and the reactor go first */
    uint32_t until_reactor, until_global;    /* so many ticks */
    uint32_t random;
    bool polite;                   /* as a thief, see steal.c: threads are, ticks by hand are not */
    struct plx_worker *needs_help; /* then there is something to steal, however little */
    int patience;       /* how many times more it may look out in vain before it sleeps, see steal.c */
    uint32_t impatient; /* times that it did not */
    uint64_t polls_when_woken;
    uint64_t wake_at_ns; /* on the monotonic clock: who has lent his thread waits no longer; 0: no limit */
    bool started;        /* as the trace was told */
    bool searching;      /* counted as such in pool->idle */
    /* Notifies come from the reactor or the timer now: they are queued here, and others are woken once. */
    bool in_reactor;
};

struct plx_pool {
    /* set once */
    struct plx_schedule schedule; /* the tasks' view of it; held by the runtime, and by every task cell */
    struct plx_schedule jobs;     /* the same for tasks that run on the blocking pool; holds the other */
    struct plx_runtime_options options; /* with everything chosen */
    uint32_t count;
    struct plx_worker *workers;

    atomic_bool stopping;
    atomic_bool look_again; /* see plx__pool_look_again */
    struct plx_global_queue global;
    struct plx_cells cells;
    struct plx_idle idle;
    struct plx_threads threads;
    struct plx_capacity *capacity;
    struct plx_watchdog *watchdog; /* NULL: none */
};

/* Makes a pool; no thread runs yet. 0 or a negative errno. */
int plx_pool_new(struct plx_runtime *runtime, const struct plx_runtime_options *options,
                 struct plx_pool **pool);

/* Starts a thread for every worker. 0 or a negative errno; then none runs. */
int plx_pool_start(struct plx_pool *pool);

/* Lets the caller's thread be worker 0 until `done(arg)`, which is asked before every tick. For
 * current_thread; one thread at a time. */
void plx_pool_lend_thread(struct plx_pool *pool, bool (*done)(void *arg), void *arg);

/* Stops: no new task comes in, every task that has not ended is cancelled, and all threads end. Not on a
 * worker. False: some have blocked for longer than `timeout_ns` (negative: as long as it takes); they end,
 * and their tasks with them, when they are through. */
bool plx_pool_stop(struct plx_pool *pool, int64_t timeout_ns);

/* The worker whose thread this is, or NULL. */
PLX_INLINE struct plx_worker *plx__worker_current(void)
{
    struct plx_thread *thread = plx__thread_current();
    return thread ? thread->worker : NULL;
}

/* Wakes a worker if there is reason to. */
void plx__pool_wake_one(struct plx_pool *pool);

/* What the lender of a current_thread's one worker waits for, or a paused clock, may have come about on
 * another thread. */
void plx__pool_look_again(struct plx_pool *pool);

PLX_INLINE void plx__pool_hook(struct plx_pool *pool, void (*hook)(void *arg))
{
    if (plx_unlikely(hook != NULL))
        hook(pool->options.hooks.arg);
}

/* So many tasks in a deque are stolen at once, fewer only when their owner needs help, see steal.c. */
#define PLX_WORTH_STEALING (PLX_SMALL ? 2u : 32u)

/* A task of another worker, or NULL; from then on the worker counts as searching, if it may. It is the
 * caller's to stop that when it has found something to do: the last one that does so wakes another worker,
 * for there may be more. */
struct plx_task *plx_worker_steal(struct plx_worker *worker);
void plx_worker_stop_search(struct plx_worker *worker);

/* What a worker that has found nothing may expect. */
enum plx_outlook {
    PLX_OUTLOOK_TASKS,   /* there are some for it: another tick */
    PLX_OUTLOOK_DOZE,    /* there are some, but their workers are quick: it need not look all the time */
    PLX_OUTLOOK_NOTHING, /* it had better sleep */
};
enum plx_outlook plx_worker_look_out(struct plx_worker *worker);

/* The worker's step, see worker.c; and what it does when there is nothing to do, see sleep.c. */
enum plx_tick plx_worker_tick(struct plx_worker *worker);
void plx_worker_park(struct plx_worker *worker);

/* Looks at sockets and timers, without waiting. */
void plx_worker_turn_reactor(struct plx_worker *worker);

/* Runs those that are ready, each once. For a worker without a LIFO slot. */
void plx_worker_run_each_once(struct plx_worker *worker);

/* Whether its own queues hold more than so many. */
PLX_INLINE bool plx_worker_has_more_than(struct plx_worker *worker, uint32_t tasks)
{
    return plx_deque_length(&worker->deque) + (worker->lifo != NULL) > tasks;
}

/* The thread is its worker until `done(arg)`, or until it has handed it on: then thread->worker is NULL. */
void plx_worker_run(struct plx_thread *thread, bool (*done)(void *arg), void *arg);

void plx_worker_schedule(struct plx_worker *worker, struct plx_task *task, enum plx_submit how);
struct plx_task *plx_worker_take_yielded(struct plx_worker *worker);

#endif
