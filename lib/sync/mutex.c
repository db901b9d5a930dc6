/* SPDX-License-Identifier: MIT
 *
 * The mutex: see mutex.h.
 */
#include "lib/sync/mutex.h"

PLX_LEAF_DEFINE(plx_mutex_lock)

void plx_mutex_init(struct plx_mutex *mutex)
{
    *mutex = (struct plx_mutex)PLX_MUTEX;
}

enum plx_answer plx_mutex_lock_poll(plx_mutex_lock *self, plx_context *cx, plx_permit *out)
{
    return plx_acquire_poll(&self->acquire, cx, out);
}

void plx_mutex_lock_drop(plx_mutex_lock *self)
{
    plx_acquire_drop(&self->acquire);
}
