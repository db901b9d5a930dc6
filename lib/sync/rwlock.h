/* SPDX-License-Identifier: MIT
 *
 * The read-write lock of tasks: many readers, or one writer.
 *
 *     static struct plx_rwlock lock = PLX_RWLOCK;
 *
 *     PLX_AWAIT(my->guard, read, plx_rwlock_read_new(&lock));           or plx_rwlock_write_new
 *     …
 *     plx_permit_drop(&my->guard);
 *
 * It is a semaphore (see there) whose writer takes all permits and whose reader takes one. The line is the
 * semaphore's, so it is fair to both: a reader that comes after a waiting writer waits behind him, and a
 * writer is not overtaken for ever.
 *
 * Source: Tokio 1.x `sync/rwlock.rs`.
 */
#ifndef PLX_SYNC_RWLOCK_H
#define PLX_SYNC_RWLOCK_H

#include "lib/sync/semaphore.h"

struct plx_rwlock {
    struct plx_semaphore semaphore;
};

#define PLX_RWLOCK                                                                                           \
    {                                                                                                        \
        .semaphore = PLX_SEMAPHORE_NAMED(PLX_PERMITS_MOST, "rwlock", 0)                                      \
    }

void plx_rwlock_init(struct plx_rwlock *lock);

/* Without waiting: 0 and the guard, or -EAGAIN. */
PLX_INLINE int plx_rwlock_try_read(struct plx_rwlock *lock, plx_permit *guard)
{
    return plx_semaphore_try(&lock->semaphore, 1, guard);
}

PLX_INLINE int plx_rwlock_try_write(struct plx_rwlock *lock, plx_permit *guard)
{
    return plx_semaphore_try(&lock->semaphore, PLX_PERMITS_MOST, guard);
}

/* A writer becomes a reader, and lets other readers in; no writer comes in between. */
void plx_rwlock_downgrade(plx_permit *guard);

/* Wait until we may read, or write; ready with the guard. */
typedef struct plx_rwlock_read {
    plx_acquire acquire;
} plx_rwlock_read;
typedef plx_permit plx_rwlock_read_item;
PLX_LEAF_DECLARE(plx_rwlock_read)

typedef struct plx_rwlock_write {
    plx_acquire acquire;
} plx_rwlock_write;
typedef plx_permit plx_rwlock_write_item;
PLX_LEAF_DECLARE(plx_rwlock_write)

PLX_INLINE plx_rwlock_read plx_rwlock_read_new(struct plx_rwlock *lock)
{
    return (plx_rwlock_read){plx_acquire_new(&lock->semaphore, 1)};
}

PLX_INLINE plx_rwlock_write plx_rwlock_write_new(struct plx_rwlock *lock)
{
    return (plx_rwlock_write){plx_acquire_new(&lock->semaphore, PLX_PERMITS_MOST)};
}

#endif
