/* SPDX-License-Identifier: MIT
 *
 * The biased lock: a lock that costs its usual holder nothing, and the others the more.
 *
 *     struct plx_biased_lock lock;
 *     plx_biased_lock_init(&lock);
 *     plx_biased_lock(&lock);
 *     …
 *     plx_biased_unlock(&lock);
 *
 * A mutex is two atomic read-modify-writes, 6 ns each here even when nobody else is near, and no load that
 * follows is begun before them. A worker's timer is locked by the worker's own thread nearly always: it takes
 * the mutex so often in a row that the lock is leaned towards it. From then on that thread says with a plain
 * store that it is inside, and with another one that it is not.
 *
 *     the mutex's ── one thread, PLX_BIAS_AFTER times in a row ──▶ leans: owner = that thread
 *         ▲                                                           │
 *         └──────── another thread takes the mutex, and revokes ──────┘
 *
 *     the owner                           who revokes, with the mutex
 *       my.inside = this lock               owner = nobody
 *       (the compiler keeps the order)      membarrier: all threads of the process pass a full barrier
 *       owner still I?  then go in          wait until the owner's `inside` is not this lock, then go in
 *       …                                   …
 *       my.inside = none                    let go of the mutex
 *
 * Why no two are inside. The barrier falls before the owner's store or behind it. Before: then the owner's
 * load, which comes later still, sees that it is the owner no more; it takes its store back, and queues for
 * the mutex. Behind: then who revokes sees the store, and waits. `inside` is released and acquired, so what
 * the owner did is seen. Back again goes the way through the mutex: only a thread that holds it becomes owner.
 *
 * Why `inside` is the thread's and not the lock's. A thread that has just seen that it is the owner may lose
 * its processor. When it goes on, another one is the owner, and inside: a flag of both the first would clear.
 *
 * What it costs. The owner: no read-modify-write at all. Who revokes: 0.3 to 9 µs (a processor that runs one
 * of our threads is interrupted), but at most once every PLX_BIAS_AFTER times: 9 ns each. So a lock that many
 * threads share is a mutex, and not worse. Where the system has no membarrier the lock never leans.
 *
 * Source: D. Dice, M. Moir, W. Scherer, "Quickly Reacquirable Locks" (2003); Linux, membarrier(2).
 */
#ifndef PLX_TIME_BIASED_LOCK_H
#define PLX_TIME_BIASED_LOCK_H

#include "lib/base.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PLX_BIAS_AFTER = PLX_SMALL ? 3 : 1024, PLX_BIAS_OWNERS = PLX_SMALL ? 3 : 256 };

struct plx_biased_lock;

/* What a thread says about itself. There are so many; who gets none is never an owner. */
struct plx_bias {
    _Alignas(64) struct plx_biased_lock *_Atomic inside; /* the lock that it holds as its owner */
    struct plx_bias *next;                               /* of those that no thread has */
};

struct plx_biased_lock {
    pthread_mutex_t mutex;
    struct plx_bias *_Atomic owner; /* or plx__bias_nobody. Written with the mutex */
    bool by_mutex;                  /* who is inside has the mutex. Only who is inside writes or reads this */
    uint32_t in_a_row;              /* with the mutex: so many times it was taken by … */
    pthread_t last;                 /* … this thread */
};

/* 0 or a negative errno. A thread holds one such lock at a time. */
int plx_biased_lock_init(struct plx_biased_lock *lock);
void plx_biased_lock_done(struct plx_biased_lock *lock);

extern _Thread_local struct plx_bias *plx__bias_mine; /* from when it first becomes an owner; before, NULL */
extern struct plx_bias plx__bias_nobody;

void plx__biased_lock_by_mutex(struct plx_biased_lock *lock);
void plx__biased_unlock_mutex(struct plx_biased_lock *lock);

PLX_INLINE bool plx__bias_is_owner(struct plx_biased_lock *lock, const struct plx_bias *mine)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == mine;
}

PLX_INLINE bool plx__bias_enter(struct plx_biased_lock *lock)
{
    struct plx_bias *mine = plx__bias_mine;
    if (!plx__bias_is_owner(lock, mine))
        return false;
    atomic_store_explicit(&mine->inside, lock, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    if (plx_likely(plx__bias_is_owner(lock, mine)))
        return true;
    atomic_store_explicit(&mine->inside, NULL, memory_order_release);
    return false;
}

PLX_INLINE void plx_biased_lock(struct plx_biased_lock *lock)
{
    if (plx_unlikely(!plx__bias_enter(lock)))
        plx__biased_lock_by_mutex(lock);
}

PLX_INLINE void plx_biased_unlock(struct plx_biased_lock *lock)
{
    if (plx_unlikely(lock->by_mutex))
        plx__biased_unlock_mutex(lock);
    else
        atomic_store_explicit(&plx__bias_mine->inside, NULL, memory_order_release);
}

#endif
