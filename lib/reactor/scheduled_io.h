/* SPDX-License-Identifier: MIT
 *
 * ScheduledIo: what the reactor knows of one registered source, and who waits for it.
 *
 * All readiness is in one word, so that it changes as one:
 *
 *      63        40 39        24 23       8 7      0
 *     [ generation | write tick | read tick | ready  ]
 *
 * ready        what the selector has said and nobody has found untrue since; and two bits of our own: that
 *              there is a list of waiters (io_waiter.h), and that the reactor has ended.
 * read tick    counts the events for reading. Whoever read until it would block takes PLX_READABLE back only
 *              if the tick is the one that it saw before it read; if not, an event has come in between, and
 *              clearing would lose it for ever (edges come once). Write has a tick of its own: otherwise
 *              reader and writer could keep each other from clearing.
 * generation   counts the sources that used this slot. An event carries it in its token: one that comes late,
 *              for a source that is gone, is recognised and ignored.
 *
 * Closed bits are never cleared: they stay true, and belong to reading and writing each on its own. An error
 * goes to both, as readable and writable: whoever tries learns of it, and it is over. It must not stay, for
 * an error of a UDP socket is told once, and a reader that is called ready for ever would find nothing, again
 * and again.
 *
 * Each direction has a place for one waker that needs no lock: nearly every source has one reader and one
 * writer. Whoever comes on top of them brings a node of the list.
 *
 * Source: Tokio 1.x `runtime/io/scheduled_io.rs` (the tick a resource, #6134; separate ticks, #8054), 0.1
 * for the generation (#243).
 */
#ifndef PLX_REACTOR_SCHEDULED_IO_H
#define PLX_REACTOR_SCHEDULED_IO_H

#include "lib/reactor/selector/selector.h"
#include "lib/task/waker_cell.h"

#include <pthread.h>

struct plx_reactor;
struct plx_io_waiter;

/* The first line is what an event and a look need; the second is for the rest. */
struct plx_scheduled_io {
    /* any thread */
    _Alignas(64) _Atomic uint64_t word;
    struct plx_waker_cell reader, writer;

    /* set once */
    struct plx_reactor *reactor;
    uint32_t number; /* the slot, from 1; it is the token of the trace */

    struct plx_scheduled_io *next_free; /* under the reactor's lock */

    pthread_mutex_t lock;          /* a leaf: no waker is called, cloned or dropped while it is held */
    struct plx_io_waiter *waiters; /* under it */
};

enum {
    PLX_IO_WAITERS = 1 << 6, /* the list is not empty; changes under its lock */
    PLX_IO_SHUT = 1 << 7,    /* the reactor has ended: whoever waits fails */

    /* what makes a direction ready */
    PLX_READ_MASK = PLX_READABLE | PLX_READ_CLOSED,
    PLX_WRITE_MASK = PLX_WRITABLE | PLX_WRITE_CLOSED,
    /* what an event must say to concern it */
    PLX_READ_EVENTS = PLX_READ_MASK | PLX_SOURCE_ERROR,
    PLX_WRITE_EVENTS = PLX_WRITE_MASK | PLX_SOURCE_ERROR,

    /* A tick that comes round within one system call of a reader would be taken for no event at all, and a
     * generation for the same source: so they are wide, and narrow only in tests. */
    PLX_READY_BITS = 8,
    PLX_TICK_BITS = PLX_SMALL ? 8 : 16,
    PLX_GENERATION_BITS = PLX_SMALL ? 8 : 24,
    PLX_READ_TICK_SHIFT = PLX_READY_BITS,
    PLX_WRITE_TICK_SHIFT = PLX_READ_TICK_SHIFT + PLX_TICK_BITS,
    PLX_GENERATION_SHIFT = PLX_WRITE_TICK_SHIFT + PLX_TICK_BITS,
};

_Static_assert(PLX_GENERATION_SHIFT + PLX_GENERATION_BITS <= 64, "the word has 64 bits");
_Static_assert(PLX_GENERATION_BITS <= 32, "so has the token, and the slot's number takes half of it");

/* What the selector has said: without our own two bits. */
PLX_INLINE unsigned plx_io_ready(uint64_t word)
{
    return word & (PLX_IO_WAITERS - 1);
}

PLX_INLINE uint64_t plx_io_generation(uint64_t word)
{
    return word >> PLX_GENERATION_SHIFT;
}

PLX_INLINE unsigned plx_io_mask(enum plx_direction direction)
{
    return direction == PLX_READ ? PLX_READ_MASK : PLX_WRITE_MASK;
}

/* The token given to the selector: generation and slot. */
PLX_INLINE uint64_t plx_io_token(const struct plx_scheduled_io *io, uint64_t word)
{
    return plx_io_generation(word) << 32 | io->number;
}

/* A slot that nobody uses yet; and its end. */
void plx_io_init(struct plx_scheduled_io *io, struct plx_reactor *reactor, uint32_t number);
void plx_io_done(struct plx_scheduled_io *io);

/* An event has come for the source of this generation. False: that source is gone. `news`: what of it
 * somebody may wait for. Nobody waits for a direction that was ready before: whoever begins to wait looks a
 * second time, and who made it ready has notified those who had begun. (With each request epoll tells once
 * more that there is room to write: this saves two atomic changes each time.) */
bool plx_io_set_ready(struct plx_scheduled_io *io, uint64_t generation, unsigned ready, unsigned *news);

/* Nothing is known of a new source: this is what is tried first. It is no event. */
void plx_io_assume_ready(struct plx_scheduled_io *io, unsigned ready);

/* It would block, though the word was `seen`: takes the direction's bit back, unless an event has come since
 * (false). */
bool plx_io_clear_ready(struct plx_scheduled_io *io, enum plx_direction direction, uint64_t seen);

/* Notifies all who wait for what is ready. Holds no lock: a notify may drop a task, and with it sources. */
void plx_io_notify(struct plx_scheduled_io *io, unsigned ready, struct plx_cause by);

/* The reactor has ended: notifies all who wait, and nobody waits any more. */
void plx_io_shut(struct plx_scheduled_io *io);

/* The slot is free for another source: a new generation, nothing ready, nobody waits. Who has waited in the
 * list is notified, and finds that the source is gone. */
void plx_io_reset(struct plx_scheduled_io *io);

#endif
