/* SPDX-License-Identifier: MIT
 *
 * The read-write lock: see rwlock.h.
 */
#include "lib/sync/rwlock.h"

PLX_LEAF_DEFINE(plx_rwlock_read)
PLX_LEAF_DEFINE(plx_rwlock_write)

void plx_rwlock_init(struct plx_rwlock *lock)
{
    *lock = (struct plx_rwlock)PLX_RWLOCK;
}

void plx_rwlock_downgrade(plx_permit *guard)
{
    if (!guard->semaphore || guard->count < 2)
        return;
    plx_permit others = {guard->semaphore, guard->count - 1};
    guard->count = 1;
    plx_permit_drop(&others);
}

enum plx_answer plx_rwlock_read_poll(plx_rwlock_read *self, plx_context *cx, plx_permit *out)
{
    return plx_acquire_poll(&self->acquire, cx, out);
}

void plx_rwlock_read_drop(plx_rwlock_read *self)
{
    plx_acquire_drop(&self->acquire);
}

enum plx_answer plx_rwlock_write_poll(plx_rwlock_write *self, plx_context *cx, plx_permit *out)
{
    return plx_acquire_poll(&self->acquire, cx, out);
}

void plx_rwlock_write_drop(plx_rwlock_write *self)
{
    plx_acquire_drop(&self->acquire);
}
