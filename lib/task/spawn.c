/* SPDX-License-Identifier: MIT
 *
 * How a task is made, handed to its scheduler, and freed.
 */
#include "lib/task/join.h"
#include "lib/task/task.h"

#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t last_id;

/* What `future` in the cell takes, in whole eights. */
static size_t room_of(const struct plx_future_ops *ops)
{
    size_t room = ops->size > ops->item_size ? ops->size : ops->item_size;
    if (room < sizeof(struct plx_error))
        room = sizeof(struct plx_error);
    return (room + 7) & ~(size_t)7;
}

/* A multiple of 16 is aligned to 16 (slab.h), which only few futures need. */
static size_t cell_bytes(const struct plx_future_ops *ops, size_t extra)
{
    size_t bytes = sizeof(struct plx_task) + room_of(ops) + extra;
    return ops->align > 8 ? (bytes + 15) & ~(size_t)15 : bytes;
}

void *plx__task_extra(struct plx_task *task)
{
    return task->future + room_of(task->ops);
}

/* All but the state, which is set and may be looked at by others. */
static void fill(struct plx_task *task, const struct plx_future_ops *ops, const void *future)
{
    task->ops = ops;
    task->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    task->locals = NULL;
    task->join_waker = (plx_waker){0};
    task->next_future = ops->shape->nodes + 1;
    atomic_init(&task->abort_handles, 0);
    plx__copy(task->future, future, ops->size);
}

static struct plx_task *new_task(struct plx_schedule *schedule, const struct plx_future_ops *ops,
                                 void *future, size_t extra, uint64_t state)
{
    struct plx_task *task = plx__cells_take(schedule, cell_bytes(ops, extra), state);
    if (task)
        fill(task, ops, future);
    else
        plx__drop_unnumbered(ops, future);
    return task;
}

struct plx_task *plx__task_new(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                               size_t extra)
{
    struct plx_task *task = new_task(schedule, ops, future, extra, PLX_STATE_SPAWNED);
    if (task && extra)
        memset(plx__task_extra(task), 0, extra);
    return task;
}

/* The reference of the queue goes as well. A task that was cancelled between PLX_LAUNCHED and the look at `closed`
 * has been launched: its join waker is notified, so its handle has to stay. */
static int refuse(struct plx_task *task)
{
    int error = plx__task_refuse(task) ? -ESHUTDOWN : 0;
    plx__task_release(task, 1);
    return error;
}

static int launch(struct plx_schedule *schedule, struct plx_task *task)
{
    if (plx_unlikely(schedule->ops->begins != NULL))
        schedule->ops->begins(schedule, task);
    if (plx_unlikely(!plx__cells_launch(task)))
        return refuse(task);
    plx__schedule_submit(schedule, task, PLX_SUBMIT_NOTIFIED);
    return 0;
}

int plx__task_launch(struct plx_task *task, struct plx_at at)
{
    struct plx_schedule *schedule = plx__schedule_of_task(task);
    if (plx_trace_on()) {
        plx_context *cx = plx__context_current();
        plx_trace(spawn, .task = task->id, .shape = task->ops->shape, .by = cx ? cx->task : 0, .at = at);
        plx__task_name(task->id, task->ops->name);
    }
    if (!PLX_DEBUG)
        return launch(schedule, task);
    struct plx_cells *cells = schedule->cells;
    atomic_fetch_add(&cells->launching, 1);
    int error = launch(schedule, task);
    atomic_fetch_sub(&cells->launching, 1);
    return error;
}

/* Too late for a task of its own: the trace is told of one that began and was cancelled. */
PLX_COLD static void tell_refused(const struct plx_future_ops *ops, struct plx_at at)
{
    plx_context *cx = plx__context_current();
    uint64_t id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    plx_trace(spawn, .task = id, .shape = ops->shape, .by = cx ? cx->task : 0, .at = at);
    plx__task_name(id, ops->name);
    plx_trace(task_end, .task = id, .how = PLX_ENDED_CANCELLED);
}

static int not_spawned(struct plx_schedule *schedule, const struct plx_future_ops *ops, struct plx_at at)
{
    int error = plx__cells_refusal(schedule);
    if (error == -ESHUTDOWN && plx_trace_on())
        tell_refused(ops, at);
    return error;
}

int plx__task_spawn(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                    struct plx_at at, struct plx_task **handle)
{
    struct plx_task *task = new_task(schedule, ops, future, 0,
                                     handle ? PLX_STATE_SPAWNED : PLX_STATE_SPAWNED_ALONE);
    if (handle)
        *handle = task;
    if (!task)
        return not_spawned(schedule, ops, at);
    int error = plx__task_launch(task, at);
    if (error && handle)
        *handle = NULL;
    return error;
}

/* The cell is given back first: who frees the runtime may be waiting for that, and the drop of a waker may do
 * anything. */
void plx__task_release(struct plx_task *task, uint64_t count)
{
    if (!plx_state_release(&task->state, count))
        return;
    struct plx_schedule *schedule = plx__schedule_of_task(task);
    bool adopted = atomic_load_explicit(&task->state, memory_order_relaxed) & PLX_ADOPTED;
    plx_waker waker = task->join_waker;
    plx__home_return(task);
    plx_waker_drop(&waker);
    if (plx_unlikely(adopted))
        plx__schedule_release(schedule);
}

void plx__schedule_init(struct plx_schedule *schedule, const struct plx_schedule_ops *ops,
                        struct plx_runtime *runtime, struct plx_cells *cells)
{
    schedule->ops = ops;
    schedule->runtime = runtime;
    schedule->cells = cells;
    atomic_init(&schedule->holders, 1);
    schedule->shared_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    plx__home_init(&schedule->shared, schedule);
}
