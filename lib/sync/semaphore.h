/* SPDX-License-Identifier: MIT
 *
 * The semaphore: so many permits, and whoever gets none waits in line.
 *
 *     static struct plx_semaphore slots = PLX_SEMAPHORE(3);             at most three at a time
 *
 *     PLX_AWAIT(my->slot, acquire, plx_acquire_new(&slots, 1));         in a task: waits for one permit
 *     … work …
 *     plx_permit_drop(&my->slot);                                       gives it back
 *
 *     int error = PLX_WAIT(plx_acquire, plx_acquire_new(&slots, 1), &permit);     on a plain thread
 *
 * It is fair: who asked first gets first, also when a later one asks for less. A permit that is given back
 * goes straight to the first in line, and nobody overtakes. A future that is dropped while it waits, or just
 * when it was granted its permits, hands them on.
 *
 * The object lies where its user puts it, does not move, and outlives its futures and permits. plx_mutex and
 * plx_rwlock are semaphores with a meaning.
 *
 * Source: Tokio 1.x `sync/batch_semaphore.rs`, tokio-sync 0.1 `Semaphore`.
 */
#ifndef PLX_SYNC_SEMAPHORE_H
#define PLX_SYNC_SEMAPHORE_H

#include "lib/future/future.h"
#include "lib/sync/sync.h"
#include "lib/sync/waiters.h"

/* The most permits that a semaphore can hold. */
#define PLX_PERMITS_MOST (UINT32_MAX >> 3)

/* The word: permits that are free, above two bits. While somebody waits none are free: they go to him. */
enum { PLX_SEMAPHORE_CLOSED = 1, PLX_SEMAPHORE_WAITED = 2, PLX_ONE_PERMIT = 4 };

struct plx_semaphore {
    _Atomic uint64_t word; /* any thread; while WAITED is set only under the lock */
    struct plx_lock lock;
    struct plx_waiters waiters; /* under the lock */
    struct plx_sync_name name;
};

#define PLX_SEMAPHORE_NAMED(permits, kind, most)                                                             \
    {                                                                                                        \
        .word = (uint64_t)(permits)*PLX_ONE_PERMIT, .name = { kind, most, 0 }                                \
    }
#define PLX_SEMAPHORE(permits) PLX_SEMAPHORE_NAMED(permits, "semaphore", permits)

/* Permits that somebody has; they are given back with plx_permit_drop. Empty when zero. */
typedef struct plx_permit {
    struct plx_semaphore *semaphore;
    uint32_t count;
} plx_permit;

/* 0, or -EINVAL for more than PLX_PERMITS_MOST. Zero permits are fine: they can be added. */
int plx_semaphore_init(struct plx_semaphore *semaphore, uint32_t permits);

/* Takes `count` permits at once, or none. 0, -EAGAIN when there are not enough, or PLX_CLOSED. Any thread. */
int plx_semaphore_try(struct plx_semaphore *semaphore, uint32_t count, plx_permit *permit);

/* Adds permits: they go to those who wait first. 0, or -EOVERFLOW and none is added. Any thread. */
int plx_semaphore_add(struct plx_semaphore *semaphore, uint32_t count);

/* How many are free just now. */
uint32_t plx_semaphore_free(struct plx_semaphore *semaphore);

/* From now on nobody gets a permit: who waits, or comes later, fails with PLX_CLOSED. It stays closed. */
void plx_semaphore_close(struct plx_semaphore *semaphore);
bool plx_semaphore_is_closed(struct plx_semaphore *semaphore);

/* Gives the permits back. */
void plx_permit_drop(plx_permit *permit);

/* Keeps them from ever coming back: the semaphore has so many fewer. */
void plx_permit_forget(plx_permit *permit);

/* Waits for `count` permits; ready with them. Fails with PLX_CLOSED, or EINVAL for none or too many.
 *
 *     NEW     there are enough, and nobody waits   → Ready(permit)
 *             otherwise   → takes what is there, joins the line, QUEUED, NotReady
 *     QUEUED  all were granted → Ready(permit); closed → Failed; else NotReady
 */
typedef struct plx_acquire {
    struct plx_semaphore *semaphore;
    uint32_t count;
    uint32_t missing; /* still to be granted; while queued under the lock */
    bool queued;
    uint64_t task; /* that waits: its number in the trace; while queued under the lock */
    struct plx_waiter waiter;
} plx_acquire;
typedef plx_permit plx_acquire_item;
PLX_LEAF_DECLARE(plx_acquire)

PLX_INLINE plx_acquire plx_acquire_new(struct plx_semaphore *semaphore, uint32_t count)
{
    return (plx_acquire){.semaphore = semaphore, .count = count};
}

#endif
