/* SPDX-License-Identifier: MIT
 *
 * Who sleeps and who searches.
 *
 * To wake a worker for every task that is queued costs more than it brings: most of those woken find
 * nothing (Tokio 0.1 did so). So at most half of the workers search at a time, and nobody is woken while
 * one is searching, for that one will find it.
 *
 * What must not happen: a task is queued, its queuer sees a searcher and wakes nobody, and that searcher
 * has already looked everywhere and goes to sleep. Two rules prevent it. Who goes to sleep and leaves *no*
 * searcher behind looks at all queues once more after it has said so (plx_idle_park returns true); and the
 * last searcher that *finds* a task wakes another one (plx_idle_stop_search returns true), since there may
 * be more. The first rule holds for those that were not allowed to search, too: the searcher because of
 * whom they were not may have found a long task meanwhile, when there was nobody asleep to be woken. A
 * searcher that dozes (sleep.c) is one like any other: it comes back and searches before it sleeps.
 *
 * The queuer first stores the task (the tail of a deque, the length of the global queue), then loads this
 * word; who goes to sleep first changes this word, then loads the tails and the length. All four are
 * sequentially consistent, so they happen in one order, in which either the queuer's load comes after the
 * change, or the sleeper's after the store: at least one of them sees the other. (A read-modify-write of the
 * word in place of the queuer's load would do as well, as in Tokio, but each push of each worker would fetch
 * the line of this word from another one's cache.)
 *
 * Source: Tokio 1.x `scheduler/multi_thread/idle.rs`.
 */
#ifndef PLX_SCHEDULER_IDLE_H
#define PLX_SCHEDULER_IDLE_H

#include "lib/base.h"

#include <pthread.h>
#include <stdatomic.h>

struct plx_idle {
    /* awake << 16 | searching. Any thread reads it; `awake` is changed under the lock. */
    _Atomic uint32_t word;
    uint32_t workers; /* constant */
    bool wake_always; /* constant */
    pthread_mutex_t lock;
    /* under the lock */
    uint32_t *sleepers; /* a stack: the one that went to sleep last, whose cache is warm, is woken first */
    uint32_t sleeping;
};

/* `wake_always`: as Tokio 0.1, however many search. */
int plx_idle_init(struct plx_idle *idle, uint32_t workers, bool wake_always);
void plx_idle_done(struct plx_idle *idle);

/* A worker has found nothing in its own queues. True: it may search the others'. */
bool plx_idle_start_search(struct plx_idle *idle);

/* A searcher has found something. True: it was the last searcher, and wakes another worker. */
bool plx_idle_stop_search(struct plx_idle *idle);

/* Worker `me` goes to sleep. True: nobody searches any more, and it looks at all queues once more. */
bool plx_idle_park(struct plx_idle *idle, uint32_t me, bool searching);

/* There is work. Returns the worker to unpark, which counts as awake and searching from now on; -1: nobody
 * need be woken. */
int plx_idle_worker_to_wake(struct plx_idle *idle);

/* Worker `me` was woken by something else than plx_idle_worker_to_wake (the reactor). False: it had been
 * chosen as well. */
bool plx_idle_unpark(struct plx_idle *idle, uint32_t me);

/* Whether `me` still counts as asleep: it woke for no reason. */
bool plx_idle_is_parked(struct plx_idle *idle, uint32_t me);

#endif
