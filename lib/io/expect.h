/* SPDX-License-Identifier: MIT
 *
 * What a read will find, guessed from what the last ones have found.
 *
 * A read that took all it had asked for leaves open whether there is more. Who reads requests of a known size
 * always asks for just as much; the next read then finds nothing, and was a system call in vain. So when that
 * has been so lately, such a read lets the others run first, and the reactor turn: the next request may have
 * come until then. If no event says so it is tried all the same, for there may be more. A wrong guess leaves
 * nothing unread: it costs a yield, or a system call.
 *
 *     WHOLE    the last read took all it had asked for
 *       │ the next one: no event since, and the last ones were in vain → NotReady, the task yields
 *       ▼
 *     YIELDED  it is tried, whatever has come
 *
 *     in vain  0 to 3. A read after a WHOLE one without an event: nothing → 3; something → 0, and one less
 *              after a yield, in which something may have come
 *
 * Pays for itself with 64 connections that send 64 bytes each and are read 64 at a time (tcp_echo_1t): 2.0
 * system calls a request instead of 3.0, and the server's CPU time a request 5 % less.
 *
 * All of it belongs to the one who reads; a task that sees no budget (PLX_UNCONSTRAINED) does not yield.
 */
#ifndef PLX_IO_EXPECT_H
#define PLX_IO_EXPECT_H

#include "lib/reactor/poll_evented.h"

enum {
    PLX_READ_WHOLE = 1 << 0,
    PLX_READ_YIELDED = 1 << 1,
    PLX_READ_IN_VAIN = 1 << 2, /* the lowest bit of that count */
    PLX_READ_MOST_IN_VAIN = 3 * PLX_READ_IN_VAIN,
};

/* Which event for reading was the last one. Eight bits are enough for a guess. */
PLX_INLINE uint8_t plx__read_tick(uint64_t word)
{
    return (uint8_t)(word >> PLX_READ_TICK_SHIFT);
}

PLX_INLINE unsigned plx__read_in_vain(const plx_poll_evented *io)
{
    return io->last_read & ~(unsigned)(PLX_READ_WHOLE | PLX_READ_YIELDED);
}

/* True: the read that is about to be made will find nothing; the task has yielded instead. */
PLX_INLINE bool plx__read_can_wait(plx_poll_evented *io, plx_context *cx, uint64_t seen)
{
    if ((io->last_read & (PLX_READ_WHOLE | PLX_READ_YIELDED)) != PLX_READ_WHOLE || !plx__read_in_vain(io) ||
        plx__read_tick(seen) != io->tick_then || seen & PLX_READ_CLOSED || !cx->budget)
        return false;
    io->last_read |= PLX_READ_YIELDED;
    plx_detail(cx, "after the others");
    plx_context_yield(cx);
    return true;
}

PLX_INLINE void plx__read_gave(plx_poll_evented *io, uint64_t seen, bool whole)
{
    unsigned in_vain = plx__read_in_vain(io);
    if (io->last_read & PLX_READ_WHOLE && plx__read_tick(seen) == io->tick_then)
        in_vain = io->last_read & PLX_READ_YIELDED && in_vain ? in_vain - PLX_READ_IN_VAIN : 0;
    io->last_read = (uint8_t)(in_vain | (whole ? PLX_READ_WHOLE : 0));
    io->tick_then = plx__read_tick(seen);
}

PLX_INLINE void plx__read_gave_nothing(plx_poll_evented *io)
{
    io->last_read = io->last_read & PLX_READ_WHOLE ? PLX_READ_MOST_IN_VAIN : (uint8_t)plx__read_in_vain(io);
}

#endif
