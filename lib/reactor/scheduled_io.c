/* SPDX-License-Identifier: MIT
 *
 * The readiness word and its changes: see scheduled_io.h.
 */
#include "lib/reactor/scheduled_io.h"

static uint64_t tick(uint64_t word, int shift)
{
    const uint64_t mask = (((uint64_t)1 << PLX_TICK_BITS) - 1) << shift;
    return (word & ~mask) | ((word + ((uint64_t)1 << shift)) & mask);
}

static bool same_tick(uint64_t a, uint64_t b, int shift)
{
    return (((a ^ b) >> shift) & (((uint64_t)1 << PLX_TICK_BITS) - 1)) == 0;
}

bool plx_io_set_ready(struct plx_scheduled_io *io, uint64_t generation, unsigned ready)
{
    uint64_t seen = atomic_load_explicit(&io->word, memory_order_acquire), next;
    do {
        if (plx_io_generation(seen) != generation)
            return false;
        next = seen | ready;
        if (ready & PLX_READ_MASK)
            next = tick(next, PLX_READ_TICK_SHIFT);
        if (ready & PLX_WRITE_MASK)
            next = tick(next, PLX_WRITE_TICK_SHIFT);
    } while (!atomic_compare_exchange_weak_explicit(&io->word, &seen, next, memory_order_acq_rel,
                                                    memory_order_acquire));
    return true;
}

void plx_io_clear_ready(struct plx_scheduled_io *io, enum plx_direction direction, uint64_t seen)
{
    const int shift = direction == PLX_READ ? PLX_READ_TICK_SHIFT : PLX_WRITE_TICK_SHIFT;
    const uint64_t bit = direction == PLX_READ ? PLX_READABLE : PLX_WRITABLE;
    uint64_t now = atomic_load_explicit(&io->word, memory_order_acquire);
    do {
        if (!same_tick(now, seen, shift))
            return;
    } while (!atomic_compare_exchange_weak_explicit(&io->word, &now, now & ~bit, memory_order_acq_rel,
                                                    memory_order_acquire));
}

static void notify_cell(struct plx_waker_cell *cell, struct plx_cause by)
{
    plx_waker waker = plx_waker_cell_take(cell);
    plx_waker_notify_by(waker, by);
    plx_waker_drop(&waker);
}

void plx_io_notify(struct plx_scheduled_io *io, unsigned ready, struct plx_cause by)
{
    if (ready & PLX_READ_MASK)
        notify_cell(&io->reader, by);
    if (ready & PLX_WRITE_MASK)
        notify_cell(&io->writer, by);
}

void plx_io_reset(struct plx_scheduled_io *io)
{
    plx_waker waker = plx_waker_cell_take(&io->reader);
    plx_waker_drop(&waker);
    waker = plx_waker_cell_take(&io->writer);
    plx_waker_drop(&waker);

    uint64_t word = atomic_load_explicit(&io->word, memory_order_relaxed);
    uint64_t next = (plx_io_generation(word) + 1) << PLX_GENERATION_SHIFT;
    atomic_exchange_explicit(&io->word, next, memory_order_acq_rel);
}
