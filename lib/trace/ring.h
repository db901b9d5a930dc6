/* SPDX-License-Identifier: MIT
 *
 * Rings: how records travel from the thread that traces to the one that writes.
 *
 * Every thread that traces has a ring of its own, which it alone fills and the writer alone empties: no
 * lock, no shared counter.
 *
 *       tail                     head      busy
 *        │                        │         │ 1 from before the time stamp is taken
 *   [ ][ ][r][r][r][r][r][r][r][r][ ][ ]    │ until the record is published
 *        └── the writer takes      └── the thread publishes
 *
 * The merge. The writer must put records in the order of their stamps though they come from many rings, so
 * it must know that no ring will yet bring an older one. It takes the time W, then makes every thread of
 * the process pass a memory barrier (membarrier(2)), then waits until no ring is busy, and then reads all
 * heads. A thread that stamped before W had set `busy` before that stamp, so the writer sees it and waits
 * for its record; one that sets `busy` after the barrier takes its stamp after W. So all records older
 * than W are there. The barrier costs the tracing threads nothing: they need only keep the compiler from
 * reordering. Where the system has no membarrier, a full fence stands in for it on both sides.
 *
 * Lossless: when a ring is full its thread waits for the writer.
 */
#ifndef PLX_TRACE_RING_H
#define PLX_TRACE_RING_H

#include "lib/trace/trace.h"

#include <pthread.h>

#ifndef PLX_RING_RECORDS
#define PLX_RING_RECORDS (PLX_SMALL ? 16 : 16384) /* a power of two; 1 MiB a thread */
#endif

enum { PLX_THREAD_NAME_MAX = 32 };

struct plx_ring {
    /* the owner writes, the writer reads */
    _Atomic uint32_t head;
    atomic_bool busy;
    atomic_bool closed; /* its thread has ended; the writer frees it once it is empty */
    /* the writer writes, the owner reads */
    _Alignas(64) _Atomic uint32_t tail;
    /* owner only */
    _Alignas(64) uint64_t begun_ns;
    uint16_t worker;
    /* set once */
    char name[PLX_THREAD_NAME_MAX];
    struct plx_ring *next; /* under the writer's lock */
    struct plx_record records[PLX_RING_RECORDS];
};

/* This thread's ring, made at its first record; NULL without memory (then its records count as lost). */
struct plx_ring *plx__ring_mine(void);

/* This thread has no ring any more: in a forked child. */
void plx__ring_forget(void);

/* How many records were lost because a thread had no ring. */
uint64_t plx__ring_lost(void);

uint64_t plx__trace_now(void);

/* Between the writer (writer.c) and the rings. */
void plx__writer_add(struct plx_ring *ring);
void plx__writer_hurry(void);                      /* a ring is filling up */
bool plx__writer_wait_room(struct plx_ring *ring); /* false: the trace has ended, drop the record */
void plx__barrier_light(void);                     /* the owners' side of the barrier */

#endif
