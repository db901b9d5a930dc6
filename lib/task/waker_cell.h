/* SPDX-License-Identifier: MIT
 *
 * The waker cell: a place for one waker, which one side fills and the other empties, both at any time.
 *
 *     register   (the task that is polled)    leaves its waker here, in place of the one that was
 *     take       (whoever makes it ready)     takes the waker out, to notify it
 *
 * Who uses it must register *before* looking at the condition once more, and must make the condition true
 * *before* taking. Then no wake is lost: either the taker finds the waker, or the one that registers finds
 * the condition.
 *
 * Two bits say who is inside. Both may be: then the taker leaves at once, and the one that registers, when it
 * comes out, sees the bit and hands the waker over in the taker's name.
 *
 *     WAITING ──register──▶ REGISTERING ──▶ WAITING
 *     WAITING ──take──────▶ TAKING ───────▶ WAITING
 *     REGISTERING ──take──▶ REGISTERING|TAKING ──▶ WAITING, and register returns the waker
 *     TAKING ──register───▶ unchanged: register returns the new waker at once
 *
 * Source: `AtomicTask` of futures 0.1 and tokio-sync, `AtomicWaker` of futures 0.3.
 */
#ifndef PLX_TASK_WAKER_CELL_H
#define PLX_TASK_WAKER_CELL_H

#include "lib/task/notify.h"

#include <stdatomic.h>

enum { PLX_CELL_WAITING = 0, PLX_CELL_REGISTERING = 1, PLX_CELL_TAKING = 2 };

struct plx_waker_cell {
    _Atomic uint32_t state;
    plx_waker waker; /* of whoever has set a bit when none was */
};

/* Leaves `waker`, which the cell takes over. Returns a waker to be notified and dropped by the caller, now
 * that it holds nothing: empty but for the races above. One thread at a time registers; a second one at the
 * same time gets its waker back. */
PLX_INLINE plx_waker plx_waker_cell_register(struct plx_waker_cell *cell, plx_waker waker)
{
    uint32_t seen = PLX_CELL_WAITING;
    if (!atomic_compare_exchange_strong_explicit(&cell->state, &seen, PLX_CELL_REGISTERING,
                                                 memory_order_acquire, memory_order_acquire))
        return waker;

    plx_waker old = cell->waker;
    cell->waker = waker;
    seen = PLX_CELL_REGISTERING;
    bool alone = atomic_compare_exchange_strong_explicit(&cell->state, &seen, PLX_CELL_WAITING,
                                                         memory_order_acq_rel, memory_order_acquire);
    plx_waker missed = {0};
    if (!alone) {
        missed = PLX_MOVE(cell->waker);
        atomic_exchange_explicit(&cell->state, PLX_CELL_WAITING, memory_order_acq_rel);
    }
    plx_waker_drop(&old); /* outside of the cell: a drop may do anything, even come back here */
    return missed;
}

/* The waker that is waiting here, or an empty one. The caller notifies and drops it. */
PLX_INLINE plx_waker plx_waker_cell_take(struct plx_waker_cell *cell)
{
    plx_waker none = {0};
    if (atomic_fetch_or_explicit(&cell->state, PLX_CELL_TAKING, memory_order_acq_rel) != PLX_CELL_WAITING)
        return none;
    plx_waker waker = PLX_MOVE(cell->waker);
    atomic_fetch_and_explicit(&cell->state, ~(uint32_t)PLX_CELL_TAKING, memory_order_release);
    return waker;
}

#endif
