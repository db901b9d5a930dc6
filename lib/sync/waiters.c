/* SPDX-License-Identifier: MIT
 *
 * Waiters: see waiters.h.
 */
#include "lib/sync/waiters.h"

/* A list that is all zero becomes a ring when it is first written to. */
static struct plx_waiter *ends_of(struct plx_waiters *list)
{
    if (!list->ends.next)
        list->ends.next = list->ends.prev = &list->ends;
    return &list->ends;
}

void plx_waiters_add(struct plx_waiters *list, struct plx_waiter *waiter)
{
    struct plx_waiter *ends = ends_of(list);
    waiter->next = ends;
    waiter->prev = ends->prev;
    ends->prev->next = waiter;
    ends->prev = waiter;
}

void plx_waiter_unlink(struct plx_waiter *waiter)
{
    waiter->prev->next = waiter->next;
    waiter->next->prev = waiter->prev;
    waiter->next = waiter->prev = NULL;
}

void plx_waiters_move(struct plx_waiters *from, struct plx_waiters *to)
{
    struct plx_waiter *ends = ends_of(to);
    if (plx_waiters_empty(from))
        return;
    ends->next = from->ends.next;
    ends->prev = from->ends.prev;
    ends->next->prev = ends->prev->next = ends;
    from->ends.next = from->ends.prev = &from->ends;
}

void plx_wakers_notify(struct plx_wakers *wakers)
{
    for (uint32_t i = 0; i < wakers->count; i++)
        plx_waker_spend(wakers->wakers[i]);
    wakers->count = 0;
}

static bool take_some(struct plx_waiters *woken, struct plx_wakers *wakers)
{
    struct plx_waiter *waiter = NULL;
    while (!plx_wakers_full(wakers) && (waiter = plx_waiters_first(woken))) {
        plx_waiter_unlink(waiter);
        plx_wakers_add(wakers, &waiter->waker);
    }
    return !plx_waiters_empty(woken);
}

void plx_waiters_wake_all(struct plx_waiters *woken, struct plx_lock *lock)
{
    struct plx_wakers wakers = {.count = 0};
    for (;;) {
        bool more = take_some(woken, &wakers);
        plx_lock_release(lock);
        plx_wakers_notify(&wakers);
        if (!more)
            return;
        plx_lock_take(lock);
    }
}
