/* SPDX-License-Identifier: MIT
 *
 * The readiness word and its changes: see scheduled_io.h.
 *
 * Ordering. Whoever waits leaves its waker first and looks at the word then; an event changes the word first
 * and looks for wakers then. Both are read-modify-writes of the same variable on each side (the cell's state,
 * or the word with its bit for the list), so one of them comes second, and sees what the other has done.
 */
#include "lib/reactor/scheduled_io.h"

#include "lib/reactor/io_waiter.h"

void plx_io_init(struct plx_scheduled_io *io, struct plx_reactor *reactor, uint32_t number)
{
    *io = (struct plx_scheduled_io){.reactor = reactor, .number = number};
    pthread_mutex_init(&io->lock, NULL);
}

void plx_io_done(struct plx_scheduled_io *io)
{
    pthread_mutex_destroy(&io->lock);
}

/* ── events and clearing ──────────────────────────────────────────────────────────────────────────────── */

static uint64_t tick(uint64_t word, int shift)
{
    const uint64_t mask = (((uint64_t)1 << PLX_TICK_BITS) - 1) << shift;
    return (word & ~mask) | ((word + ((uint64_t)1 << shift)) & mask);
}

static bool same_tick(uint64_t a, uint64_t b, int shift)
{
    return (((a ^ b) >> shift) & (((uint64_t)1 << PLX_TICK_BITS) - 1)) == 0;
}

bool plx_io_set_ready(struct plx_scheduled_io *io, uint64_t generation, unsigned ready, unsigned *news)
{
    uint64_t seen = atomic_load_explicit(&io->word, memory_order_acquire), next;
    if (ready & PLX_SOURCE_ERROR)
        ready |= PLX_READABLE | PLX_WRITABLE;
    do {
        if (plx_io_generation(seen) != generation)
            return false;
        next = seen | ready;
        if (ready & PLX_READ_EVENTS)
            next = tick(next, PLX_READ_TICK_SHIFT);
        if (ready & PLX_WRITE_EVENTS)
            next = tick(next, PLX_WRITE_TICK_SHIFT);
    } while (!atomic_compare_exchange_weak_explicit(&io->word, &seen, next, memory_order_acq_rel,
                                                    memory_order_acquire));
    *news = ready &
            ~((seen & PLX_READ_MASK ? PLX_READ_EVENTS : 0) | (seen & PLX_WRITE_MASK ? PLX_WRITE_EVENTS : 0));
    return true;
}

void plx_io_assume_ready(struct plx_scheduled_io *io, unsigned ready)
{
    atomic_fetch_or_explicit(&io->word, ready, memory_order_acq_rel);
}

bool plx_io_clear_ready(struct plx_scheduled_io *io, enum plx_direction direction, uint64_t seen)
{
    const int shift = direction == PLX_READ ? PLX_READ_TICK_SHIFT : PLX_WRITE_TICK_SHIFT;
    const uint64_t bit = direction == PLX_READ ? PLX_READABLE : PLX_WRITABLE;
    uint64_t now = atomic_load_explicit(&io->word, memory_order_acquire);
    do {
        if (!same_tick(now, seen, shift))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&io->word, &now, now & ~bit, memory_order_acq_rel,
                                                    memory_order_acquire));
    return true;
}

/* ── who waits ────────────────────────────────────────────────────────────────────────────────────────── */

static void notify_cell(struct plx_waker_cell *cell, struct plx_cause by)
{
    plx_waker waker = plx_waker_cell_take(cell);
    plx_waker_spend_by(waker, by);
}

void plx_io_notify(struct plx_scheduled_io *io, unsigned ready, struct plx_cause by)
{
    uint64_t word = atomic_load_explicit(&io->word, memory_order_acquire);
    if (ready & PLX_READ_EVENTS)
        notify_cell(&io->reader, by);
    if (ready & PLX_WRITE_EVENTS)
        notify_cell(&io->writer, by);
    if (plx_unlikely(word & PLX_IO_WAITERS))
        plx_io_waiters_notify(io, ready, by);
}

void plx_io_shut(struct plx_scheduled_io *io)
{
    atomic_fetch_or_explicit(&io->word, PLX_IO_SHUT, memory_order_acq_rel);
    plx_io_notify(io, PLX_READ_EVENTS | PLX_WRITE_EVENTS, (struct plx_cause){PLX_BY_THREAD, 0});
}

static void empty_cell(struct plx_waker_cell *cell)
{
    plx_waker waker = plx_waker_cell_take(cell);
    plx_waker_drop(&waker);
}

/* The list last: who is notified may be polled at once, and is to find the next generation. */
void plx_io_reset(struct plx_scheduled_io *io)
{
    empty_cell(&io->reader);
    empty_cell(&io->writer);
    const uint64_t last = ((uint64_t)1 << PLX_GENERATION_BITS) - 1;
    uint64_t word = atomic_load_explicit(&io->word, memory_order_relaxed), next;
    do
        next = ((plx_io_generation(word) + 1) & last) << PLX_GENERATION_SHIFT | (word & PLX_IO_WAITERS);
    while (!atomic_compare_exchange_weak_explicit(&io->word, &word, next, memory_order_acq_rel,
                                                  memory_order_relaxed));
    if (plx_unlikely(word & PLX_IO_WAITERS))
        plx_io_waiters_notify(io, PLX_READ_EVENTS | PLX_WRITE_EVENTS, (struct plx_cause){PLX_BY_THREAD, 0});
}
