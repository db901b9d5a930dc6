/* SPDX-License-Identifier: MIT
 *
 * The barrier: so many tasks wait for each other, then all go on; and the same again.
 *
 *     static struct plx_barrier barrier = PLX_BARRIER(4);
 *
 *     PLX_AWAIT(my->role, met, plx_barrier_wait_new(&barrier));
 *     if (my->role.leader)
 *         …                                one of the four, the one that came last
 *
 * A future that is dropped while it waits has not come: another one is waited for in its place.
 *
 * Source: Tokio 1.x `sync/barrier.rs`, there cancelling leaves the arrival counted.
 */
#ifndef PLX_SYNC_BARRIER_H
#define PLX_SYNC_BARRIER_H

#include "lib/future/future.h"
#include "lib/sync/sync.h"
#include "lib/sync/waiters.h"

struct plx_barrier {
    struct plx_lock lock;
    /* under the lock */
    uint32_t parties, arrived;
    uint64_t rounds; /* that are over */
    struct plx_waiters waiters;
    struct plx_sync_name name;
};

/* Of none is as of one: nobody waits. */
#define PLX_BARRIER(count)                                                                                   \
    {                                                                                                        \
        .parties = (count), .name = { "barrier", (count), 0 }                                                \
    }

void plx_barrier_init(struct plx_barrier *barrier, uint32_t parties);

/* Arrives at its first poll, and waits for the others. */
typedef struct plx_barrier_wait {
    struct plx_barrier *barrier;
    uint64_t round; /* the one it waits in */
    bool queued;
    struct plx_waiter waiter;
} plx_barrier_wait;
typedef struct plx_barrier_wait_item {
    bool leader;
} plx_barrier_wait_item;
PLX_LEAF_DECLARE(plx_barrier_wait)

PLX_INLINE plx_barrier_wait plx_barrier_wait_new(struct plx_barrier *barrier)
{
    return (plx_barrier_wait){.barrier = barrier};
}

#endif
