/* SPDX-License-Identifier: MIT
 *
 * Waiters: any number of futures that wait for one source, for the same direction or not.
 *
 *     plx_scheduled_io                  in the future that waits       in another one
 *     ┌──────────────────────┐          ┌───────────────┐              ┌───────────────┐
 *     │ reader, writer: a    │          │ plx_io_waiter │              │ plx_io_waiter │
 *     │   waker each         │          │   waker       │              │   waker       │
 *     │ waiters ─────────────┼────────▶ │   next ───────┼────────────▶ │   next        │
 *     └──────────────────────┘          └───────────────┘              └───────────────┘
 *
 * A node lives in its future, which stays where it is from its first poll on; nothing is allocated. Whoever
 * drops the future takes the node out. All who wait for what has become ready are notified, for each may take
 * only a part of it; who finds nothing waits again.
 *
 * The wakers are taken out under the source's lock, 32 at a time, and called without it.
 *
 * A waiter holds the reactor, so that the slot is there as long as the waiter may look at it; and it keeps
 * the generation of the source it waits for, so that it learns when that one is gone.
 *
 * Source: Tokio 1.x `runtime/io/scheduled_io.rs` (Waiters, Readiness), `util/wake_list.rs`.
 */
#ifndef PLX_REACTOR_IO_WAITER_H
#define PLX_REACTOR_IO_WAITER_H

#include "lib/task/notify.h"

struct plx_scheduled_io;

/* Empty when zero. */
struct plx_io_waiter {
    struct plx_scheduled_io *io; /* what it waits for; NULL while it does not wait */
    uint64_t generation;         /* of the source that is in that slot */
    enum plx_direction direction;

    /* under io->lock */
    struct plx_io_waiter *next;
    struct plx_io_waiter **link; /* what points to this one; NULL when it is in no list */
    plx_waker waker;
};

/* From here on it waits for this source, whose word was `seen`; it is in no list yet. */
void plx_io_waiter_begin(struct plx_io_waiter *waiter, struct plx_scheduled_io *io, uint64_t seen,
                         enum plx_direction direction);

/* Leaves the waker, which is taken over, in the list. Returns the word as it is after that: this is the
 * second look of whoever waits. */
uint64_t plx_io_waiter_register(struct plx_io_waiter *waiter, plx_waker waker);

/* Waits no more; does nothing if it does not. */
void plx_io_waiter_end(struct plx_io_waiter *waiter);

/* Notifies all in the list that wait for what is ready. */
void plx_io_waiters_notify(struct plx_scheduled_io *io, unsigned ready, struct plx_cause by);

#endif
