/* SPDX-License-Identifier: MIT
 *
 * What a worker counts about itself.
 *
 * Each number has one writer, the thread that is the worker, so counting is a load and a store, without a
 * locked instruction; any thread may read at any time. They only grow.
 *
 * Source: Tokio 1.x `runtime/metrics`.
 */
#ifndef PLX_SCHEDULER_METRICS_H
#define PLX_SCHEDULER_METRICS_H

#include "lib/time/clock.h"

#include <stdatomic.h>

struct plx_counters {
    _Atomic uint64_t polls;      /* tasks taken from a queue and polled */
    _Atomic uint64_t lifo_polls; /* of them, those from the LIFO slot */
    _Atomic uint64_t steals;     /* raids on another worker that brought something */
    _Atomic uint64_t stolen;     /* tasks that they brought */
    _Atomic uint64_t overflows;  /* tasks that moved to the global queue because the deque was full */
    _Atomic uint64_t parks;      /* times it went to sleep */
    _Atomic uint64_t noops;      /* times it was woken and found nothing to poll */
    _Atomic uint64_t turns;      /* of the reactor */
    _Atomic uint64_t busy;       /* see plx_busy_ns */
};

PLX_INLINE void plx_count(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed) + more;
    atomic_store_explicit(counter, now, memory_order_relaxed);
}

PLX_INLINE uint64_t plx_counted(_Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* The time awake is one word, so that who reads it while the worker falls asleep or wakes sees it whole,
 * and never less than before. While the worker sleeps it is that time; while it is awake, the bit PLX_AWAKE
 * and that time less the clock, to which the reader adds the clock again. */
#define PLX_AWAKE ((uint64_t)1 << 63)

PLX_INLINE void plx_busy_begin(_Atomic uint64_t *busy)
{
    uint64_t seen = plx_counted(busy);
    if (!(seen & PLX_AWAKE))
        atomic_store_explicit(busy, (seen - plx_monotonic_ns()) | PLX_AWAKE, memory_order_release);
}

PLX_INLINE void plx_busy_end(_Atomic uint64_t *busy)
{
    uint64_t seen = plx_counted(busy);
    if (seen & PLX_AWAKE)
        atomic_store_explicit(busy, (seen + plx_monotonic_ns()) & ~PLX_AWAKE, memory_order_release);
}

/* Any thread. The clock is read while the word stands. */
PLX_INLINE uint64_t plx_busy_ns(_Atomic uint64_t *busy)
{
    uint64_t seen, now;
    do {
        seen = atomic_load_explicit(busy, memory_order_acquire);
        now = seen & PLX_AWAKE ? plx_monotonic_ns() : 0;
    } while (atomic_load_explicit(busy, memory_order_acquire) != seen);
    return (seen + now) & ~PLX_AWAKE;
}

#endif
