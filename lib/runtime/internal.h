/* SPDX-License-Identifier: MIT
 *
 * What the files of runtime/ share.
 */
#ifndef PLX_RUNTIME_INTERNAL_H
#define PLX_RUNTIME_INTERNAL_H

#include "lib/runtime/runtime.h"
#include "lib/scheduler/pool.h"

/* Freed with the pool, by the last who holds that: what a task or an executor knows as its runtime stays a
 * valid address as long as they do. */
struct plx_runtime {
    struct plx_pool *pool;
    uint64_t number;  /* in the trace, from 1 */
    atomic_bool lent; /* current_thread: some thread is running it */
};

PLX_INLINE bool plx__is_current_thread(const struct plx_runtime *runtime)
{
    return runtime->pool->options.kind == PLX_CURRENT_THREAD;
}

/* A thread that polls may not wait, unless it has said that it is going to block. */
bool plx__may_not_wait(void);

/* One of the runtime's own threads may not wait for its tasks or threads to end, even where it may block: it
 * would wait for itself. */
bool plx__may_not_wait_for_all_of(const struct plx_runtime *runtime);

#endif
