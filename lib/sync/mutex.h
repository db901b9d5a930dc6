/* SPDX-License-Identifier: MIT
 *
 * The mutex of tasks: who does not get it waits as a task, not as a thread, and may hold it across awaits.
 *
 *     struct account { struct plx_mutex mutex; int balance; };          the mutex beside what it guards
 *     static struct account account = {.mutex = PLX_MUTEX};
 *
 *     PLX_AWAIT(my->guard, locked, plx_mutex_lock_new(&account.mutex));
 *     account.balance += my->amount;
 *     plx_permit_drop(&my->guard);
 *
 * The item is a guard, a plx_permit; what drops the guard unlocks, also when the future that holds it is
 * dropped. It is fair: an unlock hands the mutex straight to who has waited longest. What never holds a lock
 * across an await is served better by a plain pthread_mutex_t.
 *
 * A mutex is a semaphore with one permit: see there for all the rest, plain threads included.
 *
 * Source: Tokio 1.x `sync/mutex.rs`, tokio-sync 0.1 `Lock`.
 */
#ifndef PLX_SYNC_MUTEX_H
#define PLX_SYNC_MUTEX_H

#include "lib/sync/semaphore.h"

struct plx_mutex {
    struct plx_semaphore semaphore;
};

#define PLX_MUTEX                                                                                            \
    {                                                                                                        \
        .semaphore = PLX_SEMAPHORE_NAMED(1, "mutex", 0)                                                      \
    }

void plx_mutex_init(struct plx_mutex *mutex);

/* Without waiting: 0 and the guard, or -EAGAIN. */
PLX_INLINE int plx_mutex_try(struct plx_mutex *mutex, plx_permit *guard)
{
    return plx_semaphore_try(&mutex->semaphore, 1, guard);
}

/* Waits until the mutex is ours; ready with the guard. */
typedef struct plx_mutex_lock {
    plx_acquire acquire;
} plx_mutex_lock;
typedef plx_permit plx_mutex_lock_item;
PLX_LEAF_DECLARE(plx_mutex_lock)

PLX_INLINE plx_mutex_lock plx_mutex_lock_new(struct plx_mutex *mutex)
{
    return (plx_mutex_lock){plx_acquire_new(&mutex->semaphore, 1)};
}

#endif
