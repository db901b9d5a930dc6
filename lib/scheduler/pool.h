/* SPDX-License-Identifier: MIT
 *
 * The pool: the workers of one runtime and what they share.
 *
 *        spawn, notify from outside                    notify from a task of worker 0
 *                   │                                              │
 *                   ▼                                              ▼
 *             global queue ◀── overflow ── worker 0:  [LIFO slot] ──▶ [deque] ◀── steal ── worker 1
 *                   └───────── every 61st tick, and when the deque is empty ──▶ worker N
 *
 * `current_thread` is a pool of one worker that has no thread of its own: whoever runs the runtime lends
 * it his.
 *
 * Locks: global.lock, owned.lock and idle.lock are leaves: nothing is called while one of them is held, no
 * waker and no drop in particular, so their order does not matter.
 */
#ifndef PLX_SCHEDULER_POOL_H
#define PLX_SCHEDULER_POOL_H

#include "lib/scheduler/deque.h"
#include "lib/scheduler/global_queue.h"
#include "lib/scheduler/idle.h"
#include "lib/scheduler/owned.h"
#include "lib/scheduler/parker.h"
#include "lib/task/cells.h"

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
    pthread_t thread;

    /* any thread */
    struct plx_deque deque;
    struct plx_parker parker;

    /* the worker's thread only */
    _Alignas(64) struct plx_task
        *lifo;            /* notified last by a task of this worker: runs next, its data is in the cache */
    unsigned lifo_streak; /* how many in a row came from there */
    struct plx_task *yielded, **yielded_end; /* a list: tasks that let the others and the reactor go first */
    uint32_t ticks;
    uint32_t random;
    bool searching; /* counted as such in pool->idle */
    bool
        in_reactor; /* notifies come from the reactor now: they are queued here, and others are woken once afterwards */
};

struct plx_pool {
    /* set once */
    struct plx_runtime *runtime;
    struct plx_reactor *reactor;
    uint32_t count;
    bool use_lifo;
    struct plx_worker *workers;

    _Atomic size_t holders; /* the runtime, and every task cell: who takes it to zero frees the pool */
    atomic_bool stopping;
    struct plx_global_queue global;
    struct plx_owned owned;
    struct plx_idle idle;
    struct plx_cells cells;
};

/* Makes a pool of `count` workers; no thread runs yet. 0 or a negative errno. */
int plx_pool_new(struct plx_runtime *runtime, struct plx_reactor *reactor, uint32_t count, bool use_lifo,
                 struct plx_pool **pool);

/* Starts a thread for every worker. 0 or a negative errno; then none runs. */
int plx_pool_start(struct plx_pool *pool, const char *name, size_t stack_bytes);

/* Lets the caller's thread be worker 0 until `done(arg)`, which is asked after every tick. For
 * current_thread. */
void plx_pool_lend_thread(struct plx_pool *pool, bool (*done)(void *arg), void *arg);

/* Stops: no new task comes in, all threads end, and every task that has not ended is cancelled. Not on a
 * worker. */
void plx_pool_stop(struct plx_pool *pool);

/* The worker whose thread this is, or NULL. */
struct plx_worker *plx__worker_current(void);

/* Wakes a worker if there is reason to. */
void plx__pool_wake_one(struct plx_pool *pool);

/* The worker's step, see worker.c. */
enum plx_tick plx_worker_tick(struct plx_worker *worker);
void plx_worker_park(struct plx_worker *worker);
void plx_worker_run(struct plx_worker *worker, bool (*done)(void *arg), void *arg);
void plx_worker_schedule(struct plx_worker *worker, struct plx_task *task, enum plx_submit how);
struct plx_task *plx_worker_take_yielded(struct plx_worker *worker);

#endif
