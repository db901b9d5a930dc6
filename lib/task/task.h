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
#include "lib/task/cells.h"
#include "lib/task/state.h"

struct plx_schedule;
struct plx_local_value;

struct plx_task {
    plx_state state;
    struct plx_task *queue_next; /* the queue that holds it */
    const struct plx_future_ops *ops;
    struct plx_schedule *schedule; /* kept alive by the cell */
    uint64_t id;                   /* in the trace, from 1 */
    /* under the lock of the owned list */
    struct plx_task *owned_next, *owned_prev;
    bool owned;
    /* the poller's before COMPLETE, the join handle's after */
    uint8_t ending; /* enum plx_ending */
    /* the poller's */
    uint32_t next_future;
    struct plx_local_value *locals; /* see task_local.h */
    /* any thread */
    _Atomic uint32_t abort_handles; /* so many of the references are theirs, and no wakers */
    /* see JOIN_WAKER */
    plx_waker join_waker;
    /* under the lock of the cells */
    __extension__ struct plx_cell_links links[PLX_DEBUG];
    _Alignas(max_align_t) unsigned char future[]; /* after COMPLETE the item, or a struct plx_error */
};

/* Why it has not ended ready. After COMPLETE. */
PLX_INLINE struct plx_error *plx__task_error(struct plx_task *task)
{
    return (struct plx_error *)(void *)task->future;
}

PLX_INLINE bool plx__task_is_complete(struct plx_task *task)
{
    return plx_state_load(&task->state) & PLX_COMPLETE;
}

/* Makes a task of a future, which it takes over; NULL without memory, then the future is dropped. Behind the
 * future there is room for `extra` bytes of the spawner's, plx__task_extra, all zero. */
struct plx_task *plx__task_new(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                               size_t extra);
void *plx__task_extra(struct plx_task *task);

/* Hands a new task over to its scheduler. 0; or -ESHUTDOWN when that takes no more: then the task has
 * ended as cancelled, and its handle is gone. */
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

/* Ends the task as soon as can be, on the thread where it would be polled; see abort.h. From any thread. */
void plx__task_abort(struct plx_task *task);

/* Lets `count` references go, and the cell with the last. */
void plx__task_release(struct plx_task *task, uint64_t count);

/* What a waker of a task calls. */
extern const struct plx_notify plx__task_notify;

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
    /* Puts a new task on the owned list. False: the list is closed. */
    bool (*own)(struct plx_schedule *self, struct plx_task *task);
    /* Takes an ended task off it. True: it was on it, and the list's reference is the caller's. */
    bool (*disown)(struct plx_schedule *self, struct plx_task *task);
    /* Nobody holds it any more. */
    void (*free)(struct plx_schedule *self);
};

struct plx_schedule {
    const struct plx_schedule_ops *ops;
    struct plx_runtime *runtime; /* NULL: that of the poll in which its tasks are polled */
    uint32_t budget;             /* of each poll, see context.h */
    bool stays;                  /* all its tasks are polled on one thread */
    _Atomic size_t holders;      /* its owner, and every task cell */
    struct plx_cells cells;
};

/* The owner is the first holder. */
PLX_INLINE void plx__schedule_init(struct plx_schedule *schedule, const struct plx_schedule_ops *ops,
                                   struct plx_runtime *runtime)
{
    *schedule = (struct plx_schedule){.ops = ops, .runtime = runtime, .cells = PLX_CELLS_EMPTY};
    atomic_init(&schedule->holders, 1);
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
