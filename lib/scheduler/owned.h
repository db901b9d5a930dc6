/* SPDX-License-Identifier: MIT
 *
 * The owned list: every task that has been spawned and has not ended. A runtime that shuts down finds here
 * whom to cancel; one that waits until it is idle waits until the list is empty.
 *
 * Source: Tokio 1.x `OwnedTasks`.
 */
#ifndef PLX_SCHEDULER_OWNED_H
#define PLX_SCHEDULER_OWNED_H

#include "lib/task/task.h"

#include <pthread.h>

struct plx_owned {
    pthread_mutex_t lock;
    pthread_cond_t empty;
    /* under the lock */
    struct plx_task *first;
    bool closed;
    /* stored under the lock, loaded by any thread */
    _Atomic size_t count;
};

int plx_owned_init(struct plx_owned *owned);
void plx_owned_done(struct plx_owned *owned);

/* False: the list is closed. */
bool plx_owned_add(struct plx_owned *owned, struct plx_task *task);

/* False: it was not on the list. */
bool plx_owned_remove(struct plx_owned *owned, struct plx_task *task);

/* No task comes in any more. */
void plx_owned_close(struct plx_owned *owned);

/* Takes any task off the list, with the list's reference; NULL when it is empty. */
struct plx_task *plx_owned_pop(struct plx_owned *owned);

/* Sleeps until the list is empty, or until `deadline_ns` on the monotonic clock (0: for ever). Not on a
 * worker. Returns whether it is empty. */
bool plx_owned_wait_empty(struct plx_owned *owned, uint64_t deadline_ns);

PLX_INLINE size_t plx_owned_count(struct plx_owned *owned)
{
    return atomic_load_explicit(&owned->count, memory_order_acquire);
}

#endif
