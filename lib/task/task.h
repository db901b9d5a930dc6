/* SPDX-License-Identifier: MIT
 *
 * Tasks: a spawned future and its state, the unit that is scheduled.
 *
 * The type of the future is erased here, once: the cell keeps the future by value behind plx_future_ops. The
 * state word and all who may touch what are on one page, state.h; where cells come from is in slab.h.
 *
 * Source: the slide "Task { state, …, future }", Tokio 1.x `runtime/task/core.rs`.
 */
#ifndef PLX_TASK_TASK_H
#define PLX_TASK_TASK_H

#include "lib/future/future.h"
#include "lib/task/cells.h"
#include "lib/task/state.h"

struct plx_schedule;
struct plx_local_value;

struct plx_task {
    plx_state state;
    struct plx_task *queue_next; /* the queue that holds it; or the list of free cells */
    const struct plx_future_ops *ops;
    uint64_t id; /* in the trace, from 1 */
    /* the poller's */
    struct plx_local_value *locals; /* see task_local.h */
    /* see JOIN_WAKER */
    plx_waker join_waker;
    /* the poller's */
    uint32_t next_future;
    /* any thread */
    _Atomic uint16_t
        abort_handles; /* so many of the references are theirs, and no wakers: debug builds ask */
    /* the poller's before COMPLETE, the join handle's after */
    uint8_t ending;                     /* enum plx_ending */
    _Alignas(8) unsigned char future[]; /* after COMPLETE the item, or a struct plx_error */
};

/* A million idle tasks are a million of these: a cache line, and the future. */
_Static_assert(offsetof(struct plx_task, future) == 64 || sizeof(void *) != 8,
               "the head of a cell has grown");

/* Why it has not ended ready. After COMPLETE. */
PLX_INLINE struct plx_error *plx__task_error(struct plx_task *task)
{
    return (struct plx_error *)(void *)task->future;
}

PLX_INLINE bool plx__task_is_complete(struct plx_task *task)
{
    return plx_state_load(&task->state) & PLX_COMPLETE;
}

/* Makes a task of a future, which it takes over; NULL when there is no cell (plx__cells_refusal), then the
 * future is dropped. Behind the future there is room for `extra` bytes of the spawner's, plx__task_extra, all
 * zero. */
struct plx_task *plx__task_new(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                               size_t extra);
void *plx__task_extra(struct plx_task *task);

/* Hands a new task over to its scheduler. 0; or -ESHUTDOWN when that takes no more: then the task has
 * ended as cancelled, its handle is gone, and no join waker is notified. */
int plx__task_launch(struct plx_task *task, struct plx_at at);

/* Both at once. `handle` NULL: nobody waits. 0, -ENOMEM or -ESHUTDOWN; then there is no handle. */
int plx__task_spawn(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                    struct plx_at at, struct plx_task **handle);

/* Runs a task that was taken from a queue: one poll, and what follows from its answer. Takes the queue's
 * reference. */
void plx__task_run(struct plx_task *task);

/* The same with a context of the caller's, which is used again from task to task; zero at first. The caller
 * sets how much of the budget is spent. */
void plx__task_run_in(struct plx_task *task, plx_context *cx);

/* Ends the task without another poll, if it is not being polled just now (then its poller does it). */
void plx__task_cancel(struct plx_task *task);
/* The same, as failed with `code`: there is nobody who could run it. */
void plx__task_fail(struct plx_task *task, int code);

/* Ends a new task that its scheduler has not taken, and lets go of its handle. False: whoever cancels all was
 * quicker and ends it; the handle stays. */
bool plx__task_refuse(struct plx_task *task);

/* Ends the task as soon as can be, on the thread where it would be polled; see abort.h. From any thread. */
void plx__task_abort(struct plx_task *task);

/* Lets `count` references go, and the cell with the last. */
void plx__task_release(struct plx_task *task, uint64_t count);

/* Notifies the task, and lets the caller's reference go; the trace is told nothing. */
void plx__task_spend(struct plx_task *task);

/* ── what tasks need of whoever runs them ───────────────────────────────────────────────────────────── */

/* How a task comes to be queued: that decides where. */
enum plx_submit {
    PLX_SUBMIT_NOTIFIED, /* somebody notified or spawned it: it may run next */
    PLX_SUBMIT_AGAIN,    /* it was notified while it was polled: behind the others */
    PLX_SUBMIT_YIELDED,  /* it yielded: behind the others and the reactor */
};

/* A pool (scheduler/pool.c), or a set of tasks that stay on one thread (local_set.c): each begins with a
 * struct plx_schedule. The one call on the hot path is submit. */
struct plx_schedule_ops {
    /* Puts a task in a queue, with one reference. Any thread. */
    void (*submit)(struct plx_schedule *self, struct plx_task *task, enum plx_submit how);
    /* Nobody holds it any more. */
    void (*free)(struct plx_schedule *self);
    /* If not NULL: a task is about to begin, or has ended. */
    void (*begins)(struct plx_schedule *self, struct plx_task *task);
    void (*ends)(struct plx_schedule *self, struct plx_task *task);
};

struct plx_schedule {
    const struct plx_schedule_ops *ops;
    struct plx_runtime *runtime; /* NULL: that of the poll in which its tasks are polled */
    uint32_t budget;             /* of each poll, see context.h */
    bool stays;                  /* all its tasks are polled on one thread */
    struct plx_cells *cells;     /* where its tasks live; several schedulers may share them */
    _Atomic size_t holders;      /* its owner, executors, threads; and cells, when the owner has gone */
    pthread_mutex_t shared_lock; /* taken before that of the cells */
    /* under it */
    struct plx_home shared; /* of all threads that are not a worker of this scheduler */
    bool abandoned;         /* no cell is taken any more */
};

/* The owner is the first holder; he lets go with plx__schedule_abandon. */
void plx__schedule_init(struct plx_schedule *schedule, const struct plx_schedule_ops *ops,
                        struct plx_runtime *runtime, struct plx_cells *cells);

PLX_INLINE struct plx_schedule *plx__schedule_of_task(const struct plx_task *task)
{
    return plx__slab_of(task)->schedule;
}

PLX_INLINE void plx__schedule_keep(struct plx_schedule *schedule)
{
    atomic_fetch_add_explicit(&schedule->holders, 1, memory_order_relaxed);
}

PLX_INLINE void plx__schedule_release(struct plx_schedule *schedule)
{
    if (atomic_fetch_sub_explicit(&schedule->holders, 1, memory_order_acq_rel) == 1)
        schedule->ops->free(schedule);
}

PLX_INLINE void plx__schedule_submit(struct plx_schedule *schedule, struct plx_task *task,
                                     enum plx_submit how)
{
    schedule->ops->submit(schedule, task, how);
}

#endif
