/* SPDX-License-Identifier: MIT
 *
 * The cells of a runtime (or of a local set): the memory of its tasks, and the register of who lives. A
 * runtime that shuts down finds here whom to cancel; one that waits until it is idle waits until none is
 * left.
 *
 * There is no list of tasks. Whoever wants to see all of them walks the slabs, which is done once, at the
 * end; in return a task that is spawned and ends touches nothing that other threads write (Tokio's
 * `OwnedTasks` is a list in as many pieces, each with a lock).
 *
 * Why nobody is missed at the end. A task counts as one of ours from the moment it carries PLX_LAUNCHED. A
 * worker sets that on its own thread, and the walk begins when no thread is a worker any more. Other threads
 * set it, then look whether the cells are closed; who closes them, then looks at the cells. All four are
 * sequentially consistent, so at least one of the two sees the other.
 *
 * How many live is nowhere either: each home counts what began and what ended on its thread. All that ended
 * are summed up first, then all that began; both only grow, so when the two are equal there was a moment,
 * between the sums, when nothing lived.
 *
 * Source: Tokio 1.x `OwnedTasks` for the purpose.
 */
#ifndef PLX_TASK_CELLS_H
#define PLX_TASK_CELLS_H

#include "lib/task/slab.h"

#include <pthread.h>

struct plx_cells {
    /* set before the first task */
    struct plx_home *homes;
    /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t empty;
    struct plx_slab *slabs, *regions;
    unsigned char *spare; /* memory for slabs that have not been used yet */
    uint32_t spare_slabs;
    uint32_t region_slabs; /* so many are allocated together the next time */
    /* any thread */
    atomic_bool closed;
    _Atomic uint32_t watchers;  /* threads that wait until none is left */
    _Atomic uint32_t launching; /* debug builds: tasks that are being handed over, who holds references */
};

/* 0 or a negative errno. */
int plx__cells_init(struct plx_cells *cells);
void plx__cells_done(struct plx_cells *cells);

/* For slab.c: a slab of so many bytes, header and all, its header zero; then it joins all others. */
struct plx_slab *plx__cells_new_slab(struct plx_cells *cells, size_t bytes);
void plx__cells_add_slab(struct plx_cells *cells, struct plx_slab *slab);

/* A home of a scheduler that has these cells. Before any task is spawned. */
void plx__home_init(struct plx_home *home, struct plx_schedule *schedule);

/* A cell for a task of the scheduler, in that state and counted; all else of it is as its last user left it.
 * NULL without memory, and when the scheduler's owner has let go: plx__cells_refusal tells which. */
struct plx_task *plx__cells_take(struct plx_schedule *schedule, size_t bytes, uint64_t state);

/* Why there was none: -ENOMEM or -ESHUTDOWN. */
int plx__cells_refusal(struct plx_schedule *schedule);

/* The task is complete as far as its scheduler is concerned; it is no longer counted. Its cell stays. */
void plx__cells_ended(struct plx_schedule *schedule);

/* The new task carries PLX_LAUNCHED from now on. False: the cells are closed, and the caller cancels it. */
bool plx__cells_launch(struct plx_task *task);

/* No task comes in any more. */
void plx__cells_close(struct plx_cells *cells);

/* Cancels all that live. After closing; when no thread owns a home. */
void plx__cells_cancel_all(struct plx_cells *cells);

size_t plx__cells_count(struct plx_cells *cells);

/* Sleeps until none is left, or until `deadline_ns` on the monotonic clock (0: for ever). Not on a worker.
 * Returns whether that is so. */
bool plx__cells_wait_empty(struct plx_cells *cells, uint64_t deadline_ns);

/* Tells who waits, if none is left. A worker does this before it sleeps: it has to, when nothing lives. */
void plx__cells_tell_empty(struct plx_cells *cells);

/* The scheduler's owner lets go of it; no thread owns a home of it. The cells that are still referred to hold
 * it from now on. New ones are not taken any more: when no cell was left the scheduler's last holder has gone,
 * and another one would let go of its memory twice. */
void plx__schedule_abandon(struct plx_schedule *schedule);

/* Debug builds: all tasks have ended, and no queue holds one: what references there are besides those of
 * handles belong to wakers. Each task that has one is reported. Other threads may be spawning: those that
 * were in time are waited for, and what is refused from now on is passed over. */
void plx__cells_check(struct plx_cells *cells);

#endif
