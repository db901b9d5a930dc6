/* SPDX-License-Identifier: MIT
 *
 * How a task is made, handed to its scheduler, and freed.
 */
#include "lib/task/join.h"
#include "lib/task/task.h"

#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t last_id;

/* What `future` in the cell takes, whole alignments of it. */
static size_t room_of(const struct plx_future_ops *ops)
{
    size_t room = ops->size > ops->item_size ? ops->size : ops->item_size;
    if (room < sizeof(struct plx_error))
        room = sizeof(struct plx_error);
    return (room + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

void *plx__task_extra(struct plx_task *task)
{
    return task->future + room_of(task->ops);
}

struct plx_task *plx__task_new(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                               size_t extra)
{
    struct plx_task *task = malloc(sizeof *task + room_of(ops) + extra);
    if (!task) {
        plx__drop_unnumbered(ops, future);
        return NULL;
    }
    *task = (struct plx_task){.ops = ops, .schedule = schedule, .next_future = ops->shape->nodes + 1};
    task->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    atomic_init(&task->state, PLX_STATE_SPAWNED);
    memcpy(task->future, future, ops->size);
    if (extra)
        memset(plx__task_extra(task), 0, extra);
    plx__schedule_keep(schedule);
    plx__cells_add(&schedule->cells, task);
    return task;
}

/* The references of the list and of the queue go as well. */
static int refuse(struct plx_task *task)
{
    struct plx_task *unused = plx_state_load(&task->state) & PLX_JOIN_INTEREST ? task : NULL;
    plx__handle_drop(&unused);
    plx__task_cancel(task);
    plx__task_release(task, 2);
    return -ESHUTDOWN;
}

int plx__task_launch(struct plx_task *task, struct plx_at at)
{
    plx_context *cx = plx__context_current();
    plx_trace(spawn, .task = task->id, .shape = task->ops->shape, .by = cx ? cx->task : 0, .at = at);
    plx__task_name(task->id, task->ops->name);
    struct plx_schedule *schedule = task->schedule;
    int error = 0;
    plx__cells_launch(&schedule->cells);
    if (schedule->ops->own(schedule, task)) {
        plx__cells_accept(task);
        plx__schedule_submit(schedule, task, PLX_SUBMIT_NOTIFIED);
    } else {
        error = refuse(task);
    }
    plx__cells_launched(&schedule->cells);
    return error;
}

int plx__task_spawn(struct plx_schedule *schedule, const struct plx_future_ops *ops, void *future,
                    struct plx_at at, struct plx_task **handle)
{
    if (handle)
        *handle = NULL;
    struct plx_task *task = plx__task_new(schedule, ops, future, 0);
    if (!task)
        return -ENOMEM;
    if (!handle)
        atomic_store_explicit(&task->state, PLX_STATE_SPAWNED_ALONE, memory_order_relaxed);
    else
        *handle = task;
    int error = plx__task_launch(task, at);
    if (error && handle)
        *handle = NULL;
    return error;
}

void plx__task_release(struct plx_task *task, uint64_t count)
{
    if (!plx_state_release(&task->state, count))
        return;
    struct plx_schedule *schedule = task->schedule;
    plx_waker_drop(&task->join_waker);
    plx__cells_remove(&schedule->cells, task);
    free(task);
    plx__schedule_release(schedule);
}
