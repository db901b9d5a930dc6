/* SPDX-License-Identifier: MIT
 *
 * The trace's clock: ticks when an event is told, nanoseconds when it is written down.
 *
 * A thread that traces stores what the processor's own counter says, which takes 10 ns; to ask the system
 * for the time takes 22. The writer makes nanoseconds of it. The counter is used only where it is one clock
 * for all processors that goes on evenly: on x86-64 when the processor says that it is invariant *and*
 * Linux itself keeps its time by it, for Linux watches that the processors' counters agree, and gives up
 * the counter when they do not (virtual machines that are moved, old boards of several sockets); on aarch64
 * always, as the architecture has it. Everywhere else a tick is a nanosecond of CLOCK_MONOTONIC.
 *
 * From ticks to nanoseconds. A trace's time is made of straight pieces that join, so that it never goes
 * back and ticks in order are times in order:
 *
 *     ns │            ╱─ a piece: ns + (ticks − its first) × slope
 *        │         ╱─╯
 *        │    ╱───╯     each second a new one begins where the last one ends, with the slope that
 *        │ ───          meets CLOCK_MONOTONIC a second later
 *        └────────────── ticks
 *
 * All records between two rounds of the writer belong to one piece.
 */
#ifndef PLX_TRACE_CLOCK_H
#define PLX_TRACE_CLOCK_H

#include "lib/trace/trace.h"

struct plx_piece {
    uint64_t ticks, ns; /* where it begins */
    uint64_t slope;     /* nanoseconds a tick, times 2^32 */
};

/* Chooses the clock: once a process, before anything is stamped. */
void plx__clock_choose(void);

uint64_t plx__clock_ticks(void);

/* The piece that a trace begins with: now. Its slope is right to some 0.01 % from the start; that takes up
 * to a millisecond the first time. */
struct plx_piece plx__clock_begin(void);

/* The piece to go on with from `ticks`; the same one when it is not old enough. */
struct plx_piece plx__clock_go_on(struct plx_piece piece, uint64_t ticks);

/* In two halves, for the product has up to 96 bits. */
PLX_INLINE uint64_t plx__piece_ns(const struct plx_piece *piece, uint64_t ticks)
{
    uint64_t since = ticks < piece->ticks ? 0 : ticks - piece->ticks;
    return piece->ns + (since >> 32) * piece->slope + ((since & 0xffffffff) * piece->slope >> 32);
}

#endif
