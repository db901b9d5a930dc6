/* SPDX-License-Identifier: MIT
 *
 * ScheduledIo: what the reactor knows of one registered source, and who waits for it.
 *
 * All readiness is in one word, so that it changes as one:
 *
 *      63        40 39        24 23       8 7      0
 *     [ generation | write tick | read tick | ready  ]
 *
 * ready        what the selector has said and nobody has found untrue since
 * read tick    counts the events for reading. Whoever read until it would block clears PLX_READABLE only if the tick is the one it saw before
 *              it read; if not, an event has come in between, and clearing would lose it for ever (edges come once).
 *              Write has a tick of its own: otherwise reader and writer could keep each other from clearing.
 * generation   counts the sources that used this slot. An event carries it in its token: one that comes late, for a source
 *              that is gone, is recognised and ignored.
 *
 * Closed and error bits are never cleared: they stay true.
 *
 * Source: Tokio 1.x `runtime/io/scheduled_io.rs` (the tick a resource, #6134; separate ticks, #8054), 0.1
 * for the generation (#243).
 */
#ifndef PLX_REACTOR_SCHEDULED_IO_H
#define PLX_REACTOR_SCHEDULED_IO_H

#include "lib/reactor/selector/selector.h"
#include "lib/task/waker_cell.h"

struct plx_reactor;

struct plx_scheduled_io {
    _Atomic uint64_t word;
    struct plx_waker_cell reader, writer;
    struct plx_reactor *reactor;        /* set once */
    uint32_t number;                    /* set once: the slot, from 1; it is the token of the trace */
    struct plx_scheduled_io *next_free; /* under the reactor's lock */
};

enum {
    PLX_READ_MASK = PLX_READABLE | PLX_READ_CLOSED | PLX_SOURCE_ERROR,
    PLX_WRITE_MASK = PLX_WRITABLE | PLX_WRITE_CLOSED | PLX_SOURCE_ERROR,
    PLX_READY_BITS = 8,
    PLX_TICK_BITS = 16,
    PLX_READ_TICK_SHIFT = 8,
    PLX_WRITE_TICK_SHIFT = 24,
    PLX_GENERATION_SHIFT = 40,
};

PLX_INLINE unsigned plx_io_ready(uint64_t word)
{
    return word & ((1u << PLX_READY_BITS) - 1);
}

PLX_INLINE uint64_t plx_io_generation(uint64_t word)
{
    return word >> PLX_GENERATION_SHIFT;
}

/* The token given to the selector: generation and slot. */
PLX_INLINE uint64_t plx_io_token(const struct plx_scheduled_io *io, uint64_t word)
{
    return plx_io_generation(word) << 32 | io->number;
}

/* An event has come for the source of this generation. False: that source is gone. */
bool plx_io_set_ready(struct plx_scheduled_io *io, uint64_t generation, unsigned ready);

/* It would block, though the word was `seen`: takes the direction's bit back, unless an event has come since. */
void plx_io_clear_ready(struct plx_scheduled_io *io, enum plx_direction direction, uint64_t seen);

/* Notifies who waits for what is ready. Holds no lock: a notify may drop a task, and with it sources. */
void plx_io_notify(struct plx_scheduled_io *io, unsigned ready, struct plx_cause by);

/* The slot is free for another source: a new generation, nothing ready, nobody waits. */
void plx_io_reset(struct plx_scheduled_io *io);

#endif
