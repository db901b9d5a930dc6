/* SPDX-License-Identifier: MIT
 *
 * Rings: how records travel from the thread that traces to the one that writes.
 *
 * Every thread that traces has a ring of its own, which it alone fills and the writer alone empties: no
 * lock, no shared counter. Head and tail count bytes and never go back; a place in the ring is a count
 * modulo its size. A record does not go round the end: what is left of a lap that cannot hold the longest
 * one is filled with a PAD.
 *
 *       tail                      head     head's lowest bit
 *        │                         │         │ 1 from before the time stamp is taken
 *   [ ][ ][rr][r][rrr][r][rr][r][r][ ][ ]    │ until the record is published
 *        └── the writer takes       └── the thread publishes
 *
 * The merge. The writer must put records in the order of their stamps though they come from many rings, so
 * it must know that no ring will yet bring an older one. It takes the time W, then makes every thread of
 * the process pass a memory barrier (membarrier(2)), then waits until no ring is busy, and then reads all
 * heads. A thread that stamped before W had marked its ring as busy before that stamp, so the writer sees
 * it and waits for its record; one that marks it after the barrier takes its stamp after W. So all records
 * older than W are there. The barrier costs the tracing threads nothing: they need only keep the compiler
 * from reordering. Where the system has no membarrier, a full fence stands in for it on both sides.
 *
 * That holds for a stamp from the processor's counter as well, which may be read before the store that
 * marks the ring is seen by others, yet not *retired* before it: the barrier interrupts the thread. Either
 * the stamp was retired by then, so the store too, and the barrier makes it seen; or the counter is read
 * again afterwards, and says more than W. It takes that the counters of the processors agree, see clock.h.
 *
 * Lossless: the writer makes lines of the records, or puts them aside as they are when they are too many (see
 * spill.h). Only when not even that goes fast enough, or there is no file to put them, a thread waits.
 */
#ifndef PLX_TRACE_RING_H
#define PLX_TRACE_RING_H

#include "lib/trace/trace.h"

#include <pthread.h>

#ifndef PLX_RING_BYTES
#define PLX_RING_BYTES                                                                                       \
    (PLX_SMALL ? 1024 : 1 << 21) /* a power of two; 2 MiB: to 40,000 events a millisecond */
#endif

enum { PLX_THREAD_NAME_MAX = 32 };

struct plx_ring {
    /* the owner writes; the writer reads `head` */
    _Alignas(64) struct plx__pen pen;
    uint64_t hurried;     /* `tail` when the writer was last asked to hurry, plus 1 */
    uint16_t told_worker; /* as whom it has told its last record */
    /* the writer writes, the owner reads `tail` */
    _Alignas(64) _Atomic uint64_t tail;
    uint16_t worker; /* as whom the record at `tail` is told */
    /* set once */
    char name[PLX_THREAD_NAME_MAX];
    struct plx_ring *next; /* under the writer's lock */
    atomic_bool closed;    /* its thread has ended; the writer frees it once it is empty */
    _Alignas(64) char bytes[PLX_RING_BYTES];
};

/* This thread has no ring any more: in a forked child. */
void plx__ring_forget(void);

/* How many records were lost because a thread had no ring. */
uint64_t plx__ring_lost(void);

/* Between the writer (writer.c) and the rings. */
void plx__writer_add(struct plx_ring *ring);
void plx__writer_hurry(void);                      /* a ring is filling up */
bool plx__writer_wait_room(struct plx_ring *ring); /* false: the trace has ended, drop the record */
bool plx__ring_has_room(const struct plx_ring *ring);

/* The two sides of the barrier; whether the system has one that costs the owners nothing. */
bool plx__barrier_init(void);
void plx__barrier_heavy(void);

#endif
