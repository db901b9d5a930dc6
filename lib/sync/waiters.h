/* SPDX-License-Identifier: MIT
 *
 * Waiters: the list of those who wait for a lock, a permit, a message. Every object of this folder that more
 * than one task can wait for has one, and the object's short lock guards it.
 *
 *      object ──▶ ┌──────┐ ──▶ ┌──────┐ ──▶ ┌──────┐ ──▶ back to the object: a ring
 *                 │waiter│     │waiter│     │waiter│     oldest first
 *                 └──────┘ ◀── └──────┘ ◀── └──────┘
 *                 in the       in the       in the        no allocation: a waiter lies in the future
 *                 future of    future of    future of     that waits, and a future does not move
 *                 task 3       task 8       task 5        once it has been polled
 *
 * Invariants
 *   - A waiter is linked, or it is not: `next` is NULL then. Who unlinks it takes its waker out in the same
 *     hold of the lock. So a linked waiter has the waker of its future's last poll, and an unlinked one none.
 *   - What an unlinked waiter was told (a permit was granted, the object was closed) the object writes beside
 *     it in the same hold.
 *   - A future that is dropped unlinks its waiter; if it finds it unlinked, something was granted to it that
 *     it will not use, and it hands that on to the next one.
 *   - A waker moves under the lock, but is cloned, notified and dropped outside of it: those may do anything.
 *
 * Source: the intrusive lists of Tokio 1.x (`util/linked_list.rs`, `sync/batch_semaphore.rs`).
 */
#ifndef PLX_SYNC_WAITERS_H
#define PLX_SYNC_WAITERS_H

#include "lib/sync/lock.h"
#include "lib/task/context.h"

struct plx_waiter {
    struct plx_waiter *next, *prev; /* next is NULL: not linked; then see plx_waiter_choose */
    plx_waker waker;
};

/* A list: all zero is empty, too. It does not move once a waiter was added. */
struct plx_waiters {
    struct plx_waiter ends; /* next is the oldest, prev the newest */
};

/* Wakers that were taken out under a lock, to be notified after it. */
enum { PLX_WAKERS = 16 };
struct plx_wakers {
    plx_waker wakers[PLX_WAKERS];
    uint32_t count;
};

PLX_INLINE bool plx_waiter_linked(const struct plx_waiter *waiter)
{
    return waiter->next != NULL;
}

PLX_INLINE bool plx_waiters_empty(const struct plx_waiters *list)
{
    return !list->ends.next || list->ends.next == &list->ends;
}

/* The oldest waiter, or NULL. */
PLX_INLINE struct plx_waiter *plx_waiters_first(const struct plx_waiters *list)
{
    return plx_waiters_empty(list) ? NULL : list->ends.next;
}

/* Adds an unlinked waiter as the newest. */
void plx_waiters_add(struct plx_waiters *list, struct plx_waiter *waiter);

/* Takes a linked waiter out of whichever list it is in. Its waker stays in it, for the caller to take. */
void plx_waiter_unlink(struct plx_waiter *waiter);

/* An unlinked waiter was chosen, and told so in the place of its link: a million of them wait at times. */
PLX_INLINE void plx_waiter_choose(struct plx_waiter *waiter)
{
    waiter->prev = waiter;
}

PLX_INLINE bool plx_waiter_chosen(const struct plx_waiter *waiter)
{
    return !waiter->next && waiter->prev == waiter;
}

/* Moves all waiters of `from` to the empty list `to`. */
void plx_waiters_move(struct plx_waiters *from, struct plx_waiters *to);

/* ── wakers ───────────────────────────────────────────────────────────────────────────────────────── */

PLX_INLINE bool plx_wakers_full(const struct plx_wakers *wakers)
{
    return wakers->count == PLX_WAKERS;
}

/* Takes the waker over. */
PLX_INLINE void plx_wakers_add(struct plx_wakers *wakers, plx_waker *waker)
{
    if (waker->notify)
        wakers->wakers[wakers->count++] = PLX_MOVE(*waker);
}

/* Notifies and drops them all. */
void plx_wakers_notify(struct plx_wakers *wakers);

/* Unlinks all of `woken`, which is the caller's own list, and notifies them. Called with the lock held, and
 * returns with it released. In between it is released now and then; who waits in the list meanwhile may
 * unlink itself. */
void plx_waiters_wake_all(struct plx_waiters *woken, struct plx_lock *lock);

/* A linked waiter is polled again, perhaps by another task than last time: it gets this poll's waker, and the
 * old one is returned, to be dropped outside of the lock. `fresh` was cloned before the lock was taken. */
PLX_INLINE plx_waker plx_waiter_renew(struct plx_waiter *waiter, plx_waker fresh)
{
    plx_waker old = waiter->waker;
    waiter->waker = fresh;
    return old;
}

#endif
