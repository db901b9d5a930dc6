/* SPDX-License-Identifier: MIT
 *
 * Tasks: a spawned future and its state, the unit that is scheduled. One allocation each.
 *
 * The type of the future is erased here, once: the cell keeps the future by value behind plx_future_ops. The
 * state word and all who may touch what are on one page, state.h.
 *
 * Source: the slide "Task { state, …, future }", Tokio 1.x `runtime/task/core.rs`.
 */
#ifndef PLX_TASK_TASK_H
#define PLX_TASK_TASK_H

#include "lib/future/future.h"
#include "lib/task/state.h"

struct plx_pool;

struct plx_task {
    plx_state state;
    struct plx_task *queue_next; /* the queue that holds it */
    const struct plx_future_ops *ops;
    struct plx_pool *pool; /* kept alive by the cell */
    uint64_t id;           /* in the trace, from 1 */
    /* under the lock of the owned list */
    struct plx_task *owned_next, *owned_prev;
    bool owned;
    /* under the lock of the cells, and in the debug build only */
    struct plx_task *cell_next, **cell_link;
    /* see JOIN_WAKER */
    plx_waker join_waker;
    /* the poller's before COMPLETE, the join handle's after */
    enum plx_ending ending;
    struct plx_error error;
    uint32_t next_future;
    _Alignas(max_align_t) unsigned char future[]; /* or the item, after COMPLETE */
};

/* Makes a task of a future, which it takes over; NULL without memory, then the future is dropped. */
struct plx_task *plx__task_new(struct plx_pool *pool, const struct plx_future_ops *ops, void *future);

/* Runs a task that was taken from a queue: one poll, and what follows from its answer. Takes the queue's
 * reference. */
void plx__task_run(struct plx_task *task);

/* Ends the task without another poll, if it is not being polled just now (then its poller does it). */
void plx__task_cancel(struct plx_task *task);

/* Lets `count` references go, and the cell with the last. */
void plx__task_release(struct plx_task *task, uint64_t count);

/* What a waker of a task calls. */
extern const struct plx_notify plx__task_notify;

/* ── what tasks need of the pool that runs them (scheduler/pool.c) ────────────────────────────────── */

/* How a task comes to be queued: that decides where. */
enum plx_submit {
    PLX_SUBMIT_NOTIFIED, /* somebody notified or spawned it: it may run next */
    PLX_SUBMIT_AGAIN,    /* it was notified while it was polled: behind the others */
    PLX_SUBMIT_YIELDED,  /* it yielded: behind the others and the reactor */
};

/* Puts a task in a queue, with one reference. */
void plx__pool_submit(struct plx_pool *pool, struct plx_task *task, enum plx_submit how);
/* Takes an ended task off the owned list. True: it was on it, and the list's reference is the caller's. */
bool plx__pool_disown(struct plx_pool *pool, struct plx_task *task);
void plx__pool_keep(struct plx_pool *pool);
void plx__pool_release(struct plx_pool *pool);
struct plx_runtime *plx__pool_runtime(struct plx_pool *pool);
struct plx_cells *plx__pool_cells(struct plx_pool *pool);

#endif
