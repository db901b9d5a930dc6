/* SPDX-License-Identifier: MIT
 *
 * The short lock: what guards the waiter lists and queues of this folder, for some ten instructions at a
 * time.
 *
 *     FREE ──take──▶ HELD ──release──▶ FREE
 *
 * One byte, no allocation, zero is free. Nothing that may call back (a waker, an item's drop) is ever called
 * while it is held: that is what makes it short, and why it cannot deadlock. It is no lock for tasks; that is
 * plx_mutex.
 *
 * Who finds it held spins for about as long as a holder needs, then gives way to other threads, then sleeps
 * for moments: the holder has lost its processor in the middle, and the sooner it gets one the better. So
 * nobody is to be woken, and release is a plain store. With a futex it would be an exchange, to learn whether
 * somebody sleeps; measured, that made every send of a message a sixth dearer, for a case that hardly occurs.
 *
 * Order: take is an acquire, release a release. Release's store is the last thing that it does to the lock's
 * memory, so whoever takes the lock next may free it.
 */
#ifndef PLX_SYNC_LOCK_H
#define PLX_SYNC_LOCK_H

#include "lib/base.h"

#include <stdatomic.h>

struct plx_lock {
    _Atomic bool held;
};

void plx__lock_wait(struct plx_lock *lock);

/* For who knows that the other one takes the lock many times in a row: leaves him alone for a while. */
void plx__lock_stand_back(void);

PLX_INLINE bool plx_lock_try(struct plx_lock *lock)
{
    return !atomic_exchange_explicit(&lock->held, true, memory_order_acquire);
}

PLX_INLINE void plx_lock_take(struct plx_lock *lock)
{
    if (plx_unlikely(!plx_lock_try(lock)))
        plx__lock_wait(lock);
}

PLX_INLINE void plx_lock_release(struct plx_lock *lock)
{
    atomic_store_explicit(&lock->held, false, memory_order_release);
}

#endif
