/* SPDX-License-Identifier: MIT
 *
 * The short lock: what guards the waiter lists of this folder, for a few instructions at a time.
 *
 *     FREE ──take──▶ HELD ──release──▶ FREE
 *     HELD ──take, after some spinning──▶ HELD_AND_WANTED: the taker sleeps ──release──▶ FREE, one is woken
 *
 * One word, no allocation, zero is free. Nothing that may call back (a waker, an item's drop) is ever called
 * while it is held: that is what makes it short, and why it cannot deadlock. It is no lock for tasks; that is
 * plx_mutex.
 *
 * Order: take is an acquire, release a release. The last thing that release does to the lock's memory is its
 * exchange; the wake that may follow only names the address. So whoever takes the lock next may free it.
 *
 * Source: U. Drepper, "Futexes are tricky", mutex 2.
 */
#ifndef PLX_SYNC_LOCK_H
#define PLX_SYNC_LOCK_H

#include "lib/base.h"

#include <stdatomic.h>

enum { PLX_LOCK_FREE, PLX_LOCK_HELD, PLX_LOCK_WANTED };

struct plx_lock {
    _Atomic uint32_t word;
};

void plx__lock_wait(struct plx_lock *lock);
void plx__lock_wake(struct plx_lock *lock);

PLX_INLINE bool plx_lock_try(struct plx_lock *lock)
{
    uint32_t seen = PLX_LOCK_FREE;
    return atomic_compare_exchange_strong_explicit(&lock->word, &seen, PLX_LOCK_HELD, memory_order_acquire,
                                                   memory_order_relaxed);
}

PLX_INLINE void plx_lock_take(struct plx_lock *lock)
{
    if (plx_unlikely(!plx_lock_try(lock)))
        plx__lock_wait(lock);
}

PLX_INLINE void plx_lock_release(struct plx_lock *lock)
{
    if (plx_unlikely(atomic_exchange_explicit(&lock->word, PLX_LOCK_FREE, memory_order_release) ==
                     PLX_LOCK_WANTED))
        plx__lock_wake(lock);
}

#endif
