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

#include "lib/base.h"

#include <stdatomic.h>

struct plx_counters {
    _Atomic uint64_t polls;          /* tasks taken from a queue and polled */
    _Atomic uint64_t lifo_polls;     /* of them, those from the LIFO slot */
    _Atomic uint64_t steals;         /* raids on another worker that brought something */
    _Atomic uint64_t stolen;         /* tasks that they brought */
    _Atomic uint64_t overflows;      /* tasks that moved to the global queue because the deque was full */
    _Atomic uint64_t parks;          /* times it went to sleep */
    _Atomic uint64_t noops;          /* times it was woken and found nothing to poll */
    _Atomic uint64_t turns;          /* of the reactor */
    _Atomic uint64_t busy_ns;        /* time awake, up to the last park */
    _Atomic uint64_t awake_since_ns; /* on the monotonic clock; 0 while it sleeps */
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

#endif
