/* SPDX-License-Identifier: MIT
 *
 * The list of waiters: see io_waiter.h.
 */
#include "lib/reactor/io_waiter.h"

#include "lib/reactor/reactor.h"

enum { WAKERS_AT_ONCE = 32 };

/* ── the list: under io->lock ─────────────────────────────────────────────────────────────────────────── */

static void put_in(struct plx_io_waiter **list, struct plx_io_waiter *waiter)
{
    waiter->next = *list;
    waiter->link = list;
    if (waiter->next)
        waiter->next->link = &waiter->next;
    *list = waiter;
}

static void take_out(struct plx_io_waiter *waiter)
{
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    waiter->link = NULL;
}

static void forget_empty_list(struct plx_scheduled_io *io)
{
    if (!io->waiters)
        atomic_fetch_and_explicit(&io->word, ~(uint64_t)PLX_IO_WAITERS, memory_order_acq_rel);
}

/* ── one waiter ───────────────────────────────────────────────────────────────────────────────────────── */

void plx_io_waiter_begin(struct plx_io_waiter *waiter, struct plx_scheduled_io *io, uint64_t seen,
                         enum plx_direction direction)
{
    plx_reactor_keep(io->reactor);
    waiter->io = io;
    waiter->generation = plx_io_generation(seen);
    waiter->direction = direction;
}

/* The bit is set by the same change that takes the second look: an event that comes before it is seen by us,
 * one that comes after it sees the bit. */
uint64_t plx_io_waiter_register(struct plx_io_waiter *waiter, plx_waker waker)
{
    struct plx_scheduled_io *io = waiter->io;
    pthread_mutex_lock(&io->lock);
    plx_waker before = waiter->waker;
    waiter->waker = waker;
    if (!waiter->link)
        put_in(&io->waiters, waiter);
    uint64_t word = atomic_fetch_or_explicit(&io->word, PLX_IO_WAITERS, memory_order_acq_rel);
    pthread_mutex_unlock(&io->lock);
    plx_waker_drop(&before);
    return word;
}

void plx_io_waiter_end(struct plx_io_waiter *waiter)
{
    struct plx_scheduled_io *io = waiter->io;
    if (!io)
        return;
    pthread_mutex_lock(&io->lock);
    if (waiter->link)
        take_out(waiter);
    forget_empty_list(io);
    plx_waker waker = PLX_MOVE(waiter->waker);
    pthread_mutex_unlock(&io->lock);

    waiter->io = NULL;
    plx_waker_drop(&waker);
    plx_reactor_release(io->reactor);
}

/* ── notifying all ────────────────────────────────────────────────────────────────────────────────────── */

static bool concerns(const struct plx_io_waiter *waiter, unsigned ready)
{
    return ready & (waiter->direction == PLX_READ ? PLX_READ_EVENTS : PLX_WRITE_EVENTS);
}

/* Those whom it concerns go to a list of their own, so that it comes to an end though they wait again while
 * it is worked off. */
static void set_aside(struct plx_scheduled_io *io, unsigned ready, struct plx_io_waiter **due)
{
    struct plx_io_waiter *waiter = io->waiters, *next;
    for (; waiter; waiter = next) {
        next = waiter->next;
        if (concerns(waiter, ready)) {
            take_out(waiter);
            put_in(due, waiter);
        }
    }
    forget_empty_list(io);
}

static unsigned take_wakers(struct plx_io_waiter **due, plx_waker wakers[WAKERS_AT_ONCE])
{
    unsigned count = 0;
    while (*due && count < WAKERS_AT_ONCE) {
        struct plx_io_waiter *waiter = *due;
        take_out(waiter);
        wakers[count++] = PLX_MOVE(waiter->waker);
    }
    return count;
}

void plx_io_waiters_notify(struct plx_scheduled_io *io, unsigned ready, struct plx_cause by)
{
    struct plx_io_waiter *due = NULL; /* under the lock, like the list itself: who is dropped leaves it */
    plx_waker wakers[WAKERS_AT_ONCE];

    pthread_mutex_lock(&io->lock);
    set_aside(io, ready, &due);
    while (due) {
        unsigned count = take_wakers(&due, wakers);
        pthread_mutex_unlock(&io->lock);
        for (unsigned i = 0; i < count; i++)
            plx_waker_spend_by(wakers[i], by);
        pthread_mutex_lock(&io->lock);
    }
    pthread_mutex_unlock(&io->lock);
}
